"""Sends callbacks in the background, from a queue with an end, and again if they are not taken."""

import http.client
import queue
from collections.abc import Callable
from dataclasses import dataclass
from threading import Thread
from urllib.parse import urlsplit

from wallet_api.payouts.simulator.protocols.protocol import Letter

MAX_WAITING = 20_000
SENDERS = 4
ANSWER_SECONDS = 5.0
TRIES = 6
"""The waits between them double, from one second."""


def is_address(text: object) -> bool:
    """Whether callbacks can be sent there: http://127.0.0.1:3000"""
    try:
        parts = urlsplit(text) if isinstance(text, str) else None
        return bool(
            parts and parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        )
    except ValueError:
        return False


@dataclass(slots=True)
class Counts:
    taken: int = 0
    refused: int = 0
    """Answered with anything but 2xx, once for each try."""
    failed: int = 0
    """Not answered, once for each try."""
    given_up: int = 0
    dropped: int = 0
    """The queue was full: gateways lose callbacks too."""


@dataclass(slots=True)
class _Parcel:
    letter: Letter
    tries: int = 0


class PostOffice:
    """`later` may be called by any thread. Without an address, nothing is sent."""

    def __init__(
        self, address: str | None, later: Callable[[float, Callable[[], None]], object]
    ) -> None:
        self.address = address
        self.counts = Counts()
        self._later = later
        self._queue: queue.Queue[_Parcel | None] = queue.Queue(MAX_WAITING)
        self._threads: list[Thread] = []

    def start(self) -> None:
        for number in range(SENDERS):
            thread = Thread(target=self._work, name=f"callbacks-{number}", daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self) -> None:
        """What waits is not sent any more."""
        self.address = None
        for _ in self._threads:
            try:
                self._queue.put_nowait(None)
            except queue.Full:
                break  # They are daemons.

    def post(self, letter: Letter, seconds: float = 0.0) -> None:
        if self.address is None:
            return
        parcel = _Parcel(letter)
        if seconds:
            self._later(seconds, lambda: self._put(parcel))
        else:
            self._put(parcel)

    @property
    def waiting(self) -> int:
        return self._queue.qsize()

    def _put(self, parcel: _Parcel) -> None:
        try:
            self._queue.put_nowait(parcel)
        except queue.Full:
            self.counts.dropped += 1

    def _work(self) -> None:
        line = _Line()
        while parcel := self._queue.get():
            if self.address is None:
                continue
            try:
                status = line.send(self.address, parcel.letter)
            except (OSError, http.client.HTTPException, ValueError):
                self.counts.failed += 1
                line.hang_up()
            else:
                if 200 <= status < 300:
                    self.counts.taken += 1
                    continue
                self.counts.refused += 1
            self._again(parcel)

    def _again(self, parcel: _Parcel) -> None:
        parcel.tries += 1
        if parcel.tries >= TRIES:
            self.counts.given_up += 1
        else:
            self._later(2.0 ** (parcel.tries - 1), lambda: self._put(parcel))


class _Line:
    """A kept connection of one sender."""

    def __init__(self) -> None:
        self._to = ""
        self._connection: http.client.HTTPConnection | None = None

    def send(self, address: str, letter: Letter) -> int:
        """The answer's status. Raises OSError, HTTPException, ValueError (no address)."""
        connection = self._connected(address)
        path = urlsplit(address).path.rstrip("/") + letter.path
        headers = {"Content-Type": "application/json", **letter.headers}
        try:
            connection.request("POST", path, letter.body, headers)
            answer = connection.getresponse()
        except (BrokenPipeError, ConnectionResetError, http.client.BadStatusLine):
            # The kept connection has ended meanwhile: one more try, on a new one.
            self.hang_up()
            connection = self._connected(address)
            connection.request("POST", path, letter.body, headers)
            answer = connection.getresponse()
        answer.read(64 * 1024)
        if not answer.isclosed():
            self.hang_up()
        return answer.status

    def hang_up(self) -> None:
        if self._connection:
            self._connection.close()
        self._connection = None

    def _connected(self, address: str) -> http.client.HTTPConnection:
        if self._connection is None or self._to != address:
            self.hang_up()
            parts = urlsplit(address)
            kind = (
                http.client.HTTPSConnection
                if parts.scheme == "https"
                else http.client.HTTPConnection
            )
            self._connection = kind(parts.hostname or "", parts.port, timeout=ANSWER_SECONDS)
            self._to = address
        return self._connection
