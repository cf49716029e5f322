"""The single place where a refusal becomes a status (RFC 9457, problem details)."""

import logging
from datetime import datetime
from typing import Any
from urllib.parse import quote

from flask import Flask, Response, request
from mongoengine.errors import OperationError
from pymongo.errors import PyMongoError
from werkzeug.exceptions import HTTPException

from wallet_api import database_watch, errors
from wallet_api.clock import rfc3339
from wallet_api.config import settings
from wallet_api.web.endpoint import json_response
from wallet_api.web.headers import REQUEST_ID
from wallet_api.web.idempotency_key import REPLAYED_HEADER
from wallet_api.web.request_context import CODE
from wallet_api.web.unknown_outcome import advice

log = logging.getLogger(__name__)

PROBLEM_TYPE = "application/problem+json"

STATUS: dict[type[errors.Refusal], int] = {
    errors.InvalidInput: 400,
    errors.MalformedBody: 400,
    errors.InvalidIdempotencyKey: 400,
    errors.InvalidOnBehalfOf: 400,
    errors.CurrencyMismatch: 400,
    errors.InsufficientFunds: 400,
    errors.LimitExceeded: 400,
    errors.BalanceLimitExceeded: 400,
    errors.InvalidCode: 400,
    errors.InvalidCredentials: 401,
    errors.Unauthenticated: 401,
    errors.MissingScope: 403,
    errors.UsersOnly: 403,
    errors.BackEndOnly: 403,
    errors.UserUnavailable: 403,
    errors.EmailUnproved: 403,
    errors.WalletFrozen: 403,
    errors.MailNotOffered: 404,
    errors.InvalidSignature: 403,
    errors.NotFound: 404,
    errors.EmailTaken: 409,
    errors.IllegalStatusChange: 409,
    errors.IdempotencyKeyReused: 422,
    errors.TooManyTries: 429,
    errors.RateLimited: 429,
    errors.TooManyAtOnce: 429,
    errors.Busy: 503,
    errors.Unavailable: 503,
    errors.OutOfService: 503,
}

_STORED = (errors.InsufficientFunds, errors.LimitExceeded)

_COME_AGAIN = (
    errors.TooManyTries,
    errors.RateLimited,
    errors.TooManyAtOnce,
    errors.Busy,
    errors.Unavailable,
)


def install(app: Flask) -> None:
    """Answer every error of the app in the one shape."""
    app.register_error_handler(errors.Refusal, refused)
    app.register_error_handler(HTTPException, _refused_by_http)
    app.register_error_handler(PyMongoError, _database_failed)
    app.register_error_handler(OperationError, _database_failed)
    app.register_error_handler(Exception, _broken)


def problem(status: int, code: str, message: str, detail: str, **members: Any) -> Response:
    request.environ[CODE] = code
    request_id = request.environ.get(REQUEST_ID)
    body = problem_body(status, code, message, detail, request.path, request_id, **members)
    return json_response(body, status, PROBLEM_TYPE)


def problem_body(
    status: int,
    code: str,
    message: str,
    detail: str,
    path: str,
    request_id: str | None,
    **members: Any,
) -> dict[str, Any]:
    """The one shape; `path` is the request's, unquoted."""
    root = settings().public_url
    return {
        "type": f"{root}/docs/errors#{code}",
        "title": message,
        "status": status,
        "detail": detail,
        "instance": root + quote(path),
        "message": message,
        "code": code,
        "requestId": request_id,
        **members,
    }


def code_of(error: HTTPException) -> str:
    """The code of what HTTP itself refuses: the name of its status."""
    return error.name.lower().replace(" ", "_")


def refused(refusal: errors.Refusal) -> Response:
    status = next(STATUS[kind] for kind in type(refusal).__mro__ if kind in STATUS)
    response = problem(
        status, refusal.code, refusal.message, _detail_of(refusal), **_members_of(refusal)
    )
    if isinstance(refusal, errors.Unauthenticated | errors.InvalidCredentials):
        response.headers["WWW-Authenticate"] = "Bearer"
    if isinstance(refusal, _COME_AGAIN):
        response.headers["Retry-After"] = str(refusal.retry_after_seconds)
    if isinstance(refusal, _STORED) and refusal.replayed:
        response.headers[REPLAYED_HEADER] = "true"
    return response


def _detail_of(refusal: errors.Refusal) -> str:
    if isinstance(refusal, errors.Unavailable):
        return f"No writable database answered in time. Wait as Retry-After says. {advice()}."
    if isinstance(refusal, errors.OutOfService):
        return f"The service's operator must repair its database first. {advice()}."
    return refusal.detail


def _members_of(refusal: errors.Refusal) -> dict[str, Any]:
    if isinstance(refusal, errors.InvalidInput):
        return {"errors": [{"pointer": at, "detail": what} for at, what in refusal.problems]}
    if isinstance(refusal, errors.IdempotencyKeyReused):
        return {"id": str(refusal.existing), "differing": refusal.differing}
    if isinstance(refusal, errors.LimitExceeded):
        return {
            name: rfc3339(value) if isinstance(value, datetime) else value
            for name, value in refusal.told.items()
        }
    if isinstance(refusal, errors.MissingScope):
        return {"scope": refusal.scope}
    return {}


def _refused_by_http(error: HTTPException) -> Response:
    status = error.code or 500
    if status < 400:  # a redirect
        return error.get_response()  # type: ignore[return-value]
    if status >= 500:
        return _broken(error)
    response = problem(status, code_of(error), error.name, error.description or error.name)
    for name, value in error.get_headers():
        if name.lower() not in ("content-type", "content-length"):
            response.headers[name] = value
    return response


def _database_failed(error: Exception) -> Response:
    cause = error.__cause__ or error.__context__ if isinstance(error, OperationError) else error
    trouble = database_watch.notice(cause)
    return _broken(error) if trouble is None else refused(database_watch.refusal(trouble))


def _broken(error: Exception) -> Response:
    log.error("%s %s failed", request.method, request.url_rule, exc_info=error)
    return internal_error()


def internal_error() -> Response:
    detail = f"The service has a defect. Report the requestId. {advice()}."
    return problem(500, "internal_error", "Internal error", detail)
