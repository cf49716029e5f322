"""The wrong ways to send a right answer."""

import gzip
from collections.abc import Callable
from dataclasses import replace
from functools import cache

from wallet_api.payouts.simulator.options import Seconds
from wallet_api.payouts.simulator.script import Manner
from wallet_api.payouts.simulator.wire.messages import Reply, Sending, json_reply

ELSEWHERE = "/_elsewhere"
MEGABYTE = 1024 * 1024
SERVER_ERROR = json_reply(500, {"error": {"code": "SERVER_ERROR", "description": "Try again."}})


def spoiled(manner: Manner, honest: Reply | None, seconds: Seconds) -> Reply:
    """`honest`: what would have been answered; None where nothing was done."""
    return _WAYS[manner](honest or json_reply(200, {}), seconds)


def _html(status: int, text: str) -> Reply:
    page = f"<!doctype html><title>{text}</title><h1>{text}</h1>\n"
    return Reply(status, page.encode(), "text/html; charset=utf-8")


def _error(status: int, code: str, **headers: str) -> Reply:
    reply = json_reply(status, {"error": {"code": code, "description": code.replace("_", " ")}})
    return replace(reply, headers={name.replace("_", "-"): text for name, text in headers.items()})


@cache
def _bomb() -> bytes:
    """A megabyte of nothing, as one member of a gzip stream: members may follow each other."""
    return gzip.compress(bytes(MEGABYTE), 9, mtime=0)


_WAYS: dict[Manner, Callable[[Reply, Seconds], Reply]] = {
    Manner.CLOSES: lambda honest, _: replace(honest, sending=Sending.CLOSE),
    Manner.LATE: lambda honest, seconds: replace(honest, wait_seconds=seconds.timeout * 1.2),
    Manner.AFTER_THE_CALLBACK: lambda honest, _: replace(honest, wait_seconds=0.5),
    Manner.SERVER_ERROR: lambda _, __: SERVER_ERROR,
    Manner.HTML: lambda _, __: _html(200, "Welcome to the bank"),
    Manner.CUT_JSON: lambda honest, _: replace(honest, body=honest.body[: len(honest.body) // 2]),
    Manner.CUT_OFF: lambda honest, _: replace(honest, sending=Sending.HALF),
    Manner.LOST: lambda honest, _: honest,
    Manner.EMPTY_OBJECT: lambda _, __: json_reply(200, {}),
    Manner.NOTHING: lambda _, __: Reply(200),
    Manner.GIGABYTE: lambda _, __: Reply(
        200, b" " * MEGABYTE, sending=Sending.ENDLESS, repetitions=1024
    ),
    Manner.GZIP_BOMB: lambda _, __: Reply(
        200,
        _bomb(),
        headers={"Content-Encoding": "gzip"},
        sending=Sending.ENDLESS,
        repetitions=1024,
    ),
    Manner.ERROR_OBJECT: lambda _, __: _error(200, "BAD_REQUEST_ERROR"),
    Manner.STATUS_202: lambda honest, _: replace(honest, status=202),
    Manner.DRIP: lambda honest, _: replace(honest, sending=Sending.DRIP),
    Manner.REDIRECT: lambda _, __: Reply(302, headers={"Location": ELSEWHERE}),
    Manner.LIMITED: lambda _, seconds: _error(
        429, "too_many_requests", Retry_After=str(max(1, round(seconds.minute)))
    ),
    Manner.LIMITED_WITHOUT_A_TIME: lambda _, __: _error(429, "too_many_requests"),
    Manner.UNAUTHORIZED: lambda _, __: _error(401, "unauthorized"),
    Manner.FORBIDDEN: lambda _, __: _error(403, "address_not_allowed"),
    Manner.CONFLICT: lambda _, __: _error(409, "request_in_flight"),
    Manner.MAINTENANCE: lambda _, __: _html(503, "We are working on it"),
    Manner.BALANCE_TOO_LOW: lambda _, __: _error(403, "insufficient_balance"),
}
