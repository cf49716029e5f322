"""Every command that the code sends uses an index, and each endpoint sends as many as it says."""

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from bson import ObjectId
from flask import Flask
from flask.testing import FlaskClient
from limits import parse
from pymongo.database import Database

from tests.support.back_ends import back_end
from tests.support.books import sweep_everything
from tests.support.commands import recorder
from tests.support.people import Person, someone
from wallet_api import round_trips
from wallet_api.backend_keys import known, service
from wallet_api.config import settings
from wallet_api.movements.limits import own
from wallet_api.movements.used_keys import recent, sealed_filters
from wallet_api.rate_limits import in_force
from wallet_api.users import service as users
from wallet_api.withdrawals import reversal

EXPLAINABLE = {"aggregate", "count", "delete", "distinct", "find", "findAndModify", "update"}
OF_THE_ENVELOPE = {
    "$db",
    "$clusterTime",
    "$readPreference",
    "lsid",
    "maxTimeMS",
    "txnNumber",
    "writeConcern",
}
HERE = "2020-01-01T00:00:00Z"
THERE = "2040-01-01T00:00:00Z"


def journey(client: FlaskClient) -> None:
    """Through every endpoint and operator command that meets the database."""
    person = someone(client, "journey@example.com")
    who = {"email": "journey@example.com", "password": "correct horse battery"}
    names = {"firstName": "A", "lastName": "B"}
    assert client.post("/auth/register", json=who | names).status_code == 409
    login = client.post("/auth/login", json=who)
    assert login.status_code == 200
    _through_a_session(client, login.get_json())
    person = person.logged_in_again
    for turn in "first", "by sealed filters", "by look-up":
        if turn == "by look-up":
            recent.wallets.put(
                person.id, recent.WalletHint("INR", sealed_filters.MAX_PER_WALLET + 1)
            )
        for key in (None, f"a {turn}", f"a {turn}"):
            assert person.deposits(10, key).status_code == 200
            assert person.withdraws(1, key).status_code == 201
        assert person.withdraws(1000, f"b {turn}").status_code == 400
        sweep_everything()
        recent.clear()
        assert person.withdraws(1, f"a {turn}").status_code == 201
    query = f"from={HERE}&to={THERE}&limit=1"
    for path in ("/withdrawals", "/wallets/transactions"):
        cursor = person.get(f"{path}?{query}").get_json()["nextCursor"]
        assert person.get(f"{path}?cursor={cursor}").status_code == 200
    found = person.get("/withdrawals?status=success&idempotencyKey=a first").get_json()["data"]
    assert person.get(f"/withdrawals/{found[0]['id']}").status_code == 200
    assert person.get(f"/wallets/balance?at={THERE}").status_code == 200
    assert len(person.get(f"/wallets/statement?from={HERE}&to={THERE}").data) > 100
    assert client.get("/readyz").status_code == 200
    reversal.reverse(found[0]["id"], "came back")
    users.set_active("journey@example.com", False)
    users.set_active("journey@example.com", True)
    _by_a_key(client, person)


def _through_a_session(client: FlaskClient, tokens: dict[str, Any]) -> None:
    """Through all that a session goes through: the token is used twice at once, and stolen."""
    for _ in range(2):
        body = {"refreshToken": tokens["refreshToken"]}
        answer = client.post("/auth/refresh", json=body)
        assert answer.status_code == 200
    me = {"Authorization": f"Bearer {answer.get_json()['token']}"}
    assert client.get("/auth/me", headers=me).status_code == 200
    assert client.patch("/auth/me", json={"lastName": "C"}, headers=me).status_code == 200
    passwords = {"password": "correct horse battery", "newPassword": "correct horse batteries"}
    new = client.post("/auth/password", json=passwords, headers=me).get_json()
    for out in {"everywhere": False}, {"everywhere": True}:
        me = {"Authorization": f"Bearer {new['token']}"}
        assert client.post("/auth/logout", json=out, headers=me).status_code == 200


def _by_a_key(client: FlaskClient, person: Person) -> None:
    """Through all that a key goes through: it is read, noted, refused for a user, and revoked."""
    shop = back_end(client)
    assert shop.get("/wallets", person.id).status_code == 200
    known.await_notes()
    assert shop.get("/wallets", ObjectId()).status_code == 403
    service.revoke(shop.name)


def stages(plan: Any) -> set[str]:
    if isinstance(plan, dict):
        own = {plan["stage"]} if isinstance(plan.get("stage"), str) else set()
        return own.union(*map(stages, plan.values()))
    if isinstance(plan, list):
        return set().union(*map(stages, plan))
    return set()


