"""How a body may travel: as JSON, in the clear, and of a bounded length, chunked or not."""

import io
import json
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.support.people import Person
from wallet_api.web.json_body import MAX_BODY_BYTES


def told(answer: TestResponse) -> tuple[int, str]:
    return answer.status_code, answer.get_json()["code"]


@pytest.fixture
def rich(alice: Person) -> Person:
    assert alice.deposits(1000).status_code == 200
    return alice


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json; charset=utf-16",
        "application/jsonp",
        "application/problem+json",
        "",
    ],
)
def test_another_media_type_is_415(rich: Person, content_type: str) -> None:
    answer = rich.send("/wallets/deposit", b'{"amount": 1}', content_type)

    assert told(answer) == (415, "unsupported_media_type")
    assert rich.balance() == 100_000


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "application/json; charset=utf-8", "Application/JSON;charset=UTF-8"],
)
def test_the_forms_of_json_media_types_are_taken(rich: Person, content_type: str) -> None:
    assert rich.send("/wallets/deposit", b'{"amount": 1}', content_type).status_code == 200


@pytest.mark.in_process("the test says what gunicorn would; tests/hostile sends it")
def test_two_media_types_are_415_whatever_they_are(rich: Person) -> None:
    told_by_the_server = {"wallet_api.repeated_headers": ("content-type",)}

    answer = rich.client.post(
        "/wallets/deposit",
        data=b'{"amount": 1}',
        headers=rich.headers() | {"Content-Type": "application/json"},
        environ_overrides=told_by_the_server,
    )

    assert told(answer) == (415, "unsupported_media_type")


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate", "gzip, identity"])
def test_a_content_encoded_body_is_415(rich: Person, encoding: str) -> None:
    headers = rich.headers() | {"Content-Encoding": encoding}

    answer = rich.client.post("/wallets/deposit", json={"amount": 1}, headers=headers)

    assert told(answer) == (415, "unsupported_media_type")


def padded_to(length: int) -> bytes:
    body = json.dumps({"amount": 1}).encode()
    return body + b" " * (length - len(body))


def test_a_body_of_the_greatest_length_is_read(rich: Person) -> None:
    assert rich.send("/wallets/deposit", padded_to(MAX_BODY_BYTES)).status_code == 200


def test_a_longer_body_is_413(rich: Person) -> None:
    answer = rich.send("/wallets/deposit", padded_to(MAX_BODY_BYTES + 1))

    assert told(answer) == (413, "request_entity_too_large")
    assert rich.balance() == 100_000


def chunked(person: Person, body: bytes) -> TestResponse:
    environ: dict[str, Any] = {
        "wsgi.input": io.BytesIO(body),
        "wsgi.input_terminated": True,
        "CONTENT_LENGTH": "",
    }
    headers = person.headers() | {
        "Content-Type": "application/json",
        "Transfer-Encoding": "chunked",
    }
    return person.client.post("/wallets/deposit", headers=headers, environ_overrides=environ)


def test_a_chunked_body_is_read_whole(rich: Person) -> None:
    answer = chunked(rich, padded_to(MAX_BODY_BYTES))

    assert (answer.status_code, answer.get_json()["amountCents"]) == (200, 100)


def test_a_longer_chunked_body_is_413_though_its_beginning_is_valid(rich: Person) -> None:
    answer = chunked(rich, padded_to(MAX_BODY_BYTES + 1))

    assert told(answer) == (413, "request_entity_too_large")
    assert rich.balance() == 100_000


@pytest.mark.parametrize("send", [Person.send, lambda person, _, body: chunked(person, body)])
def test_a_request_after_one_that_was_too_large_is_served(rich: Person, send: Any) -> None:
    """A proxy sends it on the connection that it believes to be kept open."""
    for _ in range(5):
        refused = send(rich, "/wallets/deposit", padded_to(MAX_BODY_BYTES + 1))
        answer = rich.deposits(1)

        assert (refused.status_code, answer.status_code) == (413, 200)
