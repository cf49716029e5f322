"""The lean queryset sends what MongoEngine's own would send, and is MongoEngine's in all else."""

from typing import Any

import pytest
from bson import ObjectId
from mongoengine import Q, QuerySet
from pymongo import UpdateOne

from tests.support.commands import recorder
from tests.support.people import funded
from wallet_api.documents.lean_queryset import LeanQuerySet
from wallet_api.documents.wallet import Wallet

pytestmark = pytest.mark.usefixtures("app")

CONDITIONS: dict[str, Any] = {
    "currency": "INR",
    "balance_cents__gte": 100,
    "balance_cents__lte": 5000,
    "active": True,
    "outbox__250__exists": False,
    "outbox__idempotency_key__nin": ["withdrawal:a"],
    "sealed_filters__ne": 7,
    "__raw__": {"generation": {"$exists": True}},
}
CHANGE: dict[str, Any] = {
    "inc__balance_cents": -100,
    "inc__sequence": 1,
    "set__chain__sequence": 0,
    "push_all__outbox": [{"id": ObjectId(), "kind": "withdrawal"}],
}


def sent(queryset: QuerySet, **options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    with recorder.recording() as commands:
        queryset.modify(**CHANGE, **options)
    (command,) = commands
    return dict(command["query"]), {name: dict(each) for name, each in command["update"].items()}


def test_its_update_is_the_one_that_mongoengine_sends() -> None:
    user = funded(1000)
    own = QuerySet(Wallet, Wallet._get_collection())(user=user, **CONDITIONS)

    ours = sent(Wallet.objects(user=user, **CONDITIONS), returning=("sequence",))

    assert ours == sent(own)


def test_its_bulk_update_is_the_same() -> None:
    user = ObjectId()
    update = Wallet.objects(user=user, **CONDITIONS).update_command(**CHANGE)

    query, change = sent(Wallet.objects(user=user, **CONDITIONS), returning=("sequence",))

    assert update == UpdateOne(query, change)


def test_it_returns_the_members_as_they_are_afterwards() -> None:
    user = funded(1000)

    row = Wallet.objects(user=user).modify(
        returning=("balance_cents", "chain__sequence"), inc__balance_cents=-1
    )

    assert (row.balance_cents, row.chain__sequence) == (999, 0)


def test_it_returns_none_where_no_document_fits() -> None:
    user = funded(1000)

    row = Wallet.objects(user=user, balance_cents__gte=1001).modify(
        returning=("balance_cents",), inc__balance_cents=-1
    )

    assert row is None
    assert Wallet.objects.get(user=user).balance_cents == 1000


@pytest.mark.parametrize("chain", [None, "?", {}], ids=repr)
def test_a_member_that_the_document_lacks_is_none(chain: Any) -> None:
    user = funded(0)
    Wallet._get_collection().update_one({"user": user}, {"$set": {"chain": chain}})

    row = Wallet.objects(user=user).modify(returning=("chain__sequence",), inc__sequence=1)

    assert row.chain__sequence is None


@pytest.mark.parametrize(
    "queryset",
    [
        lambda: Wallet.objects,
        lambda: Wallet.objects(currency="INR").filter(balance_cents=1),
        lambda: Wallet.objects(Q(currency="INR")),
    ],
    ids=["no condition", "a filter more", "a Q"],
)
def test_conditions_that_it_would_leave_out_are_an_error(queryset: Any) -> None:
    with pytest.raises(TypeError, match="keywords of one call"):
        queryset().modify(returning=("sequence",), inc__sequence=1)
    with pytest.raises(TypeError, match="keywords of one call"):
        queryset().update_command(inc__sequence=1)


def test_in_all_else_it_is_mongoengines_own() -> None:
    rich, poor = funded(1000), funded(1)

    assert isinstance(Wallet.objects, LeanQuerySet)
    assert Wallet.objects(balance_cents__gte=1000).get().user == rich
    assert Wallet.objects(currency="INR").filter(balance_cents__lt=5).count() == 1
    assert Wallet.objects(user=poor).modify(new=True, inc__balance_cents=1).balance_cents == 2
    assert [each.user for each in Wallet.objects.order_by("balance_cents")] == [poor, rich]
