"""Wallets and deposits in JSON."""

from marshmallow import fields

from wallet_api.web.amounts import CurrencyCode, MovementRequest, cents
from wallet_api.web.fields import Identifier, Instant
from wallet_api.web.schema import OutputSchema


class DepositRequest(MovementRequest):
    example = {"amount": 100.5, "currency": "INR"}


class WalletResponse(OutputSchema):
    balance_cents = cents("balanceCents")
    currency = CurrencyCode(required=True)

    example = {"balanceCents": 10050, "currency": "INR"}


class DepositResponse(WalletResponse):
    message = fields.Constant("Deposit successful")
    id = Identifier(required=True)
    amount_cents = cents("amountCents", least=1)
    created_at = Instant(data_key="createdAt", required=True)

    example = {
        "message": "Deposit successful",
        "id": "67bc3e1f5d1e4a2b9c8d7e6f",
        "amountCents": 10050,
        "balanceCents": 10050,
        "currency": "INR",
        "createdAt": "2026-02-24T12:34:56.789Z",
    }
