"""What is measured: the requests of each case, and the money that each answer must have moved."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.people import Person
from benchmarks.wrk import FRESH_KEY, request

REPLAYED_KEY = "said-once-already"
HISTORY = 100
"""Movements that a reader's wallet has had: five pages of a list."""


@dataclass(frozen=True, slots=True)
class People:
    """Apart, so that what one case does to a wallet never changes another case."""

    many: Sequence[Person]
    readers: Sequence[Person]
    """With HISTORY movements, and no more to come."""
    hot: Sequence[Person]
    """One for each round: a wallet that has had many keys is another matter (benchmarks.scale)."""


@dataclass(frozen=True, slots=True)
class Case:
    name: str
    what: str
    requests: Callable[[People, int], list[str]]
    """For these people, in this round."""
    cents: int = 0
    """Minor units that one answer moves, signed."""
    has_limit: bool = True
    """Whether benchmarks.limit knows the same operations."""


def _withdrawal(person: Person, key: str) -> str:
    body: dict[str, object] = {"amount": 1, "currency": "INR", "destination": "bank-account-0001"}
    return request("POST", "/withdrawals", token=person.token, body=body, key=key)


def _deposit(person: Person) -> str:
    body: dict[str, object] = {"amount": 1, "currency": "INR"}
    return request("POST", "/wallets/deposit", token=person.token, body=body)


def _login(person: Person) -> str:
    body: dict[str, object] = {"email": person.email, "password": person.password}
    return request("POST", "/auth/login", body=body)


def _get(path: str, people: Sequence[Person]) -> list[str]:
    return [request("GET", path, token=person.token) for person in people]


CASES = (
    Case(
        "withdraw",
        "a new key each, 64 wallets",
        lambda people, _: [_withdrawal(person, FRESH_KEY) for person in people.many],
        cents=-100,
    ),
    Case(
        "hot",
        "a new key each, one wallet",
        lambda people, turn: [_withdrawal(people.hot[turn % len(people.hot)], FRESH_KEY)],
        cents=-100,
    ),
    Case(
        "replay",
        "the same key again, 64 wallets",
        lambda people, _: [_withdrawal(person, REPLAYED_KEY) for person in people.many],
    ),
    Case("balance", "GET /wallets", lambda people, _: _get("/wallets", people.many)),
    Case(
        "deposit",
        "without a key, 64 wallets",
        lambda people, _: [_deposit(person) for person in people.many],
        cents=100,
    ),
    Case(
        "list",
        "GET /withdrawals?limit=20",
        lambda people, _: _get("/withdrawals?limit=20", people.readers),
    ),
    Case(
        "statement",
        f"GET /wallets/statement, {HISTORY + 1} entries",
        lambda people, _: _get("/wallets/statement", people.readers),
        has_limit=False,
    ),
    Case(
        "login",
        "POST /auth/login (argon2id)",
        lambda people, _: [_login(person) for person in people.readers],
        has_limit=False,
    ),
)

NOOP = Case("no-op", "a Flask route that does nothing", lambda *_: [request("GET", "/noop")])
