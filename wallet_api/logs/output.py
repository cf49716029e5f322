"""Where lines go: to the standard error, at once or a moment later with others."""

import json
import logging
import os
import select
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress

STANDARD_ERROR = 2
TOGETHER_SECONDS = 0.1
"""How long a line that may wait does."""

MAX_WAITING = 20_000
"""Lines. Where nobody reads the log, further ones are counted and dropped."""

ATOMIC_BYTES = 4096
"""A write of so many to a pipe is not mixed with other processes' (PIPE_BUF of Linux)."""

WRITE_SECONDS = 1.0
"""How long a full pipe is waited for, where it does not block by itself."""

_waiting: deque[Callable[[], str]] = deque()
_dropped = 0
_some = threading.Event()
_starting = threading.Lock()
_writing = threading.Lock()
_writer_of: int | None = None


def write_soon(line: Callable[[], str]) -> None:
    """Have the line made and written within a moment, in a thread of its own.

    A process that is killed loses it.
    """
    global _dropped
    if len(_waiting) >= MAX_WAITING:
        _dropped += 1
        return
    _waiting.append(line)
    if not _some.is_set():
        _start_writer()
        _some.set()


def write_now(line: str) -> None:
    """Write the line, after those that wait: once this returns, the kernel has it."""
    flush()
    with _writing:
        _write([line])


def flush() -> None:
    """Write what waits, in pieces that stay whole among other processes' lines."""
    global _dropped
    with _writing:
        piece: list[str] = []
        length = 0
        while _waiting:
            line = _made(_waiting.popleft())
            if length + len(line) >= ATOMIC_BYTES:
                _write(piece)
                piece, length = [], 0
            piece.append(line)
            length += len(line) + 1
        _write(piece)
        dropped, _dropped = _dropped, 0
    if dropped:
        logging.getLogger(__name__).warning("The log is read too slowly: %d lines dropped", dropped)


def _write(lines: list[str]) -> None:
    rest = memoryview("".join(f"{line}\n" for line in lines).encode("utf-8", "backslashreplace"))
    with suppress(OSError):
        while rest:
            try:
                rest = rest[os.write(STANDARD_ERROR, rest) :]
            except BlockingIOError:
                if not select.select([], [STANDARD_ERROR], [], WRITE_SECONDS)[1]:
                    return


def _made(line: Callable[[], str]) -> str:
    try:
        return line()
    except Exception as error:  # the thread that writes must outlive it
        return json.dumps({"level": "error", "message": f"a line cannot be told: {error!r}"})


def _start_writer() -> None:
    global _writer_of
    with _starting:
        # A fork has the memory of its parent, but none of its threads.
        if _writer_of != os.getpid():
            _writer_of = os.getpid()
            threading.Thread(target=_keep_writing, name="log", daemon=True).start()


def _keep_writing() -> None:
    while True:
        _some.wait()
        time.sleep(TOGETHER_SECONDS)
        _some.clear()
        flush()


class Handler(logging.Handler):
    """Of the standard library's logging; each record is written before its call returns."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            write_now(self.format(record))
        except Exception:
            self.handleError(record)
