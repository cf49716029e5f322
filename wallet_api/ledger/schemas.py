"""Ledger entries, balances and statements in JSON."""

from typing import Any

from marshmallow import Schema, fields, post_dump

from wallet_api.documents.kinds import ENTRY_KINDS
from wallet_api.web.fields import Identifier, Instant, InstantOrDay
from wallet_api.web.pagination import PageResponse, Period, PeriodQuery
from wallet_api.web.schema import InputSchema


class LedgerEntryView(Schema):
    id = Identifier(required=True)
    sequence = fields.Integer(
        required=True, metadata={"minimum": 1, "description": "1, 2, 3 ... within the wallet."}
    )
    type = fields.String(required=True, metadata={"enum": ENTRY_KINDS})
    amount_cents = fields.Integer(
        data_key="amountCents", required=True, metadata={"description": "Signed minor units."}
    )
    balance_after_cents = fields.Integer(
        data_key="balanceAfterCents", required=True, metadata={"minimum": 0}
    )
    withdrawal = Identifier(data_key="withdrawalId")
    reason = fields.String()
    created_at = Instant(data_key="createdAt", attribute="booked_at", required=True)

    example = {
        "id": "67bc3e205d1e4a2b9c8d7e70",
        "sequence": 2,
        "type": "withdrawal",
        "amountCents": -5025,
        "balanceAfterCents": 5025,
        "withdrawalId": "67bc3e205d1e4a2b9c8d7e70",
        "createdAt": "2026-02-24T12:35:10.012Z",
    }

    @post_dump
    def leave_out_the_absent(self, members: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {name: value for name, value in members.items() if value is not None}


class LedgerEntryPage(PageResponse):
    data = fields.List(fields.Nested(LedgerEntryView), required=True)

    example = {"data": [LedgerEntryView.example], "hasMore": False, "nextCursor": None}


class LedgerEntryQuery(PeriodQuery):
    pass


class BalanceAtQuery(InputSchema):
    at = InstantOrDay("What was booked at this very instant is included.", required=True)

    example = {"at": "2026-02-24T12:35:00Z"}


class BalanceAtResponse(Schema):
    at = Instant(required=True)
    balance_cents = fields.Integer(data_key="balanceCents", required=True, metadata={"minimum": 0})
    currency = fields.String(required=True)

    example = {"at": "2026-02-24T12:35:00.000Z", "balanceCents": 10050, "currency": "INR"}


class StatementQuery(Period):
    pass


class StatementResponse(Schema):
    currency = fields.String(required=True)
    since = Instant(data_key="from", required=True, allow_none=True)
    until = Instant(data_key="to", required=True)
    opening_balance_cents = fields.Integer(
        data_key="openingBalanceCents", required=True, metadata={"minimum": 0}
    )
    entries = fields.List(fields.Nested(LedgerEntryView), required=True)
    closing_balance_cents = fields.Integer(
        data_key="closingBalanceCents", required=True, metadata={"minimum": 0}
    )

    example = {
        "currency": "INR",
        "from": "2026-02-24T12:35:00.000Z",
        "to": "2026-03-01T00:00:00.000Z",
        "openingBalanceCents": 10050,
        "entries": [LedgerEntryView.example],
        "closingBalanceCents": 5025,
    }
