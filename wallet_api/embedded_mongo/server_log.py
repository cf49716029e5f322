"""mongod's log: bounded in size, and without what mongod quotes of commands and documents."""

import json
import logging
import threading
from collections.abc import Iterable
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

MAX_BYTES = 5_000_000
KEPT_FILES = 3
"""Besides the one that is being written."""

MASK = "###"
"""As MongoDB's own redaction writes it, which only its Enterprise edition has."""

# These speak of the server itself: its start, its connections, its storage engine.
_OF_THE_SERVER = ("CONTROL", "NETWORK", "RECOVERY", "WT")
_HARMLESS = {"ns", "namespace", "index", "indexName", "planSummary", "protocol", "remote", "type"}
MAX_PLAIN_LENGTH = 500


class ServerLog:
    """A file that a server's lines are copied to, in a thread, for as long as it writes any."""

    def __init__(self, path: Path) -> None:
        self._file = _File(path, maxBytes=MAX_BYTES, backupCount=KEPT_FILES, encoding="utf-8")
        # Each start has a file of its own. Older files may hold what an older version let through.
        if path.stat().st_size:
            self._file.doRollover()

    def copy(self, lines: Iterable[bytes]) -> None:
        """Until they end. A full disk loses lines, and never holds the server up."""
        threading.Thread(target=self._copy, args=(lines,), name="mongod-log", daemon=True).start()

    def _copy(self, lines: Iterable[bytes]) -> None:
        try:
            for line in lines:
                self._file.handle(logging.makeLogRecord({"msg": masked(line)}))
        finally:
            self._file.close()


class _File(RotatingFileHandler):
    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 (logging's name)
        """A log that cannot be written is not worth a word elsewhere for each of its lines."""


def masked(line: bytes) -> str:
    """The line, with every text and document that may come from a command masked."""
    try:
        entry = json.loads(line)
        of_the_server = entry["c"].startswith(_OF_THE_SERVER)
    except (ValueError, KeyError, TypeError, AttributeError):
        # Said before the log is set up: an option that mongod does not know, a missing library.
        return line.decode("utf-8", "replace").rstrip()[:MAX_PLAIN_LENGTH]
    if not of_the_server:
        entry["attr"] = {
            name: _masked_member(name, value) for name, value in entry.get("attr", {}).items()
        }
    return json.dumps(entry, separators=(",", ":"))


def _masked_member(name: str, value: Any) -> Any:
    if name in _HARMLESS or isinstance(value, int | float) or value is None:
        return value
    if name == "error" and isinstance(value, dict):
        return {member: value[member] for member in ("code", "codeName") if member in value}
    return MASK
