"""How refusals read in OpenAPI: answers that the error handlers themselves have given."""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from bson import ObjectId
from flask import Flask, Response, request
from werkzeug.exceptions import (
    BadRequest,
    ExpectationFailed,
    HTTPException,
    HTTPVersionNotSupported,
    InternalServerError,
    MethodNotAllowed,
    NotFound,
    RequestedRangeNotSatisfiable,
    RequestEntityTooLarge,
    RequestHeaderFieldsTooLarge,
    RequestURITooLarge,
    UnsupportedMediaType,
)

from wallet_api import errors
from wallet_api.money import MAX_BALANCE_CENTS, with_code
from wallet_api.openapi.problem_schemas import one_of
from wallet_api.web import problems
from wallet_api.web.headers import REQUEST_ID
from wallet_api.web.problems import PROBLEM_TYPE

Kind = type[errors.Refusal] | type[HTTPException]
Refused = Kind | errors.Refusal

BY_SERVER: tuple[type[HTTPException], ...] = (
    BadRequest,
    RequestURITooLarge,
    ExpectationFailed,
    RequestHeaderFieldsTooLarge,
    HTTPVersionNotSupported,
)
"""What is refused before it is known which operation was meant."""

BY_HTTP: tuple[type[HTTPException], ...] = (
    NotFound,
    MethodNotAllowed,
    RequestEntityTooLarge,
    UnsupportedMediaType,
    RequestedRangeNotSatisfiable,
    InternalServerError,
)
"""What is refused before, or beside, the domain."""

_SAMPLES: dict[Kind, Callable[[], Exception]] = {
    errors.InvalidInput: lambda: errors.InvalidInput([("/amount", "Must be greater than 0.")]),
    errors.IdempotencyKeyReused: lambda: errors.IdempotencyKeyReused(
        ObjectId("67bc3e1f5d1e4a2b9c8d7e6f"), ["amount"]
    ),
    errors.CurrencyMismatch: lambda: errors.CurrencyMismatch("INR", "USD"),
    errors.InsufficientFunds: lambda: errors.InsufficientFunds("70.25 INR", "5000.00 INR"),
    errors.LimitExceeded: lambda: errors.LimitExceeded(
        "The limit was 1000.00 INR a day. 200.00 INR was left, and the request asked for 250.00 "
        "INR. The next day begins at 2026-02-24T18:30:00.000Z.",
        {
            "limit": "per_day",
            "limitCents": 100_000,
            "leftCents": 20_000,
            "renewsAt": datetime(2026, 2, 24, 18, 30, tzinfo=UTC),
        },
    ),
    errors.BalanceLimitExceeded: lambda: errors.BalanceLimitExceeded(
        with_code(MAX_BALANCE_CENTS, "INR"), "89999999999999.50 INR", "1.00 INR"
    ),
    errors.MissingScope: lambda: errors.MissingScope("withdrawals"),
    errors.InvalidOnBehalfOf: lambda: errors.InvalidOnBehalfOf("On-Behalf-Of must be sent once."),
    errors.UserUnavailable: lambda: errors.UserUnavailable(
        "On-Behalf-Of: the user 67bc3e105d1e4a2b9c8d7e6e is deactivated."
    ),
    errors.TooManyTries: lambda: errors.TooManyTries(30),
    errors.RateLimited: lambda: errors.RateLimited(600, 30),
    MethodNotAllowed: lambda: MethodNotAllowed(["GET", "HEAD", "OPTIONS"]),
}


def sample(app: Flask, refused: Refused, path: str, method: str = "GET") -> Response:
    """The answer to a request for `path` that was refused so."""
    with app.test_request_context(path, method=method):
        request.environ[REQUEST_ID] = "4f1c9a6e0b7d52c81a3e"
        if refused is InternalServerError:
            # Not by its handler, which would log it.
            return problems.internal_error()
        if refused in BY_SERVER:
            # No handler of the application's meets it.
            http = refused()
            detail = http.description or http.name
            return problems.problem(http.code or 400, problems.code_of(http), http.name, detail)
        error = refused if isinstance(refused, Exception) else _SAMPLES.get(refused, refused)()
        return app.make_response(app.handle_user_exception(error))


def responses(
    app: Flask, refused: Iterable[Refused], path: str, method: str
) -> dict[str, dict[str, Any]]:
    """The Responses Object of an operation that refuses so: its codes by status, with examples."""
    found: dict[str, dict[str, Any]] = {}
    for each in refused:
        given = sample(app, each, path, method)
        problem = given.get_json()
        response = found.setdefault(str(given.status_code), _empty_response(given))
        examples = response["content"][PROBLEM_TYPE]["examples"]
        examples[problem["code"]] = {"summary": problem["message"], "value": problem}
    for response in found.values():
        content = response["content"][PROBLEM_TYPE]
        codes = list(content["examples"])
        content["schema"] = one_of(codes)
        response["description"] += ": " + ", ".join(
            f"[`{code}`](docs/errors#{code})" for code in codes
        )
    return dict(sorted(found.items()))


def codes_in(responses: dict[str, dict[str, Any]]) -> Iterator[str]:
    """The codes of what the function above has made."""
    for response in responses.values():
        yield from response["content"].get(PROBLEM_TYPE, {}).get("examples", ())


def _empty_response(given: Response) -> dict[str, Any]:
    headers = [
        "X-Request-Id",
        *(n for n in ("Retry-After", "WWW-Authenticate") if n in given.headers),
    ]
    return {
        "description": HTTPStatus(given.status_code).phrase,
        "headers": header_references(headers),
        "content": {PROBLEM_TYPE: {"examples": {}}},
    }


def header_references(names: Iterable[str]) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}
