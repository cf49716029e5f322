"""Ledger entries, balances and statements in JSON."""

from typing import Any

from marshmallow import Schema, fields, post_dump

from wallet_api.web.fields import Identifier, Instant
from wallet_api.web.pagination import PageResponse, PeriodQuery
from wallet_api.web.schema import InputSchema


class LedgerEntryView(Schema):
    id = Identifier(required=True)
    sequence = fields.Integer(required=True)
    type = fields.String(required=True)
    amount_cents = fields.Integer(
        data_key="amountCents", required=True, metadata={"description": "Signed minor units."}
    )
    balance_after_cents = fields.Integer(data_key="balanceAfterCents", required=True)
    withdrawal = Identifier(data_key="withdrawalId")
    reason = fields.String()
    created_at = Instant(data_key="createdAt", attribute="booked_at", required=True)

    @post_dump
    def leave_out_the_absent(self, members: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {name: value for name, value in members.items() if value is not None}


class LedgerEntryPage(PageResponse):
    data = fields.List(fields.Nested(LedgerEntryView), required=True)


class LedgerEntryQuery(PeriodQuery):
    pass


class BalanceAtQuery(InputSchema):
    at = Instant(required=True)


class BalanceAtResponse(Schema):
    at = Instant(required=True)
    balance_cents = fields.Integer(data_key="balanceCents", required=True)
    currency = fields.String(required=True)


class StatementQuery(InputSchema):
    from_ = Instant(data_key="from", load_default=None)
    to = Instant(load_default=None)


class StatementResponse(Schema):
    currency = fields.String(required=True)
    since = Instant(data_key="from", required=True, allow_none=True)
    until = Instant(data_key="to", required=True)
    opening_balance_cents = fields.Integer(data_key="openingBalanceCents", required=True)
    entries = fields.List(fields.Nested(LedgerEntryView), required=True)
    closing_balance_cents = fields.Integer(data_key="closingBalanceCents", required=True)
