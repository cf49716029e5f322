"""Strict JSON in: the one decoder of request bodies."""

import json
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

from flask import Request
from flask.globals import request_ctx
from werkzeug.exceptions import RequestEntityTooLarge, UnsupportedMediaType

from wallet_api.errors import InvalidInput, MalformedBody
from wallet_api.web.headers import REPEATED
from wallet_api.web.request_context import BODY

MAX_BODY_BYTES = 64 * 1024
MAX_NUMBER_LENGTH = 64
"""Characters. Longer numbers mean no amount, and cost time to read."""
MAX_MEMBERS = 100
"""Of one object. Each one that is wrong is named in the answer, and is looked for among the others:
thousands cost seconds."""


def read_json_object() -> dict[str, Any]:
    """The request's body as a dictionary; numbers are `int` or exact `Decimal`, never `float`.

    Raises MalformedBody (not UTF-8 JSON; RFC 8259), InvalidInput (duplicate members, not an
    object), RequestEntityTooLarge, UnsupportedMediaType (another type, or content-encoded).
    """
    current = request_ctx.request  # itself, not the proxy, which costs again with each access
    _check_media_type(current)
    body = read_body(current)
    try:
        value = _DECODER.decode(body.decode("utf-8"))
    except UnicodeDecodeError:
        raise MalformedBody("The body is not UTF-8.") from None
    except json.JSONDecodeError as error:
        raise MalformedBody(f"{error.msg} (line {error.lineno}, column {error.colno}).") from None
    except RecursionError:
        raise MalformedBody("Nested too deeply.") from None
    if not isinstance(value, dict):
        raise InvalidInput([("", "Must be a JSON object.")])
    current.environ[BODY] = value
    return value


def _check_media_type(request: Request) -> None:
    environ = request.environ
    # A comma: two headers, joined on their way.
    if "content-type" in environ.get(REPEATED, ()) or "," in environ.get("CONTENT_TYPE", ""):
        raise UnsupportedMediaType("Content-Type must be sent once, and be application/json.")
    if environ.get("CONTENT_TYPE") != "application/json" and (
        request.mimetype != "application/json"
        or request.mimetype_params.get("charset", "utf-8").lower() != "utf-8"
    ):
        raise UnsupportedMediaType("Content-Type must be application/json.")
    if environ.get("HTTP_CONTENT_ENCODING", "identity").lower() != "identity":
        raise UnsupportedMediaType("A content-encoded body is not supported.")


def read_body(request: Request) -> bytes:
    """The whole body or a refusal.

    From the server's stream, and one byte past the limit: Werkzeug's own limit cuts a chunked body
    off silently, and half a body may be valid JSON.

    Raises MalformedBody, RequestEntityTooLarge.
    """
    declared = request.environ.get("CONTENT_LENGTH", "")
    length = int(declared) if declared.isascii() and declared.isdigit() else 0
    if length > MAX_BODY_BYTES:
        raise RequestEntityTooLarge(f"The body may have {MAX_BODY_BYTES} bytes at most.")
    try:
        body: bytes = request.environ["wsgi.input"].read(MAX_BODY_BYTES + 1)
    except Exception as error:  # each server has its own for a bad chunk or a lost connection
        raise MalformedBody("The body did not arrive whole.") from error
    if len(body) > MAX_BODY_BYTES:
        raise RequestEntityTooLarge(f"The body may have {MAX_BODY_BYTES} bytes at most.")
    if len(body) < length:
        raise MalformedBody("The body did not arrive whole.")
    return body


def _whole_number(text: str) -> int:
    if len(text) > MAX_NUMBER_LENGTH:
        raise MalformedBody(f"A number has more than {MAX_NUMBER_LENGTH} characters.")
    return int(text)


def _decimal_number(text: str) -> Decimal:
    if len(text) > MAX_NUMBER_LENGTH:
        raise MalformedBody(f"A number has more than {MAX_NUMBER_LENGTH} characters.")
    try:
        return Decimal(text)
    except InvalidOperation:
        raise MalformedBody("A number's exponent is out of range.") from None


def _no_constant(name: str) -> NoReturn:
    raise MalformedBody(f"{name} is not JSON.")


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(pairs) > MAX_MEMBERS:
        raise MalformedBody(f"An object has more than {MAX_MEMBERS} members.")
    members = dict(pairs)
    if len(members) != len(pairs):
        names = [name for name, _ in pairs]
        twice = sorted({name for name in names if names.count(name) > 1})
        raise InvalidInput([(f"/{name}", "Duplicate member.") for name in twice])
    return members


_DECODER = json.JSONDecoder(
    parse_int=_whole_number,
    parse_float=_decimal_number,
    parse_constant=_no_constant,
    object_pairs_hook=_members,
)
