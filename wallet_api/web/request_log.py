"""The line for each request, by hand: the standard library's logging takes ten times as long."""

import json
import os
import time
from datetime import timedelta
from functools import lru_cache
from typing import Any

from wallet_api import round_trips
from wallet_api.config import Settings
from wallet_api.logs.formatters import rfc_3339
from wallet_api.logs.output import write_soon
from wallet_api.web import request_context
from wallet_api.web.client_address import address_of
from wallet_api.web.headers import REQUEST_ID
from wallet_api.web.request_context import CODE, RULE, USER_ID

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

    def __call__(self, status: str, environ: dict[str, Any], took: timedelta) -> None:
        if self._informs:
            if status[0] == "5":
                level = "error" if status[:3] == "500" else "warning"
                self._write(level, "failed", status, environ, took)
            elif CODE in environ:
                self._write("info", "refused", status, environ, took)
            elif self._all:
                self._write("info", "request", status, environ, took)
        request_context.end()

    def _write(
        self, level: str, event: str, status: str, environ: dict[str, Any], took: timedelta
    ) -> None:
        now = time.time()
        stamp = f"{_second(int(now))}.{int(now * 1000) % 1000:03d}Z"
        rule = environ.get(RULE)
        # Neither a method that the parser has taken, nor an id or a code, has quotation marks.
        method, route = environ.get("REQUEST_METHOD", ""), None if rule is None else rule.rule
        request_id, client = environ.get(REQUEST_ID, ""), address_of(environ)
        status, ms = status[:3], took.total_seconds() * 1000
        more: dict[str, Any] = {"roundTrips": round_trips.so_far()} if self._all else {}
        if USER_ID in environ:
            more["userId"] = environ[USER_ID]
        if CODE in environ:
            more["code"] = environ[CODE]
        if self._in_json:
            line = (
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
        else:
            line = (
                f"{stamp} {level} {self._pid} {method} {route or '-'} {status} {ms:.1f} ms "
                f"(event={event} requestId={request_id} client={client}"
                + "".join([f" {name}={value}" for name, value in more.items()])
                + ")"
            )
        write_soon(line)


@lru_cache(maxsize=1)
def _second(second: int) -> str:
    return rfc_3339(second).partition(".")[0]
