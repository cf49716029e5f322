"""What the books once were: signed lines in a file out of reach of the database's administrator."""

import errno
import fcntl
import json
import os
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from io import FileIO
from pathlib import Path
from typing import Any

from wallet_api import ledger_signing
from wallet_api.clock import rfc3339
from wallet_api.errors import OutOfService


class BadAnchor(Exception):
    """The file is no chain of lines that the ledger's secret has signed; the message says why."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """All that had been booked up to an instant."""

    at: datetime
    wallets: int
    """Those that had an entry or a refusal by then."""
    entries: int
    refusals: int
    digest: str
    """Of the heads of all of these wallets, in hexadecimal."""


def last_of(path: Path) -> Anchor | None:
    """The file's last anchor, once each of its lines is verified; None: there is no line yet.

    Raises BadAnchor, OSError.
    """
    lines = deque(_lines(path), maxlen=1)
    if not lines:
        return None
    (last,) = lines
    members = {name: last[name] for name in ("wallets", "entries", "refusals", "digest")}
    return Anchor(at=datetime.fromisoformat(last["at"]), **members)


def append(path: Path, anchor: Anchor) -> None:
    """Write one more line, durably and whole, or nothing. Waits while another audit writes one.

    Raises BadAnchor, OSError.
    """
    # Opened to append only: the file may be one that nobody can write otherwise (chattr +a).
    with path.open("ab", buffering=0) as file:
        # Of two audits that read the same last line, one would write a line that fits no more.
        fcntl.flock(file, fcntl.LOCK_EX)
        lines = deque(_lines(path), maxlen=1)
        previous = lines[0]["mac"] if lines else ""
        version = ledger_signing.present_version()
        content = asdict(anchor) | {"at": rfc3339(anchor.at)}
        content |= {"previous": previous, "version": version}
        signed = json.dumps(content | {"mac": _mac(content, version)}) + "\n"
        _write_whole(file, signed.encode())


def _write_whole(file: FileIO, line: bytes) -> None:
    """Half a line, on a disk that is full, would spoil all lines after it."""
    before = os.fstat(file.fileno()).st_size
    try:
        if file.write(line) != len(line):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        os.fsync(file.fileno())
    except OSError:
        with suppress(OSError):  # of a file that is appended to only, nothing can be taken back
            file.truncate(before)
        raise


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    previous = ""
    for number, text in enumerate(path.read_bytes().splitlines(), start=1):
        try:
            line = json.loads(text)
            signed = {name: value for name, value in line.items() if name != "mac"}
            whole = line["mac"] == _mac(signed, line["version"]) and line["previous"] == previous
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError, OutOfService):
            whole = False
        if not whole:
            raise BadAnchor(
                f"{path}: line {number} is not what an audit with this LEDGER_SECRET has written "
                "there after the line before it."
            )
        previous = line["mac"]
        yield line


def _mac(content: dict[str, Any], version: int) -> str:
    if version < ledger_signing.FIRST_SIGNED:
        raise OutOfService("An anchor is signed.")
    text = json.dumps(content, sort_keys=True)
    return ledger_signing.digest(version, "anchor", text.encode()).hex()
