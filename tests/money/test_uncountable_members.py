"""A movement that has committed is answered, though its wallet holds what no whole number is."""

import pytest
from bson import Decimal128, ObjectId

from tests.support.people import funded
from wallet_api.documents.kinds import MovementKind
from wallet_api.documents.wallet import Wallet
from wallet_api.movements import Order
from wallet_api.movements.attempts import Attempt, attempt
from wallet_api.movements.commit import Committed, commit
from wallet_api.movements.group_commit.group import commit_batch

pytestmark = pytest.mark.usefixtures("app")

UNCOUNTABLE = [
    ("balanceCents", float("inf")),
    ("balanceCents", Decimal128("Infinity")),
    ("sequence", float("nan")),
    ("sequence", float("inf")),
    ("sequence", Decimal128("NaN")),
]


def withdrawal(user: ObjectId) -> Attempt:
    return attempt(Order(user, MovementKind.WITHDRAWAL, -5, "INR", None, "bank"), {})


def damaged(member: str, value: object) -> ObjectId:
    user = funded(100)
    Wallet._get_collection().update_one({"user": user}, {"$set": {member: value}})
    return user


@pytest.mark.parametrize(("member", "value"), UNCOUNTABLE)
def test_it_is_answered_where_it_committed_alone(member: str, value: object) -> None:
    user = damaged(member, value)

    committed = commit(withdrawal(user))

    assert isinstance(committed, Committed)


@pytest.mark.parametrize(("member", "value"), UNCOUNTABLE)
def test_it_takes_no_answer_from_the_wallets_of_its_batch(member: str, value: object) -> None:
    user, other = damaged(member, value), funded(100)

    outcomes = commit_batch([withdrawal(user), withdrawal(other)])

    assert isinstance(outcomes[0], Committed)
    assert isinstance(outcomes[1], Committed)
    assert outcomes[1].balance_cents == 95
