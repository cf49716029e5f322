"""Wallets and deposits in JSON."""

from typing import Any

from marshmallow import Schema, fields

from wallet_api.web.amounts import MovementRequest
from wallet_api.web.fields import Identifier, Instant


class DepositRequest(MovementRequest):
    example = {"amount": 100.5, "currency": "INR"}


class WalletResponse(Schema):
    balance_cents = fields.Integer(data_key="balanceCents", required=True, metadata={"minimum": 0})
    currency = fields.String(required=True)

    example: dict[str, Any] = {"balanceCents": 10050, "currency": "INR"}


class DepositResponse(WalletResponse):
    message = fields.Constant("Deposit successful")
    id = Identifier(required=True)
    amount_cents = fields.Integer(data_key="amountCents", required=True, metadata={"minimum": 1})
    created_at = Instant(data_key="createdAt", required=True)

    example = {
        "message": "Deposit successful",
        "id": "67bc3e1f5d1e4a2b9c8d7e6f",
        "amountCents": 10050,
        "balanceCents": 10050,
        "currency": "INR",
        "createdAt": "2026-02-24T12:34:56.789Z",
    }
