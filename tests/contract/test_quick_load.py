"""The quick way to load a movement's request gives what marshmallow gives, or leaves it to it."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import Schema, ValidationError, fields

from wallet_api.errors import InvalidInput
from wallet_api.wallets.schemas import DepositRequest
from wallet_api.web.quick_load import quick_loader
from wallet_api.web.schema import InputSchema
from wallet_api.withdrawals.schemas import WithdrawalRequest

REQUESTS = (DepositRequest(), WithdrawalRequest())

VALUES = st.sampled_from(
    [
        *(0, 1, -1, 10**30, True, None, "", " ", "1", "INR", "inr", "\u0131nr", "XXX", [], {}),
        *(Decimal("0.1"), Decimal("5.0"), Decimal("1e30"), " bank ", "a" * 201, "\u200b", "a\nb"),
    ]
)
MEMBERS = st.dictionaries(
    st.sampled_from(["amount", "amountCents", "amount_cents", "currency", "destination", "more"]),
    VALUES,
)


def outcome_of(read: Any, members: dict[str, Any]) -> Any:
    try:
        return read(dict(members))
    except InvalidInput as refusal:
        return sorted(refusal.problems)


@pytest.mark.parametrize("schema", REQUESTS, ids=lambda schema: type(schema).__name__)
@given(members=MEMBERS)
def test_a_movement_is_read_as_marshmallow_reads_it(
    schema: InputSchema, members: dict[str, Any]
) -> None:
    slowly = InputSchema.read.__get__(schema)

    assert outcome_of(schema.read, members) == outcome_of(slowly, members)


@pytest.mark.parametrize("schema", REQUESTS, ids=lambda schema: type(schema).__name__)
def test_what_is_right_does_not_take_the_slow_way(
    schema: InputSchema, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(schema), "load", None)

    assert schema.read(schema.example | {"amount": Decimal("50.25")})


class Several(Schema):
    needed = fields.Integer(required=True)
    renamed = fields.String(data_key="other-name", load_default="x")
    free = fields.String()


@pytest.mark.parametrize(
    "members",
    [{"needed": 1}, {"needed": 1, "other-name": "y"}, {"needed": 1, "free": "z"}],
)
def test_a_quick_loader_fills_in_what_is_left_out(members: dict[str, Any]) -> None:
    schema = Several()

    assert quick_loader(schema)(members) == schema.load(members)


@pytest.mark.parametrize(
    "members",
    [{}, {"needed": None}, {"needed": "no"}, {"needed": 1, "renamed": "y"}, {"needed": 1, "no": 1}],
)
def test_a_quick_loader_leaves_what_is_wrong_to_marshmallow(members: dict[str, Any]) -> None:
    schema = Several()

    assert quick_loader(schema)(members) is None
    with pytest.raises(ValidationError):
        schema.load(members)
