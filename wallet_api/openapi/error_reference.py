"""What each error code means and what to do: the page behind a problem's `type`."""

from dataclasses import dataclass

from flask import Flask

from wallet_api.openapi.problems import BY_HTTP, BY_SERVER, Kind, sample
from wallet_api.web.problems import STATUS

_EXPLAINED: dict[str, tuple[str, str]] = {
    "validation_failed": (
        "Members of the body or of the query break a rule. `errors` names every one of them, by "
        "JSON pointer or by the query member's name.",
        "Correct them all and send the request again.",
    ),
    "malformed_json": (
        "The body is not JSON as RFC 8259 has it: a syntax error, not UTF-8, a number of absurd "
        "length, NaN or Infinity, or nested too deeply.",
        "Let a JSON library write the body; `detail` says where reading it stopped.",
    ),
    "invalid_idempotency_key": (
        "The Idempotency-Key header is empty, longer than 255 characters, not printable ASCII, or "
        "there are two of them.",
        "Send one key, such as a UUID.",
    ),
    "currency_mismatch": (
        "A wallet holds one currency, and the request names another.",
        "Name the wallet's currency, which GET /wallets shows, or leave `currency` out.",
    ),
    "insufficient_funds": (
        "The wallet holds less than the amount. Nothing was moved. With an Idempotency-Key this "
        "answer belongs to the key for good: a repetition after a deposit gets it again.",
        "Deposit, or ask for less; either way with a new key.",
    ),
    "balance_limit_exceeded": (
        "The balance would pass the largest that a wallet can hold. Nothing was moved.",
        "Deposit less, or withdraw first.",
    ),
    "invalid_credentials": (
        "Email and password do not fit together. An unknown email, a wrong password and a "
        "deactivated user get this same answer.",
        "Check both. After too many tries the answer becomes `too_many_tries`.",
    ),
    "unauthenticated": (
        "There is no valid bearer token: it is missing, malformed, expired, of another kind, or "
        "its user no longer exists or is deactivated.",
        "Log in by POST /auth/login and send `Authorization: Bearer <token>`.",
    ),
    "not_found": (
        "There is nothing at this path, or it belongs to another user.",
        "Check the path and the id.",
    ),
    "email_taken": (
        "A user with this email exists, in whatever case or Unicode form it was written.",
        "Log in, or register with another email.",
    ),
    "illegal_status_change": (
        "The withdrawal has moved on, and its present status does not allow this.",
        "Look the withdrawal up: its `status` and `history` tell what became of it.",
    ),
    "idempotency_key_reused": (
        "The key belongs to an earlier request with another content. `id` is what that request "
        "left, `differing` names the members that differ. Nothing was moved.",
        "Use a new key for a new movement; repeat the earlier request unchanged to learn its "
        "outcome.",
    ),
    "too_many_tries": (
        "Too many logins failed, or too many users registered, within a short time: with this "
        "email, or from your address.",
        "Wait as many seconds as `Retry-After` says.",
    ),
    "unavailable": (
        "No writable database answered in time. Whether the request took effect is unknown.",
        "Send the same request with the same Idempotency-Key after `Retry-After` seconds: it tells "
        "what happened, or makes it happen, once. Without a key, look before you repeat.",
    ),
    "out_of_service": (
        "The database refuses this service: its password, its rights, its replica set's name or "
        "its indexes are not as they should be; GET /readyz says which. Whether the request took "
        "effect is unknown; most likely it did not.",
        "Do not retry at short intervals: it lasts until the service's operator has changed "
        "something. Then send the same request with the same Idempotency-Key, which tells what "
        "happened, or makes it happen, once.",
    ),
    "method_not_allowed": (
        "The path exists, but not with this method.",
        "Use one of the methods in the `Allow` header.",
    ),
    "request_entity_too_large": (
        "The body is larger than 64 KiB.",
        "Send a smaller one; no request of this service needs more.",
    ),
    "unsupported_media_type": (
        "The body is not declared as `application/json` in UTF-8, or it is content-encoded.",
        "Send `Content-Type: application/json`, uncompressed.",
    ),
    "bad_request": (
        "What arrived is no HTTP request, or can be read as two different ones: the request line "
        "or a header is malformed, HTTP/1.1 comes without a Host, or Host, Content-Length, "
        "Content-Type or Transfer-Encoding comes twice or contradicts another. Nothing was moved.",
        "Let an HTTP library write the request; `detail` says what is wrong.",
    ),
    "request_uri_too_long": (
        "The request line, that is the path with its query, is longer than 4094 bytes.",
        "Send a shorter one; a cursor belongs in the query as it was given.",
    ),
    "expectation_failed": (
        "The Expect header asks for something other than `100-continue`.",
        "Leave the header out.",
    ),
    "request_header_fields_too_large": (
        "The request has more than 64 headers, or one that is longer than 8190 bytes.",
        "Send fewer and shorter ones; cookies are not needed.",
    ),
    "http_version_not_supported": (
        "The request is of another version of HTTP than 1.1 and 1.0.",
        "Use HTTP/1.1; a proxy before the service may speak HTTP/2 and HTTP/3 with its clients.",
    ),
    "requested_range_not_satisfiable": (
        "The Range header asks for bytes that the file does not have.",
        "Leave the header out.",
    ),
    "internal_error": (
        "The service has a defect, and has logged it under `requestId`.",
        "Report the `requestId`. Whether a deposit or withdrawal took effect is unknown: repeat it "
        "with the same Idempotency-Key only.",
    ),
}


@dataclass(frozen=True, slots=True)
class ErrorSection:
    code: str
    status: int
    message: str
    meaning: str
    advice: str


def sections(app: Flask) -> list[ErrorSection]:
    """A section for every code, as the error handlers answer it. KeyError: one is not explained."""
    found: dict[str, ErrorSection] = {}
    kinds: tuple[Kind, ...] = (*STATUS, *BY_HTTP, *BY_SERVER)
    for kind in kinds:
        problem = sample(app, kind, "/").get_json()
        code = problem["code"]
        meaning, advice = _EXPLAINED[code]
        section = ErrorSection(code, problem["status"], problem["message"], meaning, advice)
        found.setdefault(code, section)
    return sorted(found.values(), key=lambda section: (section.status, section.code))
