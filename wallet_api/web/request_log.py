"""The line for each request, by hand: the standard library's logging takes ten times as long."""

import json
import os
import time
from datetime import timedelta
from functools import lru_cache, partial
from typing import Any

from wallet_api import round_trips
from wallet_api.config import Settings
from wallet_api.logs.formatters import rfc_3339
from wallet_api.logs.output import write_soon
from wallet_api.web import request_context
from wallet_api.web.client_address import client_address
from wallet_api.web.headers import REQUEST_ID
from wallet_api.web.request_context import BACKEND_KEY, CODE, RULE, USER_ID

_quoted = lru_cache(maxsize=1024)(json.dumps)


class RequestLog:
    """Called when a request has been answered.

    Each has a line at the level info; with REQUEST_LOG=false, refused and failed ones only, whose
    round trips are not counted then.
    """

    def __init__(self, settings: Settings) -> None:
        self._informs = settings.log_level != "warning"
        self._all = settings.request_log
        self._in_json = settings.is_production
        self._pid = os.getpid()
        self._trusted_proxies = settings.trusted_proxies

    def __call__(self, status: str, environ: dict[str, Any], took: timedelta) -> None:
        get = environ.get
        code = get(CODE)
        if self._informs and (self._all or code is not None or status[0] == "5"):
            # Put into words by the thread that writes it, with many others: here, between two
            # requests, with nothing of it in the processor's cache, it takes three times as long.
            write_soon(
                partial(
                    self._line,
                    time.time(),
                    status,
                    took,
                    get("REQUEST_METHOD", ""),
                    get(RULE),
                    get(REQUEST_ID, ""),
                    get("REMOTE_ADDR", ""),
                    get("HTTP_X_FORWARDED_FOR", ""),
                    get(USER_ID),
                    get(BACKEND_KEY),
                    code,
                    round_trips.so_far(),
                )
            )
        request_context.end()

    def _line(
        self,
        now: float,
        status: str,
        took: timedelta,
        method: str,
        rule: Any,
        request_id: str,
        peer: str,
        forwarded_for: str,
        user: Any,
        backend_key: str | None,
        code: str | None,
        trips: int,
    ) -> str:
        """Neither a method that the parser has taken, nor an id or a code, has quotation marks."""
        stamp = f"{_second(int(now))}.{int(now * 1000) % 1000:03d}Z"
        level, event = _level_and_event(status, code)
        route = None if rule is None else rule.rule
        client = client_address(peer, forwarded_for, self._trusted_proxies)
        status, ms = status[:3], took.total_seconds() * 1000
        more: dict[str, Any] = {"roundTrips": trips} if self._all else {}
        if user is not None:
            more["userId"] = user
        if backend_key is not None:
            more["backendKey"] = backend_key
        if code is not None:
            more["code"] = code
        if self._in_json:
            return (
                f'{{"time":"{stamp}","level":"{level}","pid":{self._pid},"event":"{event}",'
                f'"method":"{method}","route":{_quoted(route)},"status":{status},'
                f'"durationMs":{ms:.1f},"requestId":"{request_id}","client":"{client}"'
                + "".join(
                    [
                        f',"{name}":{value}' if type(value) is int else f',"{name}":"{value}"'
                        for name, value in more.items()
                    ]
                )
                + "}"
            )
        return (
            f"{stamp} {level} {self._pid} {method} {route or '-'} {status} {ms:.1f} ms "
            f"(event={event} requestId={request_id} client={client}"
            + "".join([f" {name}={value}" for name, value in more.items()])
            + ")"
        )


def _level_and_event(status: str, code: str | None) -> tuple[str, str]:
    if status[0] == "5":
        return ("error" if status[:3] == "500" else "warning"), "failed"
    return "info", "request" if code is None else "refused"


@lru_cache(maxsize=1)
def _second(second: int) -> str:
    return rfc_3339(second).partition(".")[0]
