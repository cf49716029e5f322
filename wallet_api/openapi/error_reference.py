"""What each error code means and what to do: the page behind a problem's `type`."""

from dataclasses import dataclass

from flask import Flask

from wallet_api.openapi.problems import BY_HTTP, BY_SERVER, Kind, sample
from wallet_api.web.problems import STATUS

_KEYED = (
    "Send a deposit or withdrawal again with the same Idempotency-Key: the answer tells whether it "
    "took effect, and the money moves at most once. If you sent no key, look at GET "
    "/wallets/transactions before you send it again."
)

_EXPLAINED: dict[str, tuple[str, str]] = {
    "validation_failed": (
        "One or more members of the body, or parameters of the query, break a rule. `errors` names "
        "each of them.",
        "Correct all of them and send the request again.",
    ),
    "malformed_json": (
        "The body is not JSON as RFC 8259 defines it. It has a syntax error, is not UTF-8, is "
        "nested too deeply, has NaN, Infinity or a number that is much too long, or an object with "
        "more than 100 members.",
        "Let a JSON library write the body. `detail` says where the error is.",
    ),
    "invalid_idempotency_key": (
        "The header Idempotency-Key is empty, longer than 255 characters or not printable ASCII, "
        "it has a comma outside double quotes, or the request has two of them.",
        "Send one key, such as a UUID.",
    ),
    "invalid_on_behalf_of": (
        "The key of a back end came without the header On-Behalf-Of, with two of them, or with one "
        "that is no user's id; or the header came with a user's token, which acts for that user "
        "alone. `detail` says which.",
        "With a key, send the header once, with the `userId` of `POST /auth/register`. With a "
        "user's token, leave it out.",
    ),
    "currency_mismatch": (
        "A wallet has one currency, and the request names another. `detail` names both.",
        "Send the wallet's currency, or leave `currency` out.",
    ),
    "insufficient_funds": (
        "The balance is smaller than the amount. Nothing moved. `detail` says the balance and the "
        "amount. A refusal is stored under its Idempotency-Key: the same key gets this answer "
        "again, even after a deposit.",
        "Deposit money or withdraw less, and use a new key.",
    ),
    "limit_exceeded": (
        "A limit on withdrawals forbids this one. Nothing moved. `limit` names it: `minimum` (the "
        "amount is below `limitCents`), `per_withdrawal` (it is above), `per_day` (it is more than "
        "`leftCents`, what the day still had), `new_destinations` (the same, of what the day has "
        "for destinations that are new to the wallet) or `count_per_day` (the day's `limitCount` "
        "withdrawals were made). `renewsAt` says when the next day begins. The refusal is stored "
        "under its Idempotency-Key: the same key gets this answer again, even on the next day.",
        "Withdraw what is allowed, or wait until `renewsAt`; use a new key. GET /wallets shows "
        "what is left.",
    ),
    "balance_limit_exceeded": (
        "The deposit would make the balance larger than a wallet can hold. Nothing moved. `detail` "
        "says the maximum.",
        "Deposit less, or withdraw first.",
    ),
    "invalid_credentials": (
        "The email or the password is wrong. The answer is the same for an unknown email, a wrong "
        "password and a deactivated user.",
        "Check both. After too many failed logins the answer is `too_many_tries`.",
    ),
    "invalid_code": (
        "The one-time code is wrong, was used before, is older than 30 minutes, or a newer one has "
        "replaced it. The answer is the same for an email that nobody has, and for a deactivated "
        "user.",
        "Compare the code with the last mail. Or ask for a new one, with POST "
        "/auth/password/forgot or POST /auth/email/proof/request.",
    ),
    "mail_not_offered": (
        "The operator of this service has set up no mail server (`SMTP_URL`), so no code can be "
        "mailed, whatever the email.",
        "Ask the operator, who can make a code, with `flask users reset`.",
    ),
    "email_unproved": (
        "By this service's settings (`EMAIL_PROOF=required`) only a user whose email is proved "
        "withdraws money. Nothing moved, and the Idempotency-Key is unused.",
        "Ask for a code with POST /auth/email/proof/request, send it with POST /auth/email/proof, "
        "and send the withdrawal again, with the same key.",
    ),
    "wallet_frozen": (
        "The operator has frozen the wallet: nothing goes in or out, be it for the user or for a "
        "back end. Nothing moved, and the Idempotency-Key is unused.",
        "Ask the operator. The user may still log in and look at the wallet.",
    ),
    "unauthenticated": (
        "The request has no valid bearer token. The token is missing, malformed, expired or of "
        "another kind, or its user does not exist any more or is deactivated; or the key of a back "
        "end is unknown, expired or revoked.",
        "Log in with POST /auth/login, and send `Authorization: Bearer <token>`.",
    ),
    "missing_scope": (
        "The back end's key is good, and not made for this: `scope` is what it lacks.",
        "Make a key with the scope, with `flask keys create`, or do it with another key.",
    ),
    "users_only": (
        "The request came with a back end's key. Passwords and sessions are a matter of the user, "
        "and no scope opens them.",
        "Let the user log in and do it.",
    ),
    "back_end_only": (
        "The request came with a user's token, and by this service's settings "
        "(`DEPOSITS=backend`) only a back end puts money in. Nothing moved.",
        "Let the back end make the deposit once the money has come.",
    ),
    "user_unavailable": (
        "The user for whom the back end asks does not exist, is deactivated, or was erased. "
        "`detail` says which. Nothing moved.",
        "Compare On-Behalf-Of with the `userId` of the user's registration.",
    ),
    "not_found": (
        "Nothing is at this path, or it belongs to another user.",
        "Check the path and the id.",
    ),
    "email_taken": (
        "A user with this email exists. Upper and lower case, and different Unicode forms of the "
        "same text, count as one email.",
        "Log in, or register with another email.",
    ),
    "invalid_signature": (
        "Only a payout gateway calls this, and this request has no signature of it, or an old one.",
        "Compare the secret of the gateway's callbacks with the service's settings.",
    ),
    "illegal_status_change": (
        "The status of the withdrawal does not allow this change.",
        "Look the withdrawal up: `status` and `history` say what happened to it.",
    ),
    "idempotency_key_reused": (
        "The key belongs to an earlier request that was different. `id` is the movement of that "
        "request, and `differing` names the members that differ. Nothing moved.",
        "Use a new key for a new movement. To learn what became of the earlier request, send that "
        "one again, unchanged.",
    ),
    "too_many_tries": (
        "Too many logins failed, too many users registered, or too many one-time codes were asked "
        "for or tried, in a short time: with this email, "
        "or from your address.",
        "Wait as many seconds as the header `Retry-After` says.",
    ),
    "rate_limited": (
        "You have made as many requests as the limit of this service allows in a time: the header "
        "`RateLimit-Limit` says how many. Nothing happened.",
        "Wait as many seconds as the header `Retry-After` says, and send the request again. "
        "`RateLimit-Remaining` tells in each answer how many are left.",
    ),
    "too_many_at_once": (
        "A process of the service is at as many logins and registrations from your address, or "
        "statements of yours, as one client may have at a time. Nothing happened.",
        "Send fewer at a time, and send this one again after as many seconds as the header "
        "`Retry-After` says.",
    ),
    "busy": (
        "The service had no place for the request in time, and has not begun with it. Nothing "
        "happened.",
        "Wait as many seconds as the header `Retry-After` says, and send the request again.",
    ),
    "unavailable": (
        "No writable database answered in time. Whether the request took effect is unknown.",
        f"Wait as many seconds as the header `Retry-After` says. {_KEYED}",
    ),
    "out_of_service": (
        "The database refuses this service, because a password, a right, the name of the replica "
        "set or an index is wrong; GET /readyz says which. Whether the request took effect is "
        "unknown.",
        f"Wait until the service's operator has repaired it; frequent retries do not help. "
        f"{_KEYED}",
    ),
    "method_not_allowed": (
        "The path exists, but not with this method.",
        "Use a method that the header `Allow` names.",
    ),
    "request_entity_too_large": (
        "The body is larger than 64 KiB.",
        "Send a smaller body. Every valid request is smaller than that.",
    ),
    "unsupported_media_type": (
        "The content type of the body is not `application/json` in UTF-8, or the body is "
        "compressed.",
        "Send `Content-Type: application/json`, uncompressed.",
    ),
    "bad_request": (
        "The request is not valid HTTP, or it can be read in two different ways: the request line "
        "or a header is malformed, HTTP/1.1 comes without a Host, or Host, Content-Length, "
        "Content-Type or Transfer-Encoding comes twice or contradicts another. Nothing moved.",
        "Let an HTTP library write the request. `detail` says what is wrong.",
    ),
    "request_uri_too_long": (
        "The request line, which holds the path and the query, is longer than 4094 bytes.",
        "Send a shorter one. Send a cursor exactly as you got it.",
    ),
    "expectation_failed": (
        "The header Expect has a value other than `100-continue`.",
        "Leave the header out.",
    ),
    "request_header_fields_too_large": (
        "The request has more than 64 headers, or a header longer than 8190 bytes.",
        "Send fewer and shorter headers. The service needs no cookies.",
    ),
    "http_version_not_supported": (
        "The version of HTTP is neither 1.1 nor 1.0.",
        "Use HTTP/1.1. A proxy in front of the service can offer HTTP/2 and HTTP/3.",
    ),
    "requested_range_not_satisfiable": (
        "The header Range asks for bytes that the file does not have.",
        "Leave the header out.",
    ),
    "internal_error": (
        "The service has a defect. Its log has the details under `requestId`. Whether the request "
        "took effect is unknown.",
        f"Report the `requestId`. {_KEYED}",
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
