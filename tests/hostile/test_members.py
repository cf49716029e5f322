"""Members, queries and keys that try to be more than they are."""

import json
from typing import Any

import pytest

from tests.hostile.conftest import PASSWORD, Account

REGISTRATION = {
    "firstName": "A",
    "lastName": "Person",
    "email": "mallory@example.com",
    "password": PASSWORD,
}
DEPOSIT = {"amount": 1}
WITHDRAWAL = {"amount": 1, "destination": "bank-1"}
LOGIN = {"email": "mallory@example.com", "password": PASSWORD}
TAKEN: dict[str, dict[str, Any]] = {
    "/auth/register": REGISTRATION,
    "/auth/login": LOGIN,
    "/auth/refresh": {"refreshToken": "wr_" + "a" * 64},
    "/auth/password": {"password": "not the password", "newPassword": "tidal-lantern-42-moss"},
    "/auth/password/forgot": {"email": "mallory@example.com"},
    "/auth/password/reset": {
        "email": "mallory@example.com",
        "code": "AAAA-AAAA-AAAA-AAAA-AAAA-AAAA",
        "newPassword": "tidal-lantern-42-moss",
    },
    "/auth/email/proof": {"code": "AAAA-AAAA-AAAA-AAAA-AAAA-AAAA"},
    "/wallets/deposit": DEPOSIT,
    "/withdrawals": WITHDRAWAL,
}
MEMBERS = [(path, name) for path, body in TAKEN.items() for name in (*body, "currency")]
QUERIES = {
    "/withdrawals": ("status", "idempotencyKey", "from", "to", "limit", "cursor"),
    "/wallets/transactions": ("from", "to", "limit", "cursor"),
    "/wallets/statement": ("from", "to"),
    "/wallets/balance": ("at",),
}
OPERATORS: tuple[Any, ...] = (
    *({"$gt": ""}, {"$ne": None}, {"$exists": True}, {"$regex": ".*"}, {"$in": [1, "a"]}),
    *({"$where": "sleep(5000) || true"}, {"$expr": {"$eq": [1, 1]}}, {"$literal": 1}),
    *([{"$gt": ""}], {"": ""}, {"a.b": 1}, {"__class__": "x"}, {"$numberDecimal": "1"}),
    *([], {}, None, True, [[[]]], "$where", "\x00", "\ud800"),
)
UNKNOWN = (
    *("balanceCents", "balance_cents", "isActive", "is_active", "status", "user", "userId", "_id"),
    *("id", "__proto__", "constructor", "prototype", "__class__", "_cls", "outbox", "sequence"),
    *("createdAt", "idempotencyKey", "role", "isAdmin", "passwordHash", "emailProved", "$set"),
    *("$where", "amount.x", "$inc", "a.$[].b", "", " amount", "amount ", "AMOUNT", "amount\x00"),
    *("\ud800", "amount\udfff"),
)


def problem(answer: Any, status: int, code: str) -> dict[str, Any]:
    body = json.loads(answer.body)
    assert (answer.status, body.get("code")) == (status, code), answer
    return body


@pytest.mark.parametrize("path", TAKEN)
def test_a_member_that_nobody_asked_for_is_refused_by_name(account: Account, path: str) -> None:
    for name in UNKNOWN:
        for value in (1, True, {"$gt": ""}):
            answer = account.call("POST", path, TAKEN[path] | {name: value})

            found = problem(answer, 400, "validation_failed")
            assert [error["detail"] for error in found["errors"]] == ["Unknown member."], name
    account.assert_nothing_moved()


@pytest.mark.parametrize(("path", "name"), MEMBERS)
def test_an_operator_is_no_value_of_any_member(account: Account, path: str, name: str) -> None:
    for operator in OPERATORS:
        if operator == "$where" and name in ("firstName", "lastName", "destination", "password"):
            continue  # a text like another

        answer = account.call("POST", path, TAKEN[path] | {name: operator})

        assert 400 <= answer.status < 500, (operator, answer)
    account.assert_nothing_moved()


@pytest.mark.parametrize("path", TAKEN)
def test_an_operator_is_no_body(account: Account, path: str) -> None:
    for body in (*OPERATORS, 1, -0.0, "amount", [TAKEN[path]], [[TAKEN[path]]]):
        answer = account.call("POST", path, json.dumps(body).encode())

        assert answer.status == 400, (body, answer)
    account.assert_nothing_moved()


QUERY_VALUES = (
    *("%7B%22%24gt%22%3A%22%22%7D", "%24ne", "true", "null", "", "%00", "%ff", "%ED%A0%80", "-1"),
    *("1e9", "0x1", "%D9%A1", "NaN", "9" * 400, "a" * 2_000, "2026-02-30T00:00:00Z", "W10"),
    *("bnVsbA", "W1siYSIsMV0se31d", "W1sxLHsiJGd0IjoiIn1dLHt9XQ", "W1sxZTQwMCwiYSJdLHt9XQ"),
    *("0001-01-01T00:00:00%2B23:59", "9999-12-31T23:59:59-23:59", "W1tOYU4sImEiXSx7fV0"),
    *("W1sxLCJhIl0seyIkd2hlcmUiOiIxIn1d", "W1sxLCJhIl0seyJ1c2VyIjoiYSJ9XQ", "%F0%9F%92%A9"),
)


