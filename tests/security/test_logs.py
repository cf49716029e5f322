"""What the service logs as it is run: every event on one line, and nobody's secrets."""

import re
from collections.abc import Iterator

import pytest
from pymongo import MongoClient

from tests.security.journey import FORGED, PERSONAL, Journey, travel
from wallet_api.embedded_mongo import EmbeddedMongo

STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
READABLE = re.compile(rf"{STAMP.pattern} (debug|info|warning|error|critical) \d+ \S")
CONTINUED = "    "


@pytest.fixture(scope="module")
def in_production(
    mongo: EmbeddedMongo, tmp_path_factory: pytest.TempPathFactory, _no_settings_from_outside: None
) -> Iterator[Journey]:
    """With all that can be logged, in JSON."""
    settings = {"APP_ENV": "production", "LOG_LEVEL": "debug"}
    with MongoClient[dict](mongo.uri, tz_aware=True) as client:
        yield travel(client.in_production, tmp_path_factory.mktemp("production"), settings)


@pytest.fixture(scope="module")
def in_development(
    mongo: EmbeddedMongo, tmp_path_factory: pytest.TempPathFactory, _no_settings_from_outside: None
) -> Iterator[Journey]:
    """As `make run` logs, but for the lines of requests."""
    settings = {"APP_ENV": "development", "LOG_LEVEL": "info", "REQUEST_LOG": "false"}
    with MongoClient[dict](mongo.uri, tz_aware=True) as client:
        yield travel(client.in_development, tmp_path_factory.mktemp("development"), settings)


def test_in_production_every_line_is_json_with_time_level_and_pid(in_production: Journey) -> None:
    for line in in_production.lines():
        assert STAMP.fullmatch(line["time"])
        assert line["level"] in ("debug", "info", "warning", "error", "critical")
        assert line["pid"] > 1
        assert "message" in line or "status" in line


def test_in_development_every_line_is_readable(in_development: Journey) -> None:
    for line in in_development.log.splitlines():
        assert READABLE.match(line) or line.startswith(CONTINUED), line


@pytest.mark.parametrize("mode", ["in_production", "in_development"])
@pytest.mark.parametrize("word", PERSONAL)
def test_no_line_holds_a_secret(request: pytest.FixtureRequest, mode: str, word: str) -> None:
    journey: Journey = request.getfixturevalue(mode)

    assert [line for line in journey.log.splitlines() if word in line] == []
    assert [token for token in journey.tokens if token in journey.log] == []


@pytest.mark.parametrize("mode", ["in_production", "in_development"])
def test_data_cannot_make_a_line(request: pytest.FixtureRequest, mode: str) -> None:
    journey: Journey = request.getfixturevalue(mode)

    told = [line for line in journey.log.splitlines() if FORGED in line]

    assert told, "the defect has quoted it"
    assert [line for line in told if line.strip().startswith(FORGED)] == []


def test_a_request_has_one_line_of_its_own(in_production: Journey) -> None:
    _, request_id = in_production.answers["withdraw"]

    (line,) = in_production.lines(requestId=request_id)

    measured = {name: line.pop(name) for name in ("time", "pid", "durationMs", "roundTrips")}
    assert 0 < measured["durationMs"] < 10_000
    assert measured["roundTrips"] in (1, 2), "one more in a process that has not seen the wallet"
    assert line == {
        "level": "info",
        "event": "request",
        "method": "POST",
        "route": "/withdrawals",
        "status": 201,
        "requestId": request_id,
        "client": "127.0.0.1",
        "userId": in_production.user_id,
    }


@pytest.mark.parametrize(
    ("step", "route"),
    [
        ("balance", "/wallets"),
        ("list", "/withdrawals"),
        ("no such page", None),
        ("statement", "/wallets/statement"),
    ],
)
def test_a_line_tells_the_route_and_no_part_of_the_path(
    in_production: Journey, step: str, route: str | None
) -> None:
    (line,) = in_production.lines(requestId=in_production.answers[step][1])

    assert (line["route"], line["status"]) == (route, in_production.answers[step][0])


def test_the_client_is_the_one_that_the_trusted_proxy_names(in_production: Journey) -> None:
    event, request = in_production.lines(requestId="trace-of-the-journey")

    assert (event["event"], event["client"]) == ("registered", "192.0.2.7")
    assert (request["event"], request["client"]) == ("request", "192.0.2.7")


def test_a_session_that_was_stolen_is_in_the_log(in_production: Journey) -> None:
    status, request_id = in_production.answers["reuse"]

    told, request = in_production.lines(requestId=request_id)

    assert (status, request["code"]) == (401, "unauthenticated")
    assert (told["event"], told["level"]) == ("session_revoked", "warning")
    assert told["userId"] == in_production.user_id
    assert in_production.answers["a defect in refreshing"][0] == 500
    assert len(in_production.tokens) == 6


