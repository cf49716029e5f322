"""A key is read every few seconds and not with every request; its use is noted once a minute."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from pymongo.database import Database
from pymongo.errors import AutoReconnect

from tests.mutants import Mutant, back_ends
from tests.support.back_ends import BackEnd, back_end
from tests.support.commands import recorder
from tests.support.people import Person
from wallet_api import clock
from wallet_api.backend_keys import known, service
from wallet_api.backend_keys.secret import new_secret

pytestmark = pytest.mark.in_process("looks into what its process remembers")


@pytest.fixture
def shop(client: FlaskClient) -> BackEnd:
    return back_end(client)


class Monotonic:
    """The clock by which a process forgets, held by the test."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def monotonic(self) -> float:
        return self.seconds


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Monotonic:
    monotonic = Monotonic()
    monkeypatch.setattr(known, "time", monotonic)
    return monotonic


def reads_of_keys(commands: list[dict[str, Any]]) -> int:
    return sum(command.get("find") == "backendKeys" for command in commands)


def last_use(db: Database) -> datetime | None:
    known.await_notes()
    (stored,) = db.backendKeys.find()
    return stored.get("lastUsedAt")


def test_a_hundred_requests_read_the_key_once(shop: BackEnd, alice: Person) -> None:
    with recorder.recording() as commands:
        for _ in range(100):
            assert shop.get("/wallets", alice.id).status_code == 200

    assert reads_of_keys(commands) == 1


def test_a_revoked_key_stops_when_what_is_remembered_is_too_old(
    shop: BackEnd, alice: Person, held: Monotonic
) -> None:
    assert shop.get("/wallets", alice.id).status_code == 200
    service.revoke(shop.name)

    held.seconds += known.REMEMBERED_SECONDS - 0.001
    before = shop.get("/wallets", alice.id).status_code
    held.seconds += 0.001
    after = shop.get("/wallets", alice.id).status_code

    assert (before, after) == (200, 401)


