"""One cheap client, by whatever means, makes nobody else wait for an answer."""

import http.client
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.faults.servers import Standalone
from tests.faults.service import ROOT, Service
from tests.hostile import starving
from tests.hostile.attacks import attacking
from tests.hostile.starving import (
    AS_SHIPPED,
    MORE_THAN_THREADS,
    ROWS,
    Row,
    Seen,
    ask,
    measured,
    user,
)

WITHIN_SECONDS = 1.0
SHORT = {
    "silent": Row("silent", "silent", 400, 2, descriptors=256),
    "half-sent": Row("half-sent", "half_sent", MORE_THAN_THREADS, 2),
    "many-half-sent": Row("many-half-sent", "half_sent", 400, 2, descriptors=256),
    "no-body": Row("no-body", "without_body", MORE_THAN_THREADS, 2),
    "slow-assets": Row("slow-assets", "slow_assets", MORE_THAN_THREADS, 2),
    "fast-readers": Row("fast-readers", "fast_statements", MORE_THAN_THREADS, 2),
    "registrations": Row("registrations", "registrations", 100, 2),
}
QUICK = ("silent", "half-sent", "fast-readers")
SHORT_ENTRIES = 3_000


@pytest.fixture(scope="module")
def database() -> Iterator[Standalone]:
    standalone = Standalone()
    yield standalone
    standalone.close()


def assert_served(seen: Seen, status: str = "200") -> None:
    assert seen.outcomes.keys() == {status}, seen.outcomes
    assert seen.p99 < WITHIN_SECONDS


@pytest.mark.usefixtures("_no_settings_from_outside")
@pytest.mark.parametrize(
    "name",
    [name if name in QUICK else pytest.param(name, marks=pytest.mark.lengthy) for name in SHORT],
)
def test_others_are_served_meanwhile(database: Standalone, tmp_path: Path, name: str) -> None:
    health, others, _ = measured(database, tmp_path, ROOT, SHORT[name], SHORT_ENTRIES)

    assert len(others.seconds) > 10
    assert_served(health)
    assert_served(others)


@pytest.mark.lengthy
@pytest.mark.usefixtures("_no_settings_from_outside")
@pytest.mark.parametrize("name", [name for name, row in ROWS.items() if not row.hangs])
def test_others_are_served_during_the_whole_attack(
    database: Standalone, tmp_path: Path, name: str
) -> None:
    health, others, _ = measured(database, tmp_path, ROOT, ROWS[name], 20_000)

    assert_served(health)
    assert health.worst < WITHIN_SECONDS
    assert_served(others)


@pytest.fixture
def hanging(
    database: Standalone, tmp_path: Path, _no_settings_from_outside: None
) -> Iterator[tuple[Service, str]]:
    """A service whose database hangs, and the token of somebody."""
    settings = AS_SHIPPED | {"DATABASE_TIMEOUT_SECONDS": "2", "WORKERS": "2"}
    row = Row("hang", "deposits", 40, hangs=True)
    with starving.serving(database, tmp_path, ROOT, row, settings) as service:
        _, token = user(service.port, f"hanging-{time.monotonic_ns()}@example.com")
        for _ in range(10):
            ask(service.port, "POST", "/wallets/deposit", {"amount": 1}, token)
        database.server.signal(signal.SIGSTOP)
        yield service, token
        database.server.signal(signal.SIGCONT)


@pytest.mark.lengthy
def test_every_request_is_answered_in_the_promised_time_while_the_database_hangs(
    hanging: tuple[Service, str],
) -> None:
    service, token = hanging

    def deposit(_: int) -> tuple[int, str, float]:
        since = time.monotonic()
        status, body = ask(service.port, "POST", "/wallets/deposit", {"amount": 1}, token)
        return status, body["code"], time.monotonic() - since

    with ThreadPoolExecutor(50) as clients:
        answers = list(clients.map(deposit, range(100)))
        alive = ask(service.port, "GET", "/healthz")[0]

    assert alive == 200
    assert {(status, code) for status, code, _ in answers} <= {(503, "unavailable"), (503, "busy")}
    assert max(seconds for _, _, seconds in answers) < 2.5


