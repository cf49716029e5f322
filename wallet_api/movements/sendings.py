"""An update that was sent twice and found nothing the second time may still take effect."""

from collections.abc import Iterator, Mapping
from typing import Any

from pymongo.errors import AutoReconnect


class MayStillCommit(AutoReconnect):
    """What was sent first has not been answered: the server may execute it at any time."""

    def __init__(self) -> None:
        super().__init__("what was sent first may still arrive; sent again, it found nothing")


class Sendings(Mapping[str, Any]):
    """A movement, as a part of its update, that counts how often the driver sends it.

    The driver sends an update again, once, if its connection breaks. The server executes one of the
    two at most, but it remembers only those that have changed something. So if the second finds
    nothing, the first, which may lie in a buffer of the network or of a server that has stopped for
    a moment, is executed when it arrives. The driver does not say that it has sent twice. (Its
    listeners would, for 12 microseconds a command; this takes 0.7.)
    """

    def __init__(self, movement: Mapping[str, Any]) -> None:
        self._movement = movement
        self._count = 0

    def check(self) -> None:
        """To be called where the update has found nothing. Raises MayStillCommit."""
        if self._count > 1:
            raise MayStillCommit

    def __iter__(self) -> Iterator[str]:
        self._count += 1  # the encoder of commands goes through it, once for each
        return iter(self._movement)

    def __getitem__(self, name: str) -> Any:
        return self._movement[name]

    def __len__(self) -> int:
        return len(self._movement)