def test_what_is_remembered_is_as_old_as_the_moment_before_it_was_read(
    shop: BackEnd, alice: Person, held: Monotonic, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = known.key_as_read

    def slowly(found: Any) -> Any:
        held.seconds += known.REMEMBERED_SECONDS
        service.revoke(shop.name)
        return read(found)

    monkeypatch.setattr(known, "key_as_read", slowly)
    during = shop.get("/wallets", alice.id).status_code
    monkeypatch.setattr(known, "key_as_read", read)

    assert (during, shop.get("/wallets", alice.id).status_code) == (200, 401)


def test_a_revoked_key_stays_shut_without_a_read_for_each_request(
    shop: BackEnd, alice: Person
) -> None:
    service.revoke(shop.name)

    with recorder.recording() as commands:
        answers = {shop.get("/wallets", alice.id).status_code for _ in range(20)}

    assert answers == {401}
    assert reads_of_keys(commands) == 1


def test_a_mistyped_secret_costs_no_look_into_the_database(shop: BackEnd, alice: Person) -> None:
    mistyped = BackEnd("", shop.secret[:10] + "0123" + shop.secret[14:], shop.client)

    with recorder.recording() as commands:
        assert mistyped.get("/wallets", alice.id).status_code == 401

    assert commands == []


def unknown(client: FlaskClient) -> BackEnd:
    """What nobody has made, and no checksum tells."""
    return BackEnd("", new_secret(), client)


def test_a_flood_of_unknown_secrets_costs_few_looks_and_keeps_no_key_out(
    shop: BackEnd, alice: Person, held: Monotonic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(known, "LOOKS_PER_SECOND", 3)

    with recorder.recording() as commands:
        answers = {unknown(shop.client).get("/wallets", alice.id).status_code for _ in range(50)}

    assert answers == {401}
    assert reads_of_keys(commands) == 4
    assert shop.get("/wallets", alice.id).status_code == 200
    held.seconds += 0.999
    late = back_end(shop.client)
    assert late.get("/wallets", alice.id).status_code == 401
    held.seconds += 0.001
    assert late.get("/wallets", alice.id).status_code == 200


def test_what_is_unknown_fills_no_memory(shop: BackEnd, alice: Person) -> None:
    for _ in range(5):
        unknown(shop.client).get("/wallets", alice.id)
    assert shop.get("/wallets", alice.id).status_code == 200

    assert len(known._remembered) == 1


def test_no_more_keys_are_remembered_than_there_is_space_for(
    client: FlaskClient, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(known, "MAX_REMEMBERED", 2)
    first, second, third = (back_end(client) for _ in range(3))
    for shop in (first, second, third):
        assert shop.get("/wallets", alice.id).status_code == 200

    with recorder.recording() as commands:
        for shop in (third, second, first):
            assert shop.get("/wallets", alice.id).status_code == 200

    assert reads_of_keys(commands) == 1, "the first has given way"


def test_its_use_is_noted_once_a_minute(
    shop: BackEnd, alice: Person, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert last_use(db) is None
    start = clock.now()
    noted = []

    for seconds in (0, 59, 60, 119, 120):
        now = start + timedelta(seconds=seconds)
        monkeypatch.setattr(clock, "now", lambda now=now: now)
        alice = alice.logged_in_again
        known.forget()
        assert shop.get("/wallets", alice.id).status_code == 200
        noted.append(last_use(db))

    minute = timedelta(minutes=1)
    assert noted == [start, start, start + minute, start + minute, start + 2 * minute]


def test_two_processes_that_read_it_at_once_note_it_once(
    shop: BackEnd, alice: Person, db: Database
) -> None:
    stored = db.backendKeys.find_one({})
    assert stored is not None
    first = clock.now()

    known.write_use(stored["_id"], first)
    known.write_use(stored["_id"], first + timedelta(seconds=1))

    assert last_use(db) == first


def test_no_request_waits_for_the_note(
    shop: BackEnd, alice: Person, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered = threading.Event()
    write = known.write_use

    def held_up(*given: Any) -> None:
        assert answered.wait(10)
        write(*given)

    monkeypatch.setattr(known, "write_use", held_up)

    assert shop.get("/wallets", alice.id).status_code == 200
    answered.set()

    assert last_use(db) is not None


def test_a_note_that_fails_stops_nobody(
    shop: BackEnd, alice: Person, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = known.stored_keys

    class Failing:
        def with_options(self, **_: Any) -> Any:
            raise AutoReconnect("gone")

        def find_one(self, *given: Any) -> Any:
            return keys().find_one(*given)

    monkeypatch.setattr(known, "stored_keys", Failing)

    assert shop.deposits(alice.id, 1).status_code == 200
    assert last_use(db) is None


def test_a_refused_key_is_not_called_used(shop: BackEnd, alice: Person, db: Database) -> None:
    service.revoke(shop.name)

    shop.get("/wallets", alice.id)

    assert last_use(db) is None


@pytest.mark.parametrize(
    ("mutant", "check"),
    [
        (back_ends.remembered_from_after_the_read, "is_as_old_as_the_moment"),
        (back_ends.remembered_for_ever, "stops_when_what_is_remembered"),
        (back_ends.read_with_every_request, "a_hundred_requests"),
        (back_ends.noted_with_every_read, "two_processes"),
        (back_ends.every_unknown_secret_is_looked_for, "a_flood_of_unknown"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_broken_memory_is_seen(
    shop: BackEnd,
    alice: Person,
    db: Database,
    held: Monotonic,
    monkeypatch: pytest.MonkeyPatch,
    mutate: Callable[[Mutant], None],
    mutant: Mutant,
    check: str,
) -> None:
    (broken,) = [test for name, test in globals().items() if check in name]
    given = {"shop": shop, "alice": alice, "db": db, "held": held, "monkeypatch": monkeypatch}
    wanted = {name: given[name] for name in broken.__annotations__ if name in given}
    mutate(mutant)

    with pytest.raises(AssertionError):
        broken(**wanted)
