"""Whatever is logged comes out as one line, without what nobody may read there."""

import json
import logging
import time
from collections.abc import Callable

import pytest
from bson import ObjectId
from hypothesis import given
from hypothesis import strategies as st
from mongoengine.errors import NotUniqueError
from pymongo import errors as mongo

from wallet_api.logs import masked_email
from wallet_api.logs.formatters import JsonFormatter, ReadableFormatter
from wallet_api.logs.redaction import escaped, redacted

SENT = [("destination", "GB29NWBK6016"), ("idempotencyKey", "invoice-1"), ("short", "a")]
FORMATTERS: list[Callable[..., logging.Formatter]] = [JsonFormatter, ReadableFormatter]


def line_of(
    kind: Callable[..., logging.Formatter],
    message: str,
    *arguments: object,
    error: BaseException | None = None,
    **extra: object,
) -> str:
    caught = None if error is None else (type(error), error, error.__traceback__)
    record = logging.LogRecord("test", logging.INFO, __file__, 1, message, arguments, caught)
    vars(record).update(extra)
    formatter = kind(lambda: {"requestId": "r-1"}, lambda: SENT)
    return formatter.format(record)


@pytest.mark.parametrize("kind", FORMATTERS)
@given(st.text(), st.text())
def test_any_text_is_one_line(
    kind: Callable[..., logging.Formatter], message: str, member: str
) -> None:
    line = line_of(kind, "%s", message, member=member)

    assert len(line.splitlines()) == 1
    assert line.isprintable()


@given(st.text())
def test_in_json_any_text_is_read_back(text: str) -> None:
    told = json.loads(line_of(JsonFormatter, "%s", text))

    assert told["message"] == redacted(text)
    assert told["requestId"] == "r-1"


@given(st.text())
def test_in_development_an_errors_text_makes_no_line(text: str) -> None:
    first, *others = line_of(ReadableFormatter, "it failed", error=ValueError(text)).split("\n")

    assert first.endswith("it failed (requestId=r-1)")
    assert len(others) == 1
    assert others[0].startswith("    ValueError")
    assert others[0].isprintable()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("login of ada@example.com", "login of a***@example.com"),
        ('login of "ada.l+x@mail.example.co.uk".', 'login of "a***@mail.example.co.uk".'),
        ("/users/ada%40example.com", "/users/a***@example.com"),
        ("Bearer abc.def.ghi", "Bearer [token]"),
        ("authorization: bearer x", "authorization: bearer [token]"),
        ("token eyJhbGciOi.eyJzdWIi.c2lnbmF0 expired", "token [token] expired"),
        ("hash $argon2id$v=19$m=8,t=1,p=1$c2Fs$aGFz", "hash [hash]"),
        ("hash $2b$12$abcdefgh", "hash [hash]"),
        ("mongodb://me:p@ss@db/x", "mongodb://[credentials]@db/x"),
        ("mongodb+srv://me:pass@db.example.net/x", "mongodb+srv://[credentials]@db.example.net/x"),
        ("GET /withdrawals?idempotencyKey=rent HTTP/1.1", "GET /withdrawals?... HTTP/1.1"),
        ('E11000 dup key: { email: "x" }', "E11000 dup key: {...}"),
        ("E11000, full error: {'keyValue': {'key': 'rent'}}", "E11000"),
        ("wallet 6b04 took 3 ms", "wallet 6b04 took 3 ms"),
    ],
)
def test_what_is_known_by_its_form_is_taken_out(text: str, told: str) -> None:
    assert redacted(text) == told


def test_a_long_text_is_searched_in_no_time() -> None:
    """A pattern that tries every start with every end would take hours for these."""
    began = time.thread_time()

    for unit in ("a", "a@", "/", "eyJ.", "mongodb://", "dup key: {"):
        redacted(unit * 1_000_000)

    assert time.thread_time() - began < 10


