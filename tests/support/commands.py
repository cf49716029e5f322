"""What the code sends to MongoDB, written down as it is sent."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any

from pymongo import monitoring

_NOT_OF_THE_CODE = {"hello", "ismaster", "ping", "endSessions", "explain"}


class Recorder(monitoring.CommandListener):
    def __init__(self) -> None:
        self._recordings: list[list[dict[str, Any]]] = []
        self._lock = Lock()

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        if event.command_name not in _NOT_OF_THE_CODE:
            with self._lock:
                for recording in self._recordings:
                    recording.append({**event.command})

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        pass

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        pass

    @contextmanager
    def recording(self) -> Iterator[list[dict[str, Any]]]:
        commands: list[dict[str, Any]] = []
        self._recordings.append(commands)
        try:
            yield commands
        finally:
            self._recordings.remove(commands)


recorder = Recorder()
monitoring.register(recorder)