@pytest.mark.usefixtures("tiny_filter", "both_commits")
def test_no_command_scans_a_collection(client: FlaskClient, db: Database) -> None:
    with recorder.recording() as commands:
        journey(client)

    assert {command["find"] for command in commands if "find" in command} >= {"sealed_key_filters"}

    asked = [command for command in commands if next(iter(command)) in EXPLAINABLE]
    assert {next(iter(command)) for command in asked} >= {"aggregate", "find", "findAndModify"}
    for command in asked:
        for bare in _one_by_one(command):
            plan = db.command("explain", bare, verbosity="queryPlanner")
            assert "COLLSCAN" not in stages(plan), bare


def _one_by_one(command: dict[str, Any]) -> list[dict[str, Any]]:
    """Without the envelope; of several updates each, as they are explained."""
    bare = {name: part for name, part in command.items() if name not in OF_THE_ENVELOPE}
    return [bare | {"updates": [one]} for one in bare["updates"]] if "updates" in bare else [bare]


def test_a_scan_would_be_seen(db: Database) -> None:
    db.ledger_entries.insert_one({"amountCents": 1})

    plan = db.command("explain", {"find": "ledger_entries", "filter": {"amountCents": 1}})

    assert "COLLSCAN" in stages(plan)


def _body(amount: float) -> dict[str, Any]:
    return {"amount": amount, "currency": "INR", "destination": "bank"}


def _as_a_back_end_sees(person: Person) -> Person:
    """By a key that this process has read a moment ago, and whose use is noted."""
    seen = back_end(person.client).for_user(person)
    assert seen.get("/wallets").status_code == 200
    known.await_notes()
    return seen


def _replay(person: Person) -> None:
    person.withdraws(1, "old")


ROUND_TRIPS: dict[str, tuple[int, Any]] = {
    "GET /wallets": (1, lambda p: p.get("/wallets")),
    "POST /wallets/deposit": (1, lambda p: p.deposits(1)),
    "POST /wallets/deposit, with a key": (1, lambda p: p.deposits(1, "new")),
    "POST /withdrawals": (1, lambda p: p.withdraws(1)),
    "POST /withdrawals, with a key": (1, lambda p: p.withdraws(1, "new")),
    "POST /withdrawals, the key again in this process": (1, _replay),
    "POST /withdrawals, too much": (3, lambda p: p.withdraws(10**6)),
    "GET /withdrawals": (2, lambda p: p.get("/withdrawals")),
    "GET /wallets/transactions": (2, lambda p: p.get("/wallets/transactions")),
    "GET /wallets/transactions, without a withdrawal": (
        2,
        lambda p: p.get(f"/wallets/transactions?from={THERE}"),
    ),
    "GET /wallets/balance": (2, lambda p: p.get(f"/wallets/balance?at={THERE}")),
    "GET /wallets/statement": (2, lambda p: p.get("/wallets/statement").data),
    "GET /wallets/statement, of a period": (
        4,
        lambda p: p.get(f"/wallets/statement?from={HERE}&to={THERE}").data,
    ),
    "GET /auth/me": (2, lambda p: p.get("/auth/me")),
    "PATCH /auth/me": (2, lambda p: p.renames("B")),
    "POST /auth/logout": (2, lambda p: p.logs_out()),
    "POST /auth/logout, everywhere": (3, lambda p: p.logs_out(everywhere=True)),
    "POST /auth/refresh": (2, lambda p: p.refreshes()),
    "POST /auth/refresh, doubled": (3, lambda p: p.refreshes()),
    "GET /wallets, by a back end": (1, lambda p: p.get("/wallets")),
    "POST /wallets/deposit, by a back end": (1, lambda p: p.deposits(1, "new")),
    "POST /withdrawals, by a back end": (1, lambda p: p.withdraws(1, "new")),
    "GET /auth/me, by a back end": (2, lambda p: p.get("/auth/me")),
    "GET /currencies": (0, lambda p: p.get("/currencies")),
    "GET /healthz": (0, lambda p: p.get("/healthz")),
}


@pytest.mark.parametrize("endpoint", ROUND_TRIPS)
def test_an_endpoint_makes_as_many_round_trips_as_it_says(alice: Person, endpoint: str) -> None:
    trips, call = ROUND_TRIPS[endpoint]
    alice = alice.with_a_session
    if "doubled" in endpoint:
        alice.refreshes()
    alice.deposits(100)
    alice.withdraws(1, "old")
    sweep_everything()
    if "by a back end" in endpoint:
        alice = _as_a_back_end_sees(alice)

    with recorder.recording() as commands:
        call(alice)

    assert [next(iter(command)) for command in commands][trips:] == []
    assert len(commands) == trips
    assert round_trips.so_far() == trips, "as the request's line in the log tells it"


LIMITED: dict[str, tuple[int, Any]] = {
    "a withdrawal": (1, lambda p: p.withdraws(1, "new")),
    "a withdrawal without a key": (1, lambda p: p.withdraws(1)),
    "more than the day has left": (3, lambda p: p.withdraws(60)),
    "more than any withdrawal may be": (2, lambda p: p.withdraws(80)),
    "the wallet, with what is left": (1, lambda p: p.get("/wallets")),
    "a deposit": (1, lambda p: p.deposits(1, "new")),
}


