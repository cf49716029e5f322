"""One request and its answer over HTTP, within a deadline that the other side cannot stretch."""

import asyncio
from collections.abc import Mapping
from concurrent.futures import CancelledError
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, Literal

import aiohttp
from yarl import URL

from wallet_api.payouts.adapters import loop_thread

MOST_BYTES = 64 * 1024
"""Of an answer's body. No answer about one payout, or about a page of them, is longer."""

Method = Literal["GET", "POST"]
"""No PUT: aiohttp sends it again by itself where a kept connection was closed."""

_GRACE_SECONDS = 2.0
"""After the deadline, for a loop that is busy to tell so."""

_IDLE_SECONDS = 4.0
"""A connection is used again within so long: many servers close theirs after 5 s without a request,
and a payout sent into a connection that is just being closed has an unknown end."""


class NotSent(Exception):
    """No connection came about: no byte of the request has left."""


class NoReply(Exception):
    """The request may have arrived; no whole answer came within the deadline."""


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    """Their names in lower case."""
    body: bytes | None
    """None: over 64 KiB, or compressed although that was not asked for."""


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    url: URL
    headers: Mapping[str, str]
    body: bytes | None


@dataclass(slots=True)
class _Progress:
    connected: bool = False


class Exchange:
    """Asks one gateway; used by several threads at once.

    Connections are kept and used again. Certificates are verified. Neither redirects are followed
    nor cookies kept nor proxies of the environment used: the token goes to the address that the
    settings name, and nowhere else.
    """

    def __init__(self, deadline: timedelta) -> None:
        """deadline: of one exchange in all, from the look-up of the host to the last byte."""
        self._seconds = deadline.total_seconds()
        self._sessions: dict[loop_thread.LoopThread, aiohttp.ClientSession] = {}
        """Of each loop; a process that was forked has another than its parent's."""

    def ask(
        self,
        method: Method,
        url: str,
        *,
        headers: Mapping[str, str],
        query: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Reply:
        """Raises NotSent or NoReply, and nothing else."""
        progress = _Progress()
        loop = loop_thread.of_this_process()
        try:
            request = _Request(method, URL(url).update_query(query or {}), headers, body)
            future = loop.hand_over(self._within_the_deadline(loop, request, progress))
            try:
                return future.result(self._seconds + _GRACE_SECONDS)
            finally:
                future.cancel()
        except (Exception, CancelledError) as error:
            # Whatever a library raises, only this is of interest: may the request have arrived?
            trouble = NoReply if progress.connected else NotSent
            raise trouble(f"{type(error).__name__}: {error}"[:200]) from error

    def close(self) -> None:
        """What is asked afterwards makes a new connection."""
        loop = loop_thread.of_this_process()
        if session := self._sessions.pop(loop, None):
            with suppress(TimeoutError):
                loop.hand_over(session.close()).result(_GRACE_SECONDS)

    async def _within_the_deadline(
        self, loop: loop_thread.LoopThread, request: _Request, progress: _Progress
    ) -> Reply:
        async with asyncio.timeout(self._seconds):
            if loop not in self._sessions:
                self._sessions[loop] = _session()
            async with self._sessions[loop].request(
                request.method,
                request.url,
                headers={"Accept-Encoding": "identity", **request.headers},
                data=request.body,
                allow_redirects=False,
                trace_request_ctx=progress,
            ) as response:
                return Reply(
                    response.status,
                    {name.lower(): value for name, value in response.headers.items()},
                    await _read(response),
                )


def _session() -> aiohttp.ClientSession:
    trace = aiohttp.TraceConfig()
    trace.on_connection_create_end.append(_has_connected)
    trace.on_connection_reuseconn.append(_has_connected)
    return aiohttp.ClientSession(
        # No limit: each asking thread has one exchange at most. Waiting for a place would take
        # from the deadline.
        connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=_IDLE_SECONDS),
        # The one deadline is around the whole, in _within_the_deadline.
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        read_bufsize=MOST_BYTES,
        trace_configs=[trace],
    )


async def _has_connected(_: aiohttp.ClientSession, context: SimpleNamespace, __: Any) -> None:
    context.trace_request_ctx.connected = True


async def _read(response: aiohttp.ClientResponse) -> bytes | None:
    """The body, and not a byte after its 64 KiB: the connection of a longer one is closed."""
    if response.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
        response.close()
        return None
    parts = bytearray()
    async for part in response.content.iter_any():
        parts += part
        if len(parts) > MOST_BYTES:
            response.close()
            return None
    return bytes(parts)
