"""A file of anchors stays whole whatever happens to it, and proves nothing but what it says."""

import json
import resource
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.money.audit_books import Books, kept_books
from wallet_api import clock
from wallet_api.audit import anchor, past
from wallet_api.audit.anchor import Anchor
from wallet_api.audit.cli import audit_command
from wallet_api.movements.relay.copy import copy_outbox

pytestmark = pytest.mark.usefixtures("app")


@pytest.fixture
def anchors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file for anchors of this very moment."""
    monkeypatch.setattr(past, "AGE", timedelta(0))
    return tmp_path / "anchors"


@pytest.fixture
def books() -> Books:
    kept = kept_books()
    copy_outbox(kept.user)
    return kept


@contextmanager
def room_for(bytes_: int) -> Iterator[None]:
    """As on a disk with so much room: the kernel writes what fits, and refuses the rest."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


def audit(*options: object) -> Result:
    return CliRunner().invoke(audit_command, list(map(str, options)))


def an_anchor() -> Anchor:
    return Anchor(at=clock.now(), wallets=1, entries=1, refusals=0, digest="00" * 32)


def test_half_a_line_is_no_line_and_spoils_none(anchors: Path) -> None:
    anchor.append(anchors, an_anchor())
    before = anchors.read_bytes()

    with room_for(len(before) + 100), pytest.raises(OSError, match="No space left"):
        anchor.append(anchors, an_anchor())

    assert anchors.read_bytes() == before
    anchor.append(anchors, an_anchor())
    assert anchor.last_of(anchors) is not None


def test_audits_at_the_same_time_write_one_line_after_the_other(anchors: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: anchor.append(anchors, an_anchor()), range(40)))

    lines = [json.loads(line) for line in anchors.read_text().splitlines()]
    assert anchor.last_of(anchors) is not None
    assert [line["previous"] for line in lines] == ["", *(line["mac"] for line in lines[:-1])]
    assert len(lines) == 40


def test_a_file_without_a_line_proves_nothing(books: Books, anchors: Path) -> None:
    anchors.touch()

    result = audit("--since", anchors)

    assert (result.exit_code, result.stdout) == (2, "")
    assert "has no anchor" in result.stderr


def test_the_first_anchor_says_that_nothing_was_proven(books: Books, anchors: Path) -> None:
    first, second = audit("--anchor", anchors), audit("--anchor", anchors)

    assert "It is the first, and nothing was proven." in first.stderr
    assert "the first" not in second.stderr


@pytest.mark.parametrize(
    "content", [b"\xff\xfe\x00\x01", b"\x00" * 4096, b"[" * 100_000], ids=["bytes", "zeros", "deep"]
)
def test_a_file_of_anything_is_refused_in_one_line(
    books: Books, anchors: Path, content: bytes
) -> None:
    anchors.write_bytes(content)

    for option in "--since", "--anchor":
        result = audit(option, anchors)

        assert (result.exit_code, result.stdout) == (2, "")
        assert len(result.stderr.splitlines()) == 1
        assert anchors.read_bytes() == content


def test_books_that_are_right_are_told_where_no_anchor_can_be_written(
    books: Books, anchors: Path
) -> None:
    result = audit("--anchor", anchors.parent / "no such folder" / "anchors")

    assert result.exit_code == 2
    assert "Every cent adds up." in result.stdout
    assert result.stderr.startswith("No anchor is written: ")