@pytest.mark.in_process("sets the settings of its process")
@pytest.mark.parametrize("whose", ["the settings'", "the wallet's own"])
@pytest.mark.parametrize("what", LIMITED)
def test_limits_cost_no_round_trip_that_is_not_told(
    alice: Person, monkeypatch: pytest.MonkeyPatch, what: str, whose: str
) -> None:
    trips, call = LIMITED[what]
    if whose == "the settings'":
        monkeypatch.setenv("LIMIT_PER_DAY", "INR:100")
        monkeypatch.setenv("LIMIT_PER_WITHDRAWAL", "INR:70")
        settings.cache_clear()
    else:
        limits = {"per_day_cents": 10000, "per_withdrawal_cents": 7000}
        own.set_limits(alice.id, limits)
    alice = alice.in_process
    alice.deposits(1000)
    alice.withdraws(50)

    with recorder.recording() as commands:
        call(alice)

    assert len(commands) == trips
    settings.cache_clear()


def test_a_wallets_own_limits_cost_two_round_trips_once(alice: Person) -> None:
    alice.deposits(1000)
    counts = []
    for change in (False, True, False, True, False):
        if change:
            own.set_limits(alice.id, {"count_per_day": 10 + len(counts)})
        with recorder.recording() as commands:
            assert alice.withdraws(1).status_code == 201
        counts.append(len(commands))

    assert counts == [1, 3, 1, 3, 1]


def test_a_key_used_in_another_process_costs_one_round_trip_more(alice: Person) -> None:
    alice.deposits(100)
    alice.withdraws(1, "old")
    sweep_everything()
    recent.clear()
    recent.wallets.put(alice.id, recent.WalletHint("INR", 0))

    with recorder.recording() as commands:
        answer = alice.withdraws(1, "old")

    assert answer.headers["Idempotent-Replayed"] == "true"
    assert len(commands) == 2


@pytest.mark.parametrize(
    ("known", "login", "change"), [(True, 7, 11), (False, 11, 15)], ids=["known", "unknown"]
)
def test_a_password_costs_as_many_round_trips_as_it_says(
    client: FlaskClient, db: Database, known: bool, login: int, change: int
) -> None:
    someone(client, "ada@example.com")
    who = {"email": "ada@example.com", "password": "correct horse battery"}
    passwords = {"password": who["password"], "newPassword": "tidal-lantern-42-moss"}
    token = client.post("/auth/login", json=who).get_json()["token"]

    def counted(path: str, body: Any) -> int:
        if not known:
            db.knownAddresses.delete_many({})
        with recorder.recording() as commands:
            answer = client.post(path, json=body, headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 200
        return len(commands)

    assert (counted("/auth/login", who), counted("/auth/password", passwords)) == (login, change)


def test_a_key_costs_one_round_trip_more_once_it_is_forgotten(alice: Person) -> None:
    seen = _as_a_back_end_sees(alice)
    seen.deposits(1)
    known.forget()

    with recorder.recording() as commands:
        assert seen.deposits(1).status_code == 200
        assert seen.deposits(1).status_code == 200

    sent = [next(iter(command)) for command in commands]
    assert sent == ["find", "findAndModify", "findAndModify"]


def test_why_a_back_end_is_refused_for_a_user_costs_one_round_trip_more(alice: Person) -> None:
    seen = _as_a_back_end_sees(alice)
    users.set_active("alice@example.com", False)

    with recorder.recording() as commands:
        assert seen.get("/wallets").status_code == 403

    assert [command.get("find") for command in commands] == ["wallets", "users"]


@pytest.fixture
def rate_limited(app: Flask) -> Iterator[None]:
    """With a limit so low that the process exchanges its counts with every second request."""
    rates = replace(settings().rate_limits, user=parse("20/7 days"))
    chosen = replace(settings(), rate_limits=rates)
    in_force.configure(chosen)
    in_force.start(chosen)
    yield
    in_force.stop()
    in_force.configure(settings())


@pytest.mark.in_process("counts what this process sends")
@pytest.mark.usefixtures("rate_limited")
@pytest.mark.parametrize("endpoint", ["GET /wallets", "POST /wallets/deposit", "POST /withdrawals"])
@pytest.mark.parametrize("by", ["", ", by a back end"])
def test_a_rate_limit_costs_no_round_trip(
    alice: Person, db: Database, endpoint: str, by: str
) -> None:
    trips, call = ROUND_TRIPS[endpoint]
    alice.deposits(100)
    if by:
        alice = _as_a_back_end_sees(alice)

    for _ in range(5):
        assert "RateLimit-Limit" in call(alice).headers
        assert round_trips.so_far() == trips

    deadline = time.monotonic() + 10
    while sum(each["count"] for each in db.requestCounts.find()) < 5:  # all but one may be due
        assert time.monotonic() < deadline, "nothing was exchanged"
        time.sleep(0.02)
