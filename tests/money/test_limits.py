"""Limits on withdrawals: what they forbid moves no money, and the refusal stays."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.mutants import Mutant, limits
from tests.support.books import assert_books_balance, balance_of, sweep_everything
from tests.support.people import Person, someone
from tests.support.time import money_moves_at
from wallet_api.config import settings
from wallet_api.documents.wallet import Wallet
from wallet_api.movements.limits import own
from wallet_api.movements.used_keys import recent
from wallet_api.withdrawals import reversal

pytestmark = [
    pytest.mark.in_process("sets the settings of its process"),
    pytest.mark.usefixtures("app", "both_commits"),
]

Limit = Callable[..., None]
Mutate = Callable[[Mutant], None]

NOON = datetime(2026, 2, 24, 12, tzinfo=UTC)


@pytest.fixture
def limit(monkeypatch: pytest.MonkeyPatch) -> Iterator[Limit]:
    """From now on, the settings have these limits."""

    def limit(**values: str) -> None:
        for name, value in values.items():
            monkeypatch.setenv(name, value)
        settings.cache_clear()

    yield limit
    monkeypatch.undo()
    settings.cache_clear()


@pytest.fixture
def rich(client: FlaskClient) -> Person:
    person = someone(client, "rich@example.com").in_process
    assert person.deposits(1000).status_code == 200
    return person


def told(answer: Any) -> dict[str, Any]:
    """What a refusal says beyond every problem."""
    body = answer.get_json()
    assert (answer.status_code, body.get("code")) == (400, "limit_exceeded"), answer.text
    names = ("limit", "limitCents", "leftCents", "limitCount", "leftCount", "renewsAt")
    return {name: body[name] for name in names if name in body}


def spent(person: Person) -> dict[str, Any]:
    wallet = Wallet._get_collection().find_one({"user": person.id})
    return dict(wallet.get("spent", {}))


def test_without_limits_a_wallet_counts_nothing_and_shows_nothing(rich: Person) -> None:
    assert rich.withdraws(1).status_code == 201

    assert spent(rich) == {}
    assert set(rich.get("/wallets").get_json()) == {"balanceCents", "currency"}


def test_each_limit_is_refused_by_its_name(
    rich: Person, limit: Limit, monkeypatch: pytest.MonkeyPatch
) -> None:
    money_moves_at(NOON, monkeypatch)
    limit(
        MINIMUM_WITHDRAWAL="INR:5,USD:1",
        LIMIT_PER_WITHDRAWAL="INR:60",
        LIMIT_PER_DAY="INR:100",
        LIMIT_COUNT_PER_DAY="3",
    )
    renews = {"renewsAt": "2026-02-25T00:00:00.000Z"}

    assert told(rich.withdraws(4.99)) == {"limit": "minimum", "limitCents": 500}
    assert told(rich.withdraws(60.01)) == {"limit": "per_withdrawal", "limitCents": 6000}
    assert rich.withdraws(60).status_code == 201
    assert told(rich.withdraws(40.01)) == renews | {
        "limit": "per_day",
        "limitCents": 10000,
        "leftCents": 4000,
    }
    assert rich.withdraws(5).status_code == 201
    assert rich.withdraws(5).status_code == 201
    assert told(rich.withdraws(5)) == renews | {
        "limit": "count_per_day",
        "limitCount": 3,
        "leftCount": 0,
    }
    assert spent(rich) == {"20260224": {"cents": 7000, "count": 3}}
    assert balance_of(rich.id) == 93000
    assert_books_balance(rich.id)


def test_the_first_withdrawal_of_a_day_may_not_exceed_it_either(rich: Person, limit: Limit) -> None:
    """A sum that is not there yet lets every bound pass that is not checked before."""
    limit(LIMIT_PER_DAY="INR:100")

    assert told(rich.withdraws(100.01))["leftCents"] == 10000
    assert rich.withdraws(100).status_code == 201
    assert told(rich.withdraws(0.01))["leftCents"] == 0


def test_a_currency_without_a_limit_has_none(client: FlaskClient, limit: Limit) -> None:
    limit(LIMIT_PER_DAY="INR:1")
    ada = someone(client, "ada@example.com", "JPY").in_process
    ada.deposits(500)

    assert ada.withdraws(500).status_code == 201


@pytest.mark.parametrize("copied", [False, True])
def test_a_refusal_stays_with_its_key(
    rich: Person, limit: Limit, monkeypatch: pytest.MonkeyPatch, copied: bool
) -> None:
    """Even when the day is over, the limit is gone, and another process is asked."""
    money_moves_at(NOON, monkeypatch)
    limit(LIMIT_PER_DAY="INR:100", MINIMUM_WITHDRAWAL="INR:1")
    rich.withdraws(80, "first")
    refused = [rich.withdraws(30, "k"), rich.withdraws(0.5, "small")]
    if copied:
        sweep_everything()
        recent.clear()
    money_moves_at(NOON + timedelta(days=1), monkeypatch)
    limit(LIMIT_PER_DAY="", MINIMUM_WITHDRAWAL="")

    again = [rich.withdraws(30, "k"), rich.withdraws(0.5, "small")]

    for one, other in zip(refused, again, strict=True):
        first, second = one.get_json(), other.get_json()
        assert first.pop("requestId", None) != second.pop("requestId", None)
        assert first == second
        assert "Idempotent-Replayed" not in one.headers
        assert other.headers["Idempotent-Replayed"] == "true"
    assert rich.withdraws(31, "k").status_code == 422
    assert balance_of(rich.id) == 92000


def test_too_little_money_is_told_before_a_limit(rich: Person, limit: Limit) -> None:
    limit(LIMIT_PER_WITHDRAWAL="INR:1")

    assert rich.withdraws(1001).get_json()["code"] == "insufficient_funds"
    assert rich.withdraws(1000).get_json()["code"] == "limit_exceeded"


@pytest.mark.parametrize(
    ("zone", "last", "first"),
    [
        ("UTC", "2026-02-24T23:59:59.999Z", "2026-02-25T00:00:00.000Z"),
        ("Asia/Kolkata", "2026-02-24T18:29:59.999Z", "2026-02-24T18:30:00.000Z"),
        ("America/New_York", "2026-03-08T04:59:59.999Z", "2026-03-08T05:00:00.000Z"),
        ("America/New_York", "2026-03-09T03:59:59.999Z", "2026-03-09T04:00:00.000Z"),
    ],
)
def test_a_day_ends_at_midnight_of_the_zone(
    rich: Person,
    limit: Limit,
    monkeypatch: pytest.MonkeyPatch,
    zone: str,
    last: str,
    first: str,
) -> None:
    limit(LIMIT_COUNT_PER_DAY="1", LIMIT_TIME_ZONE=zone)

    money_moves_at(datetime.fromisoformat(last), monkeypatch)
    assert rich.withdraws(1).status_code == 201
    assert told(rich.withdraws(1))["renewsAt"] == first
    money_moves_at(datetime.fromisoformat(first), monkeypatch)
    assert rich.withdraws(1).status_code == 201
    assert told(rich.withdraws(1))["limit"] == "count_per_day"


def test_the_relay_keeps_today_and_yesterday(
    rich: Person, limit: Limit, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit(LIMIT_COUNT_PER_DAY="5")
    for day in range(4):
        money_moves_at(NOON + timedelta(days=day), monkeypatch)
        assert rich.withdraws(1).status_code == 201

    sweep_everything()

    assert sorted(spent(rich)) == ["20260226", "20260227"]


def test_a_refund_gives_the_day_its_share_back_once(
    rich: Person, limit: Limit, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit(LIMIT_PER_DAY="INR:100")
    money_moves_at(NOON, monkeypatch)
    failed = rich.withdraws(60).get_json()["id"]
    rich.withdraws(40)
    sweep_everything()
    assert told(rich.withdraws(1))["leftCents"] == 0

    for _ in range(2):
        reversal.reverse(failed, "came back")

    assert spent(rich) == {"20260224": {"cents": 4000, "count": 1}}
    assert told(rich.withdraws(60.01))["leftCents"] == 6000
    assert rich.withdraws(60).status_code == 201
    assert_books_balance(rich.id)


def test_a_refund_of_a_day_that_is_over_moves_money_and_gives_no_share(
    rich: Person, limit: Limit, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit(LIMIT_PER_DAY="INR:100")
    money_moves_at(NOON, monkeypatch)
    failed = rich.withdraws(60).get_json()["id"]
    money_moves_at(NOON + timedelta(days=3), monkeypatch)
    rich.withdraws(1)
    sweep_everything()

    reversal.reverse(failed, "came back")

    assert balance_of(rich.id) == 99900
    assert spent(rich) == {"20260227": {"cents": 100, "count": 1}}
    assert_books_balance(rich.id)


def test_a_refund_of_what_was_never_counted_gives_nothing_back(rich: Person, limit: Limit) -> None:
    failed = rich.withdraws(60).get_json()["id"]
    limit(LIMIT_PER_DAY="INR:100")
    rich.withdraws(70)
    sweep_everything()

    reversal.reverse(failed, "came back")

    assert told(rich.withdraws(31))["leftCents"] == 3000


def test_a_wallets_own_limits_go_before_the_settings(rich: Person, limit: Limit) -> None:
    """At once, whatever this process remembers."""
    limit(LIMIT_PER_DAY="INR:10", LIMIT_COUNT_PER_DAY="1")
    rich.withdraws(1)

    own.set_limits(rich.id, {"per_day_cents": 5000, "count_per_day": None})
    assert rich.withdraws(40).status_code == 201
    assert told(rich.withdraws(10))["leftCents"] == 900
    own.set_limits(rich.id, {"per_withdrawal_cents": 100})
    assert told(rich.withdraws(1.01)) == {"limit": "per_withdrawal", "limitCents": 100}
    own.clear_limits(rich.id)
    assert told(rich.withdraws(1))["limit"] == "count_per_day"


def test_a_wallet_can_have_limits_where_the_settings_have_none(rich: Person) -> None:
    rich.withdraws(1)
    own.set_limits(rich.id, {"per_withdrawal_cents": 5000, "per_day_cents": 0})

    assert told(rich.withdraws(50.01))["limit"] == "per_withdrawal"
    assert told(rich.withdraws(1))["leftCents"] == 0
    own.clear_limits(rich.id)
    assert rich.withdraws(50.01).status_code == 201


def test_the_wallet_shows_what_is_left(
    rich: Person, limit: Limit, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit(LIMIT_PER_DAY="INR:100", MINIMUM_WITHDRAWAL="INR:1", LIMIT_TIME_ZONE="Asia/Kolkata")
    own.set_limits(rich.id, {"count_per_day": 7, "per_day_cents": 5000})
    rich.withdraws(20)

    shown = rich.get("/wallets").get_json()["limits"]

    assert datetime.fromisoformat(shown.pop("renewsAt")) > datetime.now(UTC)
    assert shown == {
        "minimumCents": 100,
        "perDayCents": 5000,
        "leftTodayCents": 3000,
        "countPerDay": 7,
        "leftTodayCount": 6,
    }


def test_a_damaged_sum_moves_no_money(rich: Person, limit: Limit) -> None:
    limit(LIMIT_PER_DAY="INR:100", LIMIT_COUNT_PER_DAY="100")
    rich.withdraws(1)
    day, wallets = next(iter(spent(rich))), Wallet._get_collection()
    no_sums: tuple[Any, ...] = ("many", None, True, -1)
    for damage in no_sums:
        wallets.update_one({"user": rich.id}, {"$set": {f"spent.{day}.cents": damage}})
        assert rich.withdraws(101).get_json()["code"] == "out_of_service", damage
    no_limits: tuple[Any, ...] = ("many", [], {"perDayCents": "x"}, {"unknown": 1})
    for damage in no_limits:
        wallets.update_one({"user": rich.id}, {"$set": {"limits": damage}})
        assert rich.withdraws(1).get_json()["code"] == "out_of_service", damage
    assert balance_of(rich.id) == 99900


@pytest.mark.parametrize("damage", [7, "20200101", [], {"$x": 1}, {"a.b": 2}])
def test_a_damaged_sum_holds_up_no_copy(rich: Person, damage: Any) -> None:
    whole = {"$replaceWith": {"$mergeObjects": ["$$ROOT", {"spent": {"$literal": damage}}]}}
    Wallet._get_collection().update_one({"user": rich.id}, [whole])

    sweep_everything()

    wallet = Wallet._get_collection().find_one({"user": rich.id}) or {}
    assert (wallet["outbox"], wallet["spent"]) == ([], damage)


def test_limits_that_a_process_has_seen_before_are_seen_to_be_old(
    rich: Person, mutate: Mutate
) -> None:
    rich.withdraws(1)
    own.set_limits(rich.id, {"per_day_cents": 0})
    mutate(limits.limits_of_any_time)

    assert rich.withdraws(60).status_code == 201


def test_a_day_that_is_no_part_of_the_sum_is_seen(
    rich: Person, limit: Limit, monkeypatch: pytest.MonkeyPatch, mutate: Mutate
) -> None:
    mutate(limits.one_sum_for_all_days)
    last, first = "2026-02-24T23:59:59.999Z", "2026-02-25T00:00:00.000Z"

    with pytest.raises(AssertionError):
        test_a_day_ends_at_midnight_of_the_zone(rich, limit, monkeypatch, "UTC", last, first)


def test_a_share_that_is_not_given_back_is_seen(
    rich: Person, limit: Limit, monkeypatch: pytest.MonkeyPatch, mutate: Mutate
) -> None:
    mutate(limits.no_share_back)

    with pytest.raises(AssertionError):
        test_a_refund_gives_the_day_its_share_back_once(rich, limit, monkeypatch)


def test_a_refusal_that_does_not_stay_is_seen(
    rich: Person, limit: Limit, monkeypatch: pytest.MonkeyPatch, mutate: Mutate
) -> None:
    mutate(limits.refusal_not_stored)

    with pytest.raises(AssertionError):
        test_a_refusal_stays_with_its_key(rich, limit, monkeypatch, copied=False)
