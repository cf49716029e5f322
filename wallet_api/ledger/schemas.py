"""Ledger entries, balances and statements in JSON."""

from marshmallow import fields

from wallet_api.documents.kinds import ENTRY_KINDS
from wallet_api.web.amounts import CurrencyCode, cents
from wallet_api.web.fields import Identifier, Instant, InstantOrDay
from wallet_api.web.pagination import PageResponse, Period, PeriodQuery
from wallet_api.web.schema import InputSchema, OutputSchema, SparseSchema


class LedgerEntryView(SparseSchema):
    id = Identifier(required=True)
    sequence = fields.Integer(
        required=True, metadata={"minimum": 1, "description": "1, 2, 3 ... within the wallet."}
    )
    type = fields.String(required=True, metadata={"enum": ENTRY_KINDS})
    amount_cents = cents("amountCents", least=None, description="Signed minor units.")
    balance_after_cents = cents("balanceAfterCents")
    withdrawal = Identifier(data_key="withdrawalId")
    destination = fields.String(
        metadata={"description": "Where a withdrawal went, or a refund came back from."}
    )
    counterpart = Identifier("Of a transfer: the user on the other side.")
    reason = fields.String(metadata={"description": "Why the operator refunded or adjusted."})
    idempotency_key = fields.String(data_key="idempotencyKey")
    created_at = Instant(data_key="createdAt", attribute="booked_at", required=True)

    example = {
        "id": "67bc3e205d1e4a2b9c8d7e70",
        "sequence": 2,
        "type": "withdrawal",
        "amountCents": -5025,
        "balanceAfterCents": 5025,
        "withdrawalId": "67bc3e205d1e4a2b9c8d7e70",
        "destination": "bank:HDFC0001234:5012345678",
        "idempotencyKey": "rent-2026-02",
        "createdAt": "2026-02-24T12:35:10.012Z",
    }


class LedgerEntryPage(PageResponse):
    data = fields.List(fields.Nested(LedgerEntryView), required=True)

    example = {"data": [LedgerEntryView.example], "hasMore": False, "nextCursor": None}


class LedgerEntryQuery(PeriodQuery):
    pass


class BalanceAtQuery(InputSchema):
    at = InstantOrDay("What was booked at this very instant is included.", required=True)

    example = {"at": "2026-02-24T12:35:00Z"}


class BalanceAtResponse(OutputSchema):
    at = Instant(required=True)
    balance_cents = cents("balanceCents")
    currency = CurrencyCode(required=True)

    example = {"at": "2026-02-24T12:35:00.000Z", "balanceCents": 10050, "currency": "INR"}


class StatementQuery(Period):
    pass


class StatementResponse(OutputSchema):
    currency = CurrencyCode(required=True)
    since = Instant(data_key="from", required=True, allow_none=True)
    until = Instant(data_key="to", required=True)
    opening_balance_cents = cents("openingBalanceCents")
    entries = fields.List(fields.Nested(LedgerEntryView), required=True)
    closing_balance_cents = cents("closingBalanceCents")

    example = {
        "currency": "INR",
        "from": "2026-02-24T12:35:00.000Z",
        "to": "2026-03-01T00:00:00.000Z",
        "openingBalanceCents": 10050,
        "entries": [LedgerEntryView.example],
        "closingBalanceCents": 5025,
    }
