"""Currencies in JSON."""

from marshmallow import fields

from wallet_api.money import DECIMALS
from wallet_api.web.schema import OutputSchema


class CurrencyView(OutputSchema):
    code = fields.String(required=True, metadata={"enum": list(DECIMALS)})
    decimals = fields.Integer(
        required=True,
        metadata={
            "minimum": 0,
            "maximum": max(DECIMALS.values()),
            "description": "How many an amount in major units may have, as ISO 4217 says: with 2, "
            "10050 minor units are 100.50.",
        },
    )
    name = fields.String(required=True)

    example = {"code": "INR", "decimals": 2, "name": "Indian Rupee"}


class CurrencyList(OutputSchema):
    data = fields.List(fields.Nested(CurrencyView), required=True)

    example = {"data": [CurrencyView.example]}
