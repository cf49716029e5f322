"""Wallets and deposits in JSON."""

from marshmallow import Schema, fields

from wallet_api.web.fields import Amount, Currency, Identifier, Instant
from wallet_api.web.schema import InputSchema


class DepositRequest(InputSchema):
    amount = Amount(required=True)
    currency = Currency(load_default=None)


class WalletResponse(Schema):
    balance_cents = fields.Integer(data_key="balanceCents", required=True)
    currency = fields.String(required=True)


class DepositResponse(WalletResponse):
    message = fields.Constant("Deposit successful")
    id = Identifier(required=True)
    amount_cents = fields.Integer(data_key="amountCents", required=True)
    created_at = Instant(data_key="createdAt", required=True)