@pytest.mark.lengthy
def test_what_was_answered_for_its_thread_is_an_answer_like_any_other(
    hanging: tuple[Service, str],
) -> None:
    service, token = hanging
    client = http.client.HTTPConnection("127.0.0.1", service.port, timeout=20)
    headers = {
        "Authorization": f"Bearer {token}",
        "Content-Type": "application/json",
        "Idempotency-Key": "a-key",
        "X-Request-Id": "mine",
    }

    client.request("POST", "/wallets/deposit", '{"amount": 1}', headers)
    answer = client.getresponse()
    body = answer.read()

    assert answer.status == 503
    assert answer.headers["Retry-After"] == "1"
    assert answer.headers["X-Request-Id"] == "mine"
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert b"the same Idempotency-Key" in body
    client.close()


@pytest.mark.lengthy
def test_money_moves_once_where_the_answer_came_before_the_commit(
    hanging: tuple[Service, str], database: Standalone
) -> None:
    """The thread goes on: whoever sends the same key again learns of the same movement."""
    service, token = hanging
    headers = {
        "Authorization": f"Bearer {token}",
        "Content-Type": "application/json",
        "Idempotency-Key": "another-key",
    }

    def deposit() -> int:
        client = http.client.HTTPConnection("127.0.0.1", service.port, timeout=20)
        client.request("POST", "/wallets/deposit", '{"amount": 1}', headers)
        try:
            return client.getresponse().status
        finally:
            client.close()

    first = deposit()
    database.server.signal(signal.SIGCONT)
    time.sleep(1)
    again = deposit()

    assert (first, again) == (503, 200)
    assert ask(service.port, "GET", "/wallets", token=token)[1]["balanceCents"] == 1100


@pytest.mark.usefixtures("_no_settings_from_outside")
def test_the_line_of_an_answer_that_was_made_in_turns_counts_its_own_round_trips(
    database: Standalone, tmp_path: Path
) -> None:
    settings = AS_SHIPPED | {"LOG_LEVEL": "info", "WORKERS": "1"}
    with starving.serving(database, tmp_path, ROOT, Row("", "", 0), settings) as service:
        id_, token = user(service.port, f"reader-{time.monotonic_ns()}@example.com")
        starving.lengthen(database.uri, service.port, id_, token, SHORT_ENTRIES)
        lengths = {
            len(ask(service.port, "GET", "/wallets/statement", token=token)[1]["entries"])
            for _ in range(5)
        }
        time.sleep(0.5)
        lines = [
            line
            for line in (tmp_path / "service.log").read_text().splitlines()
            if "GET /wallets/statement" in line
        ]

    assert lengths == {SHORT_ENTRIES}
    trips = [line.partition("roundTrips=")[2].partition(" ")[0] for line in lines]
    assert len(trips) == 6
    assert len(set(trips[1:])) == 1, trips
    assert all(f"userId={id_}" in line for line in lines)


@pytest.mark.usefixtures("_no_settings_from_outside")
def test_the_logins_of_others_have_their_turn_in_a_flood_of_them(
    database: Standalone, tmp_path: Path
) -> None:
    row = Row("logins", "wrong_logins", 100)
    with starving.serving(database, tmp_path, ROOT, row, AS_SHIPPED) as service:
        _, token = user(service.port, "attacker@example.com")
        with attacking("wrong_logins", service.port, 100, 4, token):
            time.sleep(1)
            since = time.monotonic()
            client = http.client.HTTPConnection(
                "127.0.0.1", service.port, timeout=20, source_address=("127.0.0.2", 0)
            )
            login = '{"email": "attacker@example.com", "password": "correct horse battery"}'
            client.request("POST", "/auth/login", login, {"Content-Type": "application/json"})
            status = client.getresponse().status
            took = time.monotonic() - since
            client.close()

    assert status == 200
    assert took < WITHIN_SECONDS
