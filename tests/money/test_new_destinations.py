"""What a wallet withdraws to new destinations has a limit of its own."""

import contextlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from bson import ObjectId
from flask.testing import FlaskClient

from tests.money.audit_books import audited
from tests.money.interleavings import everywhere
from tests.mutants import Mutant, limits
from tests.support.batches import post_together
from tests.support.books import assert_books_balance, sweep_everything
from tests.support.commands import recorder
from tests.support.people import Person, funded, someone
from tests.support.time import money_moves_at
from wallet_api.config import InvalidSettings, settings
from wallet_api.documents.kinds import MovementKind
from wallet_api.documents.wallet import Wallet
from wallet_api.errors import LimitExceeded
from wallet_api.movements import Order, post
from wallet_api.movements.limits import destinations
from wallet_api.movements.used_keys import recent
from wallet_api.withdrawals import reversal

pytestmark = [
    pytest.mark.in_process("sets the settings of its process"),
    pytest.mark.usefixtures("app", "limited"),
]

Mutate = Callable[[Mutant], None]
AtTime = Callable[[float], None]

NOON = datetime(2026, 2, 24, 12, tzinfo=UTC)


@pytest.fixture
def limited(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """For a day, a destination is new; and a day has 1.00 INR for new ones."""
    monkeypatch.setenv("LIMIT_NEW_DESTINATIONS", "INR:1")
    monkeypatch.setenv("NEW_DESTINATION_HOURS", "24")
    settings.cache_clear()
    yield
    monkeypatch.undo()
    settings.cache_clear()


@pytest.fixture
def after(monkeypatch: pytest.MonkeyPatch) -> AtTime:
    """So many hours later."""

    def after(hours: float) -> None:
        money_moves_at(NOON + timedelta(hours=hours), monkeypatch)

    after(0)
    return after


@pytest.fixture
def rich(client: FlaskClient) -> Person:
    person = someone(client, "rich@example.com").in_process
    assert person.deposits(1000).status_code == 200
    return person


def told(answer: Any) -> tuple[str, int]:
    body = answer.get_json()
    assert (answer.status_code, body.get("code")) == (400, "limit_exceeded"), answer.text
    return body["limit"], body["leftCents"]


def wallet_of(user: ObjectId) -> dict[str, Any]:
    return Wallet._get_collection().find_one({"user": user}) or {}


@pytest.mark.usefixtures("both_commits")
def test_a_new_destination_has_the_lower_limit_until_it_is_known(
    rich: Person, after: AtTime
) -> None:
    assert told(rich.withdraws(1.01)) == ("new_destinations", 100)
    assert rich.withdraws(0.6).status_code == 201
    assert told(rich.withdraws(0.5)) == ("new_destinations", 40)
    after(23.99)
    assert told(rich.withdraws(500)) == ("new_destinations", 100)
    after(24)
    assert rich.withdraws(500).status_code == 201
    assert wallet_of(rich.id)["spent"]["20260225"] == {"cents": 50000, "count": 1}
    assert_books_balance(rich.id)


@pytest.mark.usefixtures("both_commits")
def test_many_new_destinations_share_one_limit(rich: Person, after: AtTime) -> None:
    for n in range(4):
        assert rich.withdraws(0.25, destination=f"bank-{n}").status_code == 201

    assert told(rich.withdraws(0.01, destination="bank-5")) == ("new_destinations", 0)
    shown = rich.get("/wallets").get_json()["limits"]
    assert (shown["newDestinationsCents"], shown["leftTodayNewDestinationsCents"]) == (100, 0)


def test_a_destination_is_new_to_each_wallet(rich: Person, after: AtTime, bob: Person) -> None:
    bob = bob.in_process
    bob.deposits(1000)
    rich.withdraws(1)
    after(25)

    assert told(bob.withdraws(2))[0] == "new_destinations"
    assert rich.withdraws(2).status_code == 201


def test_the_first_use_counts_and_a_refusal_is_none(rich: Person, after: AtTime) -> None:
    rich.withdraws(5)
    after(25)
    assert told(rich.withdraws(5))[0] == "new_destinations"
    assert rich.withdraws(0.1).status_code == 201
    after(30)
    assert rich.withdraws(0.1).status_code == 201
    after(49)

    assert rich.withdraws(5).status_code == 201


def test_a_known_destination_costs_one_round_trip_once_this_process_knows_it(
    rich: Person, after: AtTime
) -> None:
    counts = []
    for hours in (0, 1, 25, 26, 27, 28):
        after(hours)
        if hours == 27:  # it is forgotten
            Wallet._get_collection().update_one({"user": rich.id}, {"$unset": {"destinations": 1}})
        with recorder.recording() as commands:
            assert rich.withdraws(0.1).status_code == 201
        counts.append(len(commands))

    assert counts == [1, 1, 3, 1, 3, 1]


def test_a_refund_gives_the_share_for_new_ones_back(rich: Person, after: AtTime) -> None:
    failed = rich.withdraws(1).get_json()["id"]
    sweep_everything()

    for _ in range(2):
        reversal.reverse(failed, "came back")

    assert wallet_of(rich.id)["spent"]["20260224"] == {"cents": 0, "count": 0, "newCents": 0}
    assert rich.withdraws(1).status_code == 201
    assert told(rich.withdraws(0.01)) == ("new_destinations", 0)


@pytest.mark.parametrize("copied", [False, True])
def test_the_audit_adds_up_what_went_to_new_ones(rich: Person, copied: bool) -> None:
    rich.withdraws(0.3)
    failed = rich.withdraws(0.7).get_json()["id"]
    sweep_everything()
    reversal.reverse(failed, "came back")
    rich.withdraws(0.1)
    if copied:
        sweep_everything()
    assert audited("--verify-chain").differences == []
    (day,) = wallet_of(rich.id)["spent"]

    Wallet._get_collection().update_one({"user": rich.id}, {"$inc": {f"spent.{day}.newCents": -1}})

    assert audited("--verify-chain").kinds() == {"day_sum"}


def test_a_wallet_remembers_so_many_destinations(
    rich: Person, after: AtTime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(destinations, "MAX_DESTINATIONS", 3)
    for n in range(5):
        after(n)
        rich.withdraws(0.1, destination=f"bank-{n}")

    sweep_everything()

    kept = {destinations.digest_of(rich.id, f"bank-{n}") for n in (2, 3, 4)}
    assert wallet_of(rich.id)["destinations"].keys() == kept


def test_of_many_at_once_no_more_is_paid_than_new_ones_may_have() -> None:
    user = funded(1000)
    orders = [
        Order(user, MovementKind.WITHDRAWAL, -40, "INR", f"k{n}", f"bank-{n % 3}") for n in range(8)
    ]

    answers = post_together(orders)

    assert sum(isinstance(each, LimitExceeded) for each in answers) == 6
    assert_books_balance(user)


def withdrawals_that_cross() -> list[str]:
    """Meanwhile another withdrawal, to another new destination, takes what was left."""

    def withdrawal(to: str) -> Callable[[ObjectId], None]:
        def withdraw(user: ObjectId) -> None:
            with contextlib.suppress(LimitExceeded):
                post(Order(user, MovementKind.WITHDRAWAL, -60, "INR", f"key {to}", to))

        return withdraw

    return everywhere(lambda: funded(1000), withdrawal("one"), withdrawal("two"), balance=940)


@pytest.mark.usefixtures("interposed", "both_commits")
def test_no_race_passes_the_limit_for_new_ones() -> None:
    assert withdrawals_that_cross() == []


@pytest.mark.usefixtures("interposed")
def test_a_limit_for_new_ones_that_does_not_hold_is_seen(mutate: Mutate) -> None:
    mutate(limits.look_then_withdraw)

    assert withdrawals_that_cross() != []


def test_a_process_that_takes_a_new_one_for_known_finds_out(rich: Person, after: AtTime) -> None:
    digest = destinations.digest_of(rich.id, "bank-1")
    recent.destinations.put((rich.id, digest), NOON - timedelta(days=9))

    assert told(rich.withdraws(2))[0] == "new_destinations"


def test_a_process_that_is_believed_about_it_is_seen(
    rich: Person, after: AtTime, mutate: Mutate
) -> None:
    mutate(limits.destination_of_any_age)

    with pytest.raises(AssertionError):
        test_a_process_that_takes_a_new_one_for_known_finds_out(rich, after)


@pytest.mark.parametrize("damage", ["x", [], {"a": 1}, {"a": None}])
def test_damaged_destinations_move_no_money(rich: Person, damage: Any) -> None:
    Wallet._get_collection().update_one({"user": rich.id}, {"$set": {"destinations": damage}})

    assert rich.withdraws(2).get_json()["code"] == "out_of_service"


@pytest.mark.parametrize("name", ["LIMIT_NEW_DESTINATIONS", "NEW_DESTINATION_HOURS"])
def test_one_setting_needs_the_other(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(name)

    with pytest.raises(InvalidSettings, match="one needs the other"):
        settings.__wrapped__()
