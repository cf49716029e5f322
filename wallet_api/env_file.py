"""Checks a `.env` file before it is read, so that a fault in it is told in one line."""

from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

from dotenv.parser import Binding, parse_stream

SAVE_IT_ANEW = "save it as UTF-8"


class EnvFileFault(Exception):
    """The file cannot be read; the message names it and the fault, and no value in it."""


def check(path: Path) -> None:
    """Raises EnvFileFault. A file that is not there is no fault."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return
    except OSError as error:
        raise EnvFileFault(f"{path} cannot be read: {error.strerror}") from None
    for number, binding in _bindings(_text(path, content)):
        if binding.error or (binding.key is not None and binding.value is None):
            raise EnvFileFault(f"{path}, line {number}: no assignment; write NAME=value")


def _text(path: Path, content: bytes) -> str:
    # Without a byte order mark, UTF-16 is valid UTF-8 in which every other character is NUL.
    if content.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) or b"\0" in content:
        raise EnvFileFault(f"{path} is UTF-16, or no text at all; {SAVE_IT_ANEW}")
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise EnvFileFault(f"{path}, line {line}: not UTF-8; {SAVE_IT_ANEW}") from None


def _bindings(text: str) -> Iterator[tuple[int, Binding]]:
    for binding in parse_stream(StringIO(text)):
        source = binding.original.string
        # Blank lines before an assignment are counted as its own.
        blank = source[: len(source) - len(source.lstrip())].count("\n")
        yield binding.original.line + blank, binding
