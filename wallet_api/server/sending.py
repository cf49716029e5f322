"""An answer on its way to a client that may be slow: its thread goes, and the answer waits."""

import time
from collections.abc import Callable, Iterable
from typing import Any

from wallet_api.server.response import OneSegmentResponse

PIECE_BYTES = 32 * 1024
"""Of an answer that is made while it is sent, so much is sent at once."""

TURN_BYTES = 64 * 1024
"""Of such an answer, so much is made in one turn. Then it is another one's."""

LEAST_BYTES_PER_SECOND = 4096
"""A client that reads an answer more slowly than this does not get the end of it."""


class Answer:
    """What the application has answered, and how much of it the client has taken."""

    def __init__(
        self,
        response: OneSegmentResponse,
        body: Iterable[bytes],
        finish: Callable[[], None],
    ) -> None:
        self.response = response
        self._parts = iter(body)
        self._finish = finish
        self._is_made = False
        self._aside: Any = None
        self._waited = 0.0
        self._waits_since = 0.0

    def go_on(self) -> bool:
        """Send what the client takes, without waiting for it. Whether that was all of it.

        Raises OSError: the client is gone; and what the application raises.
        """
        response = self.response
        if response.unsent and not response.send_unsent():
            return False
        if self._is_made:
            return True
        if response.response_length is not None:
            for part in self._parts:
                response.write(part)
                if response.unsent:
                    return False
        elif not self._make_in_turn():
            return False
        response.close()
        self._is_made = True
        return not response.unsent

    def _make_in_turn(self) -> bool:
        """Whether it is made to its end."""
        made = 0
        while made < TURN_BYTES:
            piece = self._piece()
            if not piece:
                return True
            self.response.write(piece)
            if self.response.unsent:
                return False
            made += len(piece)
        return False

    def _piece(self) -> bytes:
        if not self.response.headers_sent:
            return next((part for part in self._parts if part), b"")
        parts, size = [], 0
        for part in self._parts:
            parts.append(part)
            size += len(part)
            if size >= PIECE_BYTES:
                break
        return b"".join(parts)

    def put_aside(self) -> None:
        """Its thread leaves it."""
        # Not above: a worker's application is newer than its master's.
        from wallet_api.web import request_context

        self._aside = request_context.put_aside()

    def take_up(self) -> None:
        """A thread, this one, goes on with it."""
        from wallet_api.web import request_context

        request_context.take_up(self._aside)

    def deadline(self, seconds: float) -> float:
        """Until when the client must take more: within these seconds, and these seconds and what
        its least rate allows for all the answer. To be called when the waiting begins."""
        self._waits_since = time.monotonic()
        allowed = seconds + self.response.sent / LEAST_BYTES_PER_SECOND
        return self._waits_since + min(seconds, allowed - self._waited)

    def waited(self) -> None:
        """To be called when the waiting ends."""
        self._waited += time.monotonic() - self._waits_since

    def abandon(self) -> None:
        """`end`, in a thread that was not at it."""
        self.take_up()
        self.end()

    def end(self) -> None:
        """To be called once, whatever became of it."""
        self._finish()