def test_a_defect_is_in_the_log_under_its_request_id_with_its_traceback(
    in_production: Journey,
) -> None:
    status, request_id = in_production.answers["a defect"]

    told, request = in_production.lines(requestId=request_id)

    assert status == 500
    assert (told["level"], told["userId"]) == ("error", in_production.user_id)
    assert told["message"] == "POST /withdrawals failed"
    assert 'wsgi.py", line' in told["exception"]
    assert "ValueError: " in told["exception"]
    assert "[destination] [idempotencyKey] z***@example.com" in told["exception"]
    assert (request["event"], request["level"], request["status"]) == ("failed", "error", 500)


@pytest.mark.parametrize(
    ("step", "told"),
    [
        ("register again", "pymongo.errors.DuplicateKeyError: code 11000, index of email"),
        ("a defect in bulk", "pymongo.errors.BulkWriteError: code 11000, index of _id"),
    ],
)
def test_an_error_of_the_database_is_told_without_what_it_quotes(
    in_production: Journey, step: str, told: str
) -> None:
    status, request_id = in_production.answers[step]

    line, _ = in_production.lines(requestId=request_id)

    assert status == 500
    assert told in line["exception"]


def test_a_defect_is_readable_in_development(in_development: Journey) -> None:
    request_id = in_development.answers["a defect"][1]

    lines = in_development.log.splitlines()
    (start,) = (
        n for n, line in enumerate(lines) if "withdrawals failed (" in line and request_id in line
    )

    assert "POST /withdrawals failed" in lines[start]
    assert lines[start + 1] == f"{CONTINUED}Traceback (most recent call last):"


EVENTS = {
    "registered": "register",
    "logged_in": "log in",
    "login_failed": "wrong password",
    "locked_out": "guess too often",
    "refused": "withdraw too much",
}


@pytest.mark.parametrize("event", EVENTS)
def test_an_event_has_a_line_with_its_request_id(in_production: Journey, event: str) -> None:
    request_id = in_production.answers[EVENTS[event]][1]

    assert len(in_production.lines(event=event, requestId=request_id)) == 1


def test_a_failed_login_tells_no_more_of_the_email_than_its_first_letter_and_domain(
    in_production: Journey,
) -> None:
    for line in in_production.lines(event="login_failed") + in_production.lines(event="locked_out"):
        assert line["email"] == "z***@example.com"


@pytest.mark.parametrize(
    ("step", "code"),
    [
        ("withdraw too much", "insufficient_funds"),
        ("reuse the key", "idempotency_key_reused"),
        ("bad query", "validation_failed"),
        ("no such page", "not_found"),
        ("guess too often", "too_many_tries"),
    ],
)
def test_a_refusal_tells_its_code(in_production: Journey, step: str, code: str) -> None:
    (line,) = in_production.lines(event="refused", requestId=in_production.answers[step][1])

    assert line["code"] == code


def test_what_is_no_request_is_refused_in_the_log_too(in_production: Journey) -> None:
    told = in_production.lines(logger="gunicorn.error", event="refused")

    assert [line["client"] for line in told] == ["127.0.0.1"] * 4
    assert len({line["requestId"] for line in told}) == 4


@pytest.mark.parametrize("event", ["deactivated", "activated", "erased"])
def test_the_operators_commands_are_in_the_log(in_production: Journey, event: str) -> None:
    told = in_production.lines(event=event)

    assert {line["userId"] for line in told} == {in_production.user_id}


def test_a_movement_that_cannot_be_copied_is_told_with_its_wallet(in_production: Journey) -> None:
    told = [
        line
        for line in in_production.lines(logger="wallet_api.movements.relay.together")
        if in_production.user_id in line["message"]
    ]

    assert told
    assert "Traceback" in told[0]["exception"]


def test_start_and_stop_are_in_the_log(in_production: Journey) -> None:
    assert len(in_production.lines(event="started")) == 1
    assert len(in_production.lines(event="stopped")) == 1
    boots = [line for line in in_production.lines() if "Booting worker" in line.get("message", "")]
    assert len(boots) == 2


def test_without_lines_of_requests_refused_and_failed_ones_have_theirs(
    in_development: Journey,
) -> None:
    def has_a_line(step: str) -> bool:
        return f"requestId={in_development.answers[step][1]} " in in_development.log

    assert not has_a_line("withdraw")
    assert not has_a_line("balance")
    assert has_a_line("withdraw too much")
    assert has_a_line("a defect")
    assert has_a_line("no such page")