DUPLICATE = {
    "code": 11000,
    "keyPattern": {"user": 1, "idempotencyKey": 1},
    "keyValue": {"idempotencyKey": "rent-2026"},
    "errmsg": 'E11000 dup key: { idempotencyKey: "rent-2026" }',
    "op": {"destination": "DE89370400440532013000"},
}
QUOTING: dict[str, tuple[BaseException, str]] = {
    "a duplicate key": (
        mongo.DuplicateKeyError('dup key: { "rent-2026" }', 11000, DUPLICATE),
        "pymongo.errors.DuplicateKeyError: code 11000, index of user and idempotencyKey",
    ),
    "a bulk write": (
        mongo.BulkWriteError({"writeErrors": [DUPLICATE], "writeConcernErrors": []}),
        "pymongo.errors.BulkWriteError: code 11000, index of user and idempotencyKey",
    ),
    "a refused command": (
        mongo.OperationFailure("bad value: rent-2026", 2, {"errmsg": "rent-2026"}),
        "pymongo.errors.OperationFailure: code 2",
    ),
    "MongoEngine's own": (NotUniqueError("rent-2026"), "mongoengine.errors.NotUniqueError"),
    "a document that is none": (
        mongo.DocumentTooLarge("rent-2026"),
        "pymongo.errors.DocumentTooLarge",
    ),
    "what the client has sent": (
        ValueError("no such thing: GB29NWBK6016, invoice-1"),
        "ValueError: no such thing: [destination], [idempotencyKey]",
    ),
}


@pytest.mark.parametrize("kind", FORMATTERS)
@pytest.mark.parametrize("case", QUOTING)
def test_an_error_is_told_without_what_it_quotes(
    kind: Callable[..., logging.Formatter], case: str
) -> None:
    error, told = QUOTING[case]

    as_traceback = line_of(kind, "it failed", error=error)
    as_argument = line_of(kind, "it failed: %s", error)

    for line in (as_traceback, as_argument):
        assert told in line
        assert "rent-2026" not in line
        assert "DE8937" not in line


def test_a_server_that_cannot_be_reached_is_named() -> None:
    error = mongo.ServerSelectionTimeoutError("db-7.internal:27017: connection refused")

    assert "db-7.internal:27017: connection refused" in line_of(JsonFormatter, "%s", error)


def test_a_traceback_tells_what_led_to_what() -> None:
    def fail() -> None:
        try:
            raise mongo.DuplicateKeyError("rent-2026", 11000, DUPLICATE)
        except mongo.DuplicateKeyError as error:
            raise RuntimeError("no answer") from error

    with pytest.raises(RuntimeError) as caught:
        fail()
    told = json.loads(line_of(JsonFormatter, "it failed", error=caught.value))["exception"]

    first, second = told.split("\n\nThat caused:\n")
    assert first.endswith("DuplicateKeyError: code 11000, index of user and idempotencyKey")
    assert "in fail\n" in second
    assert second.endswith("RuntimeError: no answer")
    assert "rent-2026\n" not in told


def test_an_endless_recursion_is_told_briefly() -> None:
    def fall() -> None:
        fall()

    with pytest.raises(RecursionError) as caught:
        fall()

    assert len(line_of(JsonFormatter, "it failed", error=caught.value)) < 10_000


def test_a_member_is_told_as_it_is() -> None:
    user = str(ObjectId())

    told = json.loads(line_of(JsonFormatter, "it happened", event="happened", userId=user))

    assert (told["event"], told["userId"]) == ("happened", user)


@pytest.mark.parametrize(
    ("email", "told"),
    [
        ("ada@example.com", "a***@example.com"),
        ("a@example.com", "a***@example.com"),
        ("", "***@"),
    ],
)
def test_an_email_is_masked(email: str, told: str) -> None:
    assert masked_email(email) == told


def test_control_characters_are_written_as_their_escapes() -> None:
    assert escaped("a\nb\x1b[31m\u2028\u202ec") == "a\\nb\\x1b[31m\\u2028\\u202ec"
