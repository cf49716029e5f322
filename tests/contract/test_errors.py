"""Every error in one shape, RFC 9457 with the original's `message`, and nothing of the inside."""

import logging
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from mongoengine.errors import OperationError
from pymongo import errors as mongo
from pymongo.collection import Collection
from werkzeug.test import TestResponse

from tests.support.people import Person
from wallet_api import errors
from wallet_api.config import settings
from wallet_api.wallets import service as wallets
from wallet_api.web import problems

ALWAYS = ("type", "title", "status", "detail", "instance", "message", "code", "requestId")


def problem(answer: TestResponse) -> dict[str, Any]:
    """The body, once it has the one shape."""
    body = answer.get_json(force=True)
    assert answer.content_type == "application/problem+json"
    assert [name for name in ALWAYS if name not in body] == []
    assert body["status"] == answer.status_code
    assert body["type"].endswith(f"#{body['code']}")
    assert body["code"] == body["code"].lower().replace(" ", "_")
    assert body["message"] == body["title"]
    assert body["requestId"] == answer.headers["X-Request-Id"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    return body


Ask = Callable[[FlaskClient, Person], TestResponse]

EVERY_STATUS: dict[str, tuple[int, Ask]] = {
    "malformed_json": (400, lambda c, p: p.send("/withdrawals", b"{")),
    "validation_failed": (400, lambda c, p: p.deposits(-1)),
    "insufficient_funds": (400, lambda c, p: p.withdraws(10**6)),
    "currency_mismatch": (400, lambda c, p: p.deposits(1, currency="USD")),
    "invalid_idempotency_key": (400, lambda c, p: p.deposits(1, "k" * 256)),
    "unauthenticated": (401, lambda c, p: c.get("/wallets")),
    "not_found": (404, lambda c, p: c.get("/nowhere")),
    "method_not_allowed": (405, lambda c, p: c.delete("/wallets")),
    "request_entity_too_large": (413, lambda c, p: p.send("/withdrawals", b" " * 70_000)),
    "unsupported_media_type": (415, lambda c, p: p.send("/withdrawals", b"{}", "text/plain")),
}


@pytest.mark.parametrize("code", EVERY_STATUS)
def test_every_error_has_the_one_shape(client: FlaskClient, alice: Person, code: str) -> None:
    status, ask = EVERY_STATUS[code]

    answer = ask(client, alice)

    body = problem(answer)
    assert (answer.status_code, body["code"]) == (status, code)


def test_a_reused_key_has_the_one_shape_too(alice: Person) -> None:
    alice.deposits(1, "k")

    answer = alice.deposits(2, "k")

    assert (answer.status_code, problem(answer)["code"]) == (422, "idempotency_key_reused")


def test_an_email_that_is_taken_has_the_one_shape_too(client: FlaskClient, alice: Person) -> None:
    body = {
        "firstName": "A",
        "lastName": "B",
        "email": "alice@example.com",
        "password": "correct horse battery staple",
    }

    answer = client.post("/auth/register", json=body)

    assert (answer.status_code, problem(answer)["code"]) == (409, "email_taken")


@pytest.mark.parametrize(
    ("path", "method", "allowed"),
    [
        ("/withdrawals", "PUT", {"GET", "HEAD", "OPTIONS", "POST"}),
        ("/wallets/deposit", "GET", {"OPTIONS", "POST"}),
        ("/withdrawals/abc", "DELETE", {"GET", "HEAD", "OPTIONS"}),
    ],
)
def test_405_says_what_is_allowed(
    client: FlaskClient, path: str, method: str, allowed: set[str]
) -> None:
    answer = client.open(path, method=method)

    assert problem(answer)["code"] == "method_not_allowed"
    assert set(answer.headers["Allow"].split(", ")) == allowed


def test_a_given_request_id_is_taken_over(client: FlaskClient) -> None:
    answer = client.get("/nowhere", headers={"X-Request-Id": "trace-7:a.b"})

    assert problem(answer)["requestId"] == "trace-7:a.b"


@pytest.mark.parametrize("given", ["a b", "x" * 65, "<script>", "", "é"])
def test_a_request_id_that_is_none_is_replaced(client: FlaskClient, given: str) -> None:
    answer = client.get("/nowhere", headers={"X-Request-Id": given})

    assert problem(answer)["requestId"] != given


@pytest.mark.parametrize("path", ["/no%20such", "/%E2%82%AC", "/%22%3E%3Cb%3E", "/a%0Ab", "/50%25"])
def test_the_instance_is_the_path_as_a_uri_has_it(client: FlaskClient, path: str) -> None:
    """RFC 9457, section 3.1.5: `instance` is a URI reference, which has no blank and no quote."""
    assert problem(client.get(path))["instance"] == path


def test_request_ids_differ(client: FlaskClient) -> None:
    assert len({client.get("/healthz").headers["X-Request-Id"] for _ in range(20)}) == 20


UNKNOWN_OUTCOMES = [
    mongo.AutoReconnect("connection closed to mongo-7.internal:27017"),
    mongo.NetworkTimeout("mongo-7.internal:27017: timed out"),
    mongo.ServerSelectionTimeoutError("mongo-7.internal:27017: refused"),
    mongo.NotPrimaryError("not primary", {"code": 10107}),
    mongo.WaitQueueTimeoutError("timed out"),
    mongo.WTimeoutError("waiting for replication timed out", 64),
    mongo.OperationFailure("interrupted at shutdown", 11600),
    mongo.ExecutionTimeout("operation exceeded time limit", 50),
    mongo.WriteConcernError("not durable in time"),
]


@pytest.mark.in_process("the database is made to fail in the process of the test")
@pytest.mark.parametrize("failure", UNKNOWN_OUTCOMES, ids=lambda failure: type(failure).__name__)
def test_an_unreachable_database_is_503_and_says_to_retry_with_the_same_key(
    alice: Person, monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    monkeypatch.setattr(wallets, "deposit", raising(failure))

    answer = alice.deposits(1)

    body = problem(answer)
    assert (answer.status_code, body["code"]) == (503, "unavailable")
    assert "Idempotency-Key" in body["detail"]
    assert int(answer.headers["Retry-After"]) >= 1
    assert "mongo-7" not in answer.get_data(as_text=True)


@pytest.mark.in_process("the database is made to fail in the process of the test")
def test_a_document_operation_that_failed_for_that_reason_is_503_too(
    alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    failure = OperationError("Could not save document")
    failure.__cause__ = mongo.OperationFailure("not primary", 10107)
    monkeypatch.setattr(wallets, "deposit", raising(failure))

    assert alice.deposits(1).status_code == 503


@pytest.mark.in_process("the database is made to fail in the process of the test")
def test_a_disk_without_room_for_copies_is_503_too(
    alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = {"index": 0, "code": 14031, "errmsg": "No space left on device"}
    failure = mongo.BulkWriteError({"writeErrors": [full], "writeConcernErrors": []})
    alice.deposits(1)
    monkeypatch.setattr(Collection, "insert_many", raising(failure))

    assert alice.get("/wallets/transactions").status_code == 503


@pytest.mark.in_process("a defect is put into the process of the test")
@pytest.mark.parametrize(
    "failure",
    [
        ZeroDivisionError("secret"),
        mongo.OperationFailure("secret: bad $inc", 2),
        KeyError("secret"),
    ],
)
def test_a_bug_is_500_tells_nothing_and_is_logged(
    alice: Person,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    failure: Exception,
) -> None:
    monkeypatch.setattr(wallets, "deposit", raising(failure))

    with caplog.at_level(logging.ERROR):
        answer = alice.deposits(1)

    assert (answer.status_code, problem(answer)["code"]) == (500, "internal_error")
    assert "secret" not in answer.get_data(as_text=True)
    assert caplog.records[-1].exc_info is not None


@pytest.mark.in_process("the service is made to refuse in the process of the test")
def test_too_many_tries_say_when_to_come_again(
    alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wallets, "deposit", raising(errors.TooManyTries(30)))

    answer = alice.deposits(1)

    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "30")
    assert problem(answer)["code"] == "too_many_tries"


def test_every_refusal_of_the_domain_has_a_status(app: Flask) -> None:
    def kinds(of: type) -> list[type]:
        return [kind for child in of.__subclasses__() for kind in (child, *kinds(child))]

    without = [
        kind.__name__
        for kind in kinds(errors.Refusal)
        if not any(base in problems.STATUS for base in kind.__mro__)
    ]

    assert without == []


@pytest.mark.in_process("a setting changes in the process of the test")
@pytest.mark.parametrize(
    ("public_url", "root"),
    [
        ("", ""),
        ("/api/wallet", "/api/wallet"),
        ("/api/wallet/", "/api/wallet"),
        ("https://example.com/api/wallet", "https://example.com/api/wallet"),
        ("https://example.com", "https://example.com"),
    ],
)
def test_the_links_of_a_problem_begin_where_clients_reach_the_service(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, public_url: str, root: str
) -> None:
    monkeypatch.setenv("PUBLIC_URL", public_url)
    settings.cache_clear()

    body = client.get("/nowhere").get_json()

    assert (body["type"], body["instance"]) == (f"{root}/docs/errors#not_found", f"{root}/nowhere")


def raising(failure: Exception) -> Callable[..., Any]:
    def deposit(*_: Any, **__: Any) -> Any:
        raise failure

    return deposit
