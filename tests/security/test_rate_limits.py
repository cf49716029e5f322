"""What a client is told of its rate limit, to the number, and which requests count."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.mutants import Mutant, rate_limits
from tests.support.back_ends import back_end
from tests.support.commands import recorder
from tests.support.people import Person
from tests.support.rate_limits import Told, set_limits, told
from wallet_api import clock
from wallet_api.server.response import NUMBERS
from wallet_api.users import passwords
from wallet_api.web.headers import RATE_LIMIT_HEADERS

pytestmark = pytest.mark.in_process("holds the clock and the limits of its process")

NOON = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)

Mutate = Callable[[Mutant], None]


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def forward(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch, alice: Person, bob: Person) -> Clock:
    """A clock that stands at noon, when the tokens of these people are good."""
    held = Clock()
    monkeypatch.setattr(clock, "now", lambda: held.now)
    return held


@pytest.fixture
def ada(alice: Person, held: Clock) -> Person:
    return alice.logged_in_again


@pytest.fixture
def bea(bob: Person, held: Clock) -> Person:
    return bob.logged_in_again


def seen(answer: Any) -> Told:
    return told(answer.status_code, answer.headers)


def log_in(client: FlaskClient, address: str) -> Any:
    who = {"email": "nobody@example.com", "password": "a guess at it"}
    return client.post("/auth/login", json=who, environ_base={"REMOTE_ADDR": address})


def test_the_server_knows_the_headers_by_the_same_names() -> None:
    assert set(RATE_LIMIT_HEADERS) == NUMBERS


def test_no_limit_is_set_until_an_operator_sets_one(alice: Person) -> None:
    answers = [alice.get("/wallets") for _ in range(50)]

    assert {answer.status_code for answer in answers} == {200}
    assert not any("RateLimit-Limit" in answer.headers for answer in answers)


def test_each_answer_counts_down_and_says_when_the_window_ends(
    ada: Person, held: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_limits(monkeypatch, user="3/minute")
    held.forward(17.25)

    answers = [ada.get("/wallets") for _ in range(4)]

    assert [seen(answer) for answer in answers] == [
        (200, 3, 2, 43),
        (200, 3, 1, 43),
        (200, 3, 0, 43),
        (429, 3, 0, 43),
    ]
    assert answers[3].headers["Retry-After"] == "43"
    assert answers[3].content_type == "application/problem+json"
    assert answers[3].get_json()["code"] == "rate_limited"


def test_after_as_many_seconds_as_were_said_all_requests_are_there_again(
    ada: Person, held: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_limits(monkeypatch, user="2/minute")
    held.forward(0.5)
    refused = [ada.get("/wallets") for _ in range(5)][-1]

    held.forward(59.499)
    too_soon = seen(ada.get("/wallets"))
    held.forward(int(refused.headers["Retry-After"]) - 59.499)
    in_time = seen(ada.get("/wallets"))

    assert seen(refused) == (429, 2, 0, 60)
    assert too_soon == (429, 2, 0, 1)
    assert in_time == (200, 2, 1, 60)


def test_a_clock_that_is_set_back_shuts_nobody_out_for_longer_than_a_window(
    ada: Person, held: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_limits(monkeypatch, user="1/second")
    assert [ada.get("/wallets").status_code for _ in range(2)] == [200, 429]

    held.forward(-2)

    assert ada.get("/wallets").status_code == 200


def test_each_user_has_a_limit_of_his_or_her_own(
    ada: Person, bea: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_limits(monkeypatch, user="2/minute")
    for _ in range(3):
        ada.get("/wallets")

    assert seen(bea.get("/wallets"))[:3] == (200, 2, 1)


def test_a_back_end_and_its_user_do_not_shut_each_other_out(
    ada: Person, bea: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_limits(monkeypatch, user="2/minute")
    shop, other_shop = back_end(ada.client), back_end(ada.client)

    assert [shop.get("/wallets", ada.id).status_code for _ in range(3)] == [200, 200, 429]

    assert ada.get("/wallets").status_code == 200
    assert shop.get("/wallets", bea.id).status_code == 200
    assert other_shop.get("/wallets", ada.id).status_code == 200


def test_a_replay_and_a_refusal_count_like_every_request(
    ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_limits(monkeypatch, user="5/minute")

    answers = [
        ada.deposits(10, "once"),
        ada.deposits(10, "once"),
        ada.withdraws(1000),
        ada.post("/wallets/deposit", {"amount": -1}),
        ada.post("/wallets/deposit", {"amount": 1}, "two\x7f"),
        ada.deposits(10, "once"),
    ]

    assert [seen(answer)[::2] for answer in answers] == [
        (200, 4),
        (200, 3),
        (400, 2),
        (400, 1),
        (400, 0),
        (429, 0),
    ]
    assert answers[1].headers["Idempotent-Replayed"] == "true"


def test_a_key_that_was_refused_by_the_limit_is_not_used(
    ada: Person, held: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_limits(monkeypatch, user="1/minute")
    ada.deposits(10)
    refused = ada.deposits(20, "later")
    held.forward(60)

    answer = ada.deposits(30, "later")

    assert refused.status_code == 429
    assert answer.status_code == 200
    assert answer.get_json()["balanceCents"] == 4000


class Unreadable:
    """A body that nobody may read."""

    def read(self, size: int = -1) -> bytes:
        raise AssertionError("the body was read")


def test_a_refused_request_has_no_body_read_and_no_round_trip(
    ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_limits(monkeypatch, user="1/minute")
    ada.deposits(1)

    with recorder.recording() as commands:
        answer = ada.client.post(
            "/withdrawals",
            content_type="application/json",
            headers=ada.headers(),
            environ_overrides={"wsgi.input": Unreadable(), "CONTENT_LENGTH": "70"},
        )

    assert answer.status_code == 429
    assert commands == []


def test_a_refused_login_has_no_password_hashed_and_is_no_guess(
    client: FlaskClient, held: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_refused_login_costs_nothing(client, monkeypatch)


def test_a_login_that_is_refused_after_the_work_is_found(
    client: FlaskClient, held: Clock, monkeypatch: pytest.MonkeyPatch, mutate: Mutate
) -> None:
    mutate(rate_limits.counted_after_the_work)

    with pytest.raises(AssertionError, match="hashed"):
        a_refused_login_costs_nothing(client, monkeypatch)


def a_refused_login_costs_nothing(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    set_limits(monkeypatch, address="2/minute")
    hashed: list[str] = []
    monkeypatch.setattr(passwords, "matches_nobody", hashed.append)

    answers = [log_in(client, "192.0.2.1") for _ in range(2)]
    with recorder.recording() as commands:
        refused = log_in(client, "192.0.2.1")

    assert [answer.status_code for answer in answers] == [401, 401]
    assert len(hashed) == 2, "a third password was hashed"
    assert (refused.status_code, refused.get_json()["code"]) == (429, "rate_limited")
    assert commands == []


def test_the_limit_on_guesses_holds_below_the_rate_limit(
    client: FlaskClient, held: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_limits(monkeypatch, address="100/minute")

    codes = [log_in(client, "192.0.2.1").get_json()["code"] for _ in range(11)]

    assert codes == ["invalid_credentials"] * 10 + ["too_many_tries"]


def test_a_user_has_requests_left_where_the_address_has_none(
    ada: Person, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_limits(monkeypatch, user="9/minute", address="1/minute")
    assert [client.get("/wallets").status_code for _ in range(2)] == [401, 429]

    assert ada.get("/wallets").status_code == 200


@pytest.mark.parametrize("authorization", ["", "Bearer x.y.z", f"Bearer wk_{'0' * 72}"])
def test_a_bad_token_counts_for_its_address(
    ada: Person, client: FlaskClient, monkeypatch: pytest.MonkeyPatch, authorization: str
) -> None:
    set_limits(monkeypatch, user="9/minute", address="2/minute")

    answers = [client.get("/wallets", headers={"Authorization": authorization}) for _ in range(3)]

    assert [seen(answer)[:3] for answer in answers] == [(401, 2, 1), (401, 2, 0), (429, 2, 0)]


def test_a_mutant_that_counts_before_it_verifies_is_found(
    ada: Person, client: FlaskClient, monkeypatch: pytest.MonkeyPatch, mutate: Mutate
) -> None:
    """A stranger who knows a user's id uses up the user's requests."""
    mutate(rate_limits.counted_before_it_is_verified)
    set_limits(monkeypatch, user="2/minute", address="9/minute")
    head, claims, _ = ada.token.split(".")
    for _ in range(2):
        client.get("/wallets", headers={"Authorization": f"Bearer {head}.{claims}.{'A' * 43}"})

    assert ada.get("/wallets").status_code == 429
