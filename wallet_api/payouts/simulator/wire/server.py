"""Reads requests and sends replies, on kept connections, within limits."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus

from gunicorn_h1c import H1CProtocol

from wallet_api.payouts.simulator.wire.messages import Reply, Request, Sending

REQUEST_SECONDS = 10.0
"""For a whole request, from its first byte."""
IDLE_SECONDS = 75.0
READING_SECONDS = 30.0
"""For a client to take each piece of an answer."""
DRAIN_SECONDS = 1.0
MAX_BODY = 1024 * 1024
MAX_CONNECTIONS = 4000
DRIP_SECONDS = 0.5
PIECE = 64 * 1024

_PHRASES = {status.value: status.phrase for status in HTTPStatus}


class WireError(Exception):
    """The request breaks HTTP, or a limit; the status says how."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Server:
    """`answer` is called in the event loop, and does not wait.

    A client too many is let in, and the one that has asked for nothing longest is cut off.
    """

    def __init__(
        self, answer: Callable[[Request], Reply], max_connections: int = MAX_CONNECTIONS
    ) -> None:
        self._answer = answer
        self._max_connections = max_connections
        self._connections: set[asyncio.Task[None]] = set()
        self._idle: dict[asyncio.Task[None], None] = {}
        """Those without a whole request, the one that has waited longest first."""

    async def listen(self, host: str, port: int) -> asyncio.Server:
        return await asyncio.start_server(self._serve, host, port, backlog=1024)

    async def close(self) -> None:
        """Cut every connection off."""
        for task in list(self._connections):
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101  a coroutine runs in a task
        if len(self._connections) >= self._max_connections:
            if not self._idle:
                writer.close()
                return
            next(iter(self._idle)).cancel()
        self._connections.add(task)
        try:
            with suppress(OSError, TimeoutError, asyncio.CancelledError):
                await self._converse(task, reader, writer)
        finally:
            self._connections.discard(task)
            self._idle.pop(task, None)
            writer.close()

    async def _converse(
        self,
        task: asyncio.Task[None],
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        rest = b""
        while True:
            self._idle[task] = None
            body: list[bytes] = []
            parser = H1CProtocol(on_body=body.append, limit_remaining=PIECE)
            try:
                request = await _read(parser, body, reader, rest)
            except WireError as error:
                await _send(writer, Reply(error.status), False)
                await _drain(reader, writer)
                return
            if request is None:
                return
            self._idle.pop(task, None)
            keep = parser.should_keep_alive
            reply = self._answer(request)
            if not await _send(writer, reply, keep) or not keep:
                return
            rest = parser.remaining()


async def _read(
    parser: H1CProtocol, body: list[bytes], reader: asyncio.StreamReader, data: bytes
) -> Request | None:
    """None: the client has gone. Raises WireError, TimeoutError."""
    if not data:
        async with asyncio.timeout(IDLE_SECONDS):
            data = await reader.read(PIECE)
    async with asyncio.timeout(REQUEST_SECONDS):
        size = 0
        while data:
            size += len(data)
            try:
                parser.feed(data)
            except ValueError:
                raise WireError(400) from None
            if (parser.content_length or 0) > MAX_BODY or size > MAX_BODY + PIECE:
                raise WireError(413)
            if parser.is_complete:
                return Request(
                    parser.method.decode("latin-1"),
                    parser.path.decode("latin-1"),
                    {
                        name.decode("latin-1").lower(): value.decode("latin-1")
                        for name, value in parser.headers
                    },
                    b"".join(body),
                )
            data = await reader.read(PIECE)
    return None


async def _send(writer: asyncio.StreamWriter, reply: Reply, keep: bool) -> bool:
    """Whether another request may follow on the connection."""
    if reply.wait_seconds:
        await asyncio.sleep(reply.wait_seconds)
    if reply.sending is Sending.CLOSE:
        return False
    head = _head(reply, keep)
    match reply.sending:
        case Sending.WHOLE:
            await _write(writer, head + reply.body)
        case Sending.HALF:
            await _write(writer, head + reply.body[: len(reply.body) // 2])
            return False
        case Sending.DRIP:
            for byte in head + reply.body:
                await _write(writer, bytes([byte]))
                await asyncio.sleep(DRIP_SECONDS)
        case Sending.ENDLESS:
            await _write(writer, head)
            for _ in range(reply.repetitions):
                await _write(writer, reply.body)
    return True


async def _drain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Read what is still on its way: unread, it would reset the connection before the answer."""
    writer.write_eof()
    async with asyncio.timeout(DRAIN_SECONDS):
        while await reader.read(PIECE):
            pass


async def _write(writer: asyncio.StreamWriter, piece: bytes) -> None:
    """Raises TimeoutError: the client does not read."""
    writer.write(piece)
    async with asyncio.timeout(READING_SECONDS):
        await writer.drain()


def _head(reply: Reply, keep: bool) -> bytes:
    lines = [
        f"HTTP/1.1 {reply.status} {_PHRASES.get(reply.status, 'Unknown')}",
        f"Content-Length: {len(reply.body) * reply.repetitions}",
        f"Content-Type: {reply.media_type}",
        *(f"{name}: {value}" for name, value in reply.headers.items()),
        f"Connection: {'keep-alive' if keep else 'close'}",
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
