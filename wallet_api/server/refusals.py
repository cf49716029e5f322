"""What gunicorn refuses before any application sees it, answered in the service's one shape."""

import json
import re
import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_to_bytes

from gunicorn.http import errors
from werkzeug.exceptions import (
    BadRequest,
    ExpectationFailed,
    HTTPException,
    HTTPVersionNotSupported,
    InternalServerError,
    RequestHeaderFieldsTooLarge,
    RequestURITooLarge,
)

_BAD_CHUNK = "The chunks of the body are malformed."

# The first that fits. A header of an answer is our own failure, and so is what is not here.
_KINDS: tuple[tuple[type[Exception], type[HTTPException], str], ...] = (
    (errors.InvalidResponseHeader, InternalServerError, ""),
    (errors.InvalidResponseHeaderName, InternalServerError, ""),
    (errors.ConfigurationProblem, InternalServerError, ""),
    (
        errors.LimitRequestLine,
        RequestURITooLarge,
        "The request line is longer than {config.limit_request_line} bytes.",
    ),
    (
        errors.LimitRequestHeaders,
        RequestHeaderFieldsTooLarge,
        "There are more than {config.limit_request_fields} headers, or one is longer than "
        "{config.limit_request_field_size} bytes.",
    ),
    (
        errors.ExpectationFailed,
        ExpectationFailed,
        "The only expectation that is met is 100-continue.",
    ),
    (
        errors.InvalidHTTPVersion,
        HTTPVersionNotSupported,
        "The request line must end with HTTP/1.1 or HTTP/1.0.",
    ),
    (
        errors.InvalidRequestMethod,
        BadRequest,
        "The method must be 3 to 20 upper-case letters.",
    ),
    (
        errors.InvalidRequestLine,
        BadRequest,
        "The request line must be a method, a path of printable ASCII and HTTP/1.1; it and every "
        "header must end with CR LF.",
    ),
    (errors.InvalidChunkSize, BadRequest, _BAD_CHUNK),
    (errors.InvalidChunkExtension, BadRequest, _BAD_CHUNK),
    (errors.ChunkMissingTerminator, BadRequest, _BAD_CHUNK),
    (errors.ParseException, BadRequest, "A header is malformed, or folded over two lines."),
)

# These frame or route a request, so that gunicorn's parsers look into them.
_LOOKED_INTO = ("Host", "Content-Length", "Content-Type", "Transfer-Encoding")

_REQUEST_LINE = re.compile(rb"(?:\r\n)?([A-Z]+) (/[!-~]*) HTTP/")


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is not served, as far as it could be read."""

    error: HTTPException
    detail: str
    method: str
    path: str
    request_id: str

    @property
    def is_defect(self) -> bool:
        """Whether the service has failed, not its client."""
        return isinstance(self.error, InternalServerError)

    def answer(self) -> bytes:
        """All of it, with its head. The connection is to be closed after it."""
        # Not above: a worker's application is newer than its master's, whose import this would be.
        from wallet_api.web import problems

        code, name = problems.code_of(self.error), self.error.name
        if self.is_defect:
            code, name = "internal_error", "Internal error"
        status = self.error.code or 500
        body = json.dumps(
            problems.problem_body(status, code, name, self.detail, self.path, self.request_id),
            separators=(",", ":"),
        ).encode()
        head = (
            f"HTTP/1.1 {status} {self.error.name}\r\n"
            "Connection: close\r\n"
            f"Content-Type: {problems.PROBLEM_TYPE}\r\n"
            f"Content-Length: {len(body)}\r\n"
            f"X-Request-Id: {self.request_id}\r\n"
            "X-Content-Type-Options: nosniff\r\n"
            "Cache-Control: no-store\r\n\r\n"
        ).encode()
        return head if self.method == "HEAD" else head + body


def refusal(error: Exception, request: Any, config: Any) -> Refusal:
    """What becomes of this exception of gunicorn's, or of the application's.

    `request` is None where none could be read.
    """
    http_error, detail = _kind(error, config)
    method, path = _method_and_path(error, request)
    return Refusal(http_error, detail, method, path, secrets.token_hex(8))


def _kind(error: Exception, config: Any) -> tuple[HTTPException, str]:
    for kind, http_error, detail in _KINDS:
        if isinstance(error, kind) and http_error is not InternalServerError:
            return http_error(), _faulty_header(error) or detail.format(config=config)
        if isinstance(error, kind):
            break
    return InternalServerError(), InternalServerError.description


def _faulty_header(error: Exception) -> str | None:
    """Which header it is, of those that gunicorn's message names without its value."""
    if not isinstance(error, errors.InvalidHeader):
        return None
    told = str(error).lower()
    found = [name for name in _LOOKED_INTO if name.lower() in told]
    return f"{' and '.join(found)}: missing, malformed, or sent twice." if found else None


def _method_and_path(error: Exception, request: Any) -> tuple[str, str]:
    if request is None:
        return method_and_path(getattr(error, "start", b""))
    if not (request.path or "").startswith("/"):
        return "", "/"
    return request.method, unquote_to_bytes(request.path).decode("utf-8", "replace")


def method_and_path(start: bytes) -> tuple[str, str]:
    """Of a request that begins like this."""
    line = _REQUEST_LINE.match(start)
    if line is None:
        return "", "/"
    target = line[2].partition(b"?")[0]
    return line[1].decode(), unquote_to_bytes(target).decode("utf-8", "replace")