@pytest.mark.parametrize("path", QUERIES)
def test_no_value_in_a_query_breaks_anything(account: Account, path: str) -> None:
    for name in QUERIES[path]:
        for value in QUERY_VALUES:
            answer = account.call("GET", f"{path}?{name}={value}")

            assert answer.status in (200, 400), (name, value, answer)


@pytest.mark.parametrize(
    "query",
    [
        *("{}[$gt]=", "{}[$ne]=1", "{}[]=1", "{}.x=1", "{}%00=1", "$where=1", "user=1", "{}[0]=1"),
        *("__proto__[x]=1", "{0}=1&{0}=1", "{0}=1&{0}=2", "{0}=1&%00=1", "{}+=1", "=1", "_id=1"),
    ],
)
def test_a_query_has_each_known_member_once_and_no_other(account: Account, query: str) -> None:
    for path, names in QUERIES.items():
        for name in names:
            answer = account.call("GET", f"{path}?{query.format(name)}")

            problem(answer, 400, "validation_failed")


def test_a_withdrawal_of_another_is_not_found(account: Account, other: Account) -> None:
    theirs = json.loads(other.call("POST", "/withdrawals", WITHDRAWAL, "Idempotency-Key: k").body)

    shown = account.call("GET", f"/withdrawals/{theirs['id']}")
    never = account.call("GET", f"/withdrawals/{'f' * 24}")
    listed = account.call("GET", "/withdrawals?idempotencyKey=k")

    assert shown.status == never.status == 404
    for member in ("code", "detail", "message"):
        assert json.loads(shown.body)[member] == json.loads(never.body)[member]
    assert json.loads(listed.body)["data"] == []


def test_a_cursor_of_another_shows_nothing_of_theirs(account: Account, other: Account) -> None:
    for _ in range(2):
        other.call("POST", "/withdrawals", WITHDRAWAL)
    theirs = json.loads(other.call("GET", "/withdrawals?limit=1").body)

    answer = account.call("GET", f"/withdrawals?cursor={theirs['nextCursor']}")

    assert answer.status == 200
    assert json.loads(answer.body)["data"] == []


def test_a_key_of_another_is_a_key_like_any(account: Account, other: Account) -> None:
    other.call("POST", "/wallets/deposit", {"amount": 5}, "Idempotency-Key: shared")

    answer = account.call("POST", "/wallets/deposit", {"amount": 7}, "Idempotency-Key: shared")

    assert answer.status == 200
    assert "idempotent-replayed" not in answer.headers
    assert account.balance_cents() == account.FUNDED_CENTS + 700


NO_IDS = (
    *("1", "f" * 23, "f" * 25, "g" * 24, "%24gt", "null", "undefined", "F" * 24, "f" * 3_000),
    *("[object%20Object]", "%7B%22%24gt%22%3A%22%22%7D", "%00" * 24, "*", "%EF%BC%91" * 24),
    *("a" * 12, "..", "-1", "0" * 24, "%0a" + "f" * 24, "f" * 24 + "%0a"),
)


def test_what_is_no_id_is_not_found(account: Account) -> None:
    for id_ in NO_IDS:
        answer = account.call("GET", f"/withdrawals/{id_}")

        problem(answer, 404, "not_found")


ODD_KEYS = (
    *("$where", "a.b", "{}", '{"$gt":""}', "__proto__", "..", "%00", "a b", "a\\b", "~" * 255, "0"),
    *(
        '"',
        '""x',
        "'",
        "<script>",
        "deposit:k",
        "withdrawal:k",
        "null",
        "k;q=1",
        '"k, k"',
        "$",
        ".",
    ),
)


def test_an_odd_key_is_a_key_like_any(account: Account) -> None:
    for key in ODD_KEYS:
        header = f"Idempotency-Key: {key}"

        first = account.call("POST", "/wallets/deposit", DEPOSIT, header)
        again = account.call("POST", "/wallets/deposit", DEPOSIT, header)
        paid = account.call("POST", "/withdrawals", WITHDRAWAL, header)

        assert (first.status, again.status, paid.status) == (200, 200, 201), key
        assert again.headers["idempotent-replayed"] == "true"
        assert "idempotent-replayed" not in first.headers.keys() | paid.headers.keys()
        assert json.loads(again.body) == json.loads(first.body)
    account.assert_nothing_moved()


def test_what_is_no_key_is_refused(account: Account) -> None:
    for key in ("", '""', "k" * 256, "\xe4", "k\x7f", "k\tk", "\x01", " ", "k,k"):
        answer = account.call("POST", "/wallets/deposit", DEPOSIT, f"Idempotency-Key: {key}")

        assert answer.status == 400, key
    account.assert_nothing_moved()
