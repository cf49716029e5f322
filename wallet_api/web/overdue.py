"""The answer to a request that no thread has answered in time."""

from typing import Any

from flask import Flask

from wallet_api.errors import Busy, Refusal, Unavailable
from wallet_api.web import problems
from wallet_api.web.headers import REQUEST_ID, AnswerHeaders


def answer_to_begun(app: Flask, environ: dict[str, Any]) -> tuple[bytes, str]:
    """All of a 503, head and body, after which the connection is to be closed; the request's id.

    As the request itself would be answered, with the headers of other origins. No round trip.
    """
    # A copy: the thread of the request is still at the other.
    return _answer(app, environ.copy(), Unavailable())


def answer_to_unbegun(app: Flask, method: str, path: str) -> tuple[bytes, str]:
    """The same for a request that has had no effect."""
    # A path of two slashes is no path of the application's.
    with app.test_request_context("/" + path.lstrip("/"), method=method or "GET") as context:
        environ = context.request.environ
    return _answer(app, environ, Busy())


def _answer(app: Flask, environ: dict[str, Any], refusal: Refusal) -> tuple[bytes, str]:
    with app.request_context(environ):
        response = app.process_response(problems.refused(refusal))
    sent: list[bytes] = []

    def start(status: str, headers: list[tuple[str, str]], *error: Any) -> None:
        lines = [f"HTTP/1.1 {status}", "Connection: close"]
        lines += [f"{name}: {value}" for name, value in headers]
        sent.append("\r\n".join([*lines, "", ""]).encode("latin-1"))

    environ["HTTP_X_REQUEST_ID"] = environ.get(REQUEST_ID, environ.get("HTTP_X_REQUEST_ID", ""))
    sent.extend(AnswerHeaders(response)(environ, start))
    return b"".join(sent), environ[REQUEST_ID]
