"""Exceptions as they are logged: where they came from in full, what they quote not at all."""

import traceback
from collections.abc import Callable, Iterator
from typing import Any

from pymongo.errors import BulkWriteError, ConnectionFailure, OperationFailure

MAX_CHAIN = 5
MAX_FRAMES = 40
"""The last ones, of each exception."""

_QUOTE_DOCUMENTS = ("pymongo", "mongoengine", "bson", "mongomock")

Hide = Callable[[str], str]


def traceback_of(error: BaseException, hide: Hide) -> str:
    """As Python prints it, each exception's message without the data that it may quote."""
    return "\n".join(
        text
        for each, introduction in _chain(error)
        for text in (introduction, _frames(each), hide(described(each)))
        if text
    )


def described(error: BaseException) -> str:
    """The class and the message; of a library of the database, what the message quotes no data.

    A duplicate key's message holds the key itself, such as an email; a bulk write's holds the
    documents.
    """
    kind = type(error)
    name = kind.__qualname__ if kind.__module__ == "builtins" else _full_name(kind)
    message = _message(error)
    return f"{name}: {message}" if message else name


def _full_name(kind: type[BaseException]) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


def _message(error: BaseException) -> str:
    if type(error).__module__.partition(".")[0] not in _QUOTE_DOCUMENTS:
        return str(error)
    if isinstance(error, OperationFailure):
        return _codes(error)
    # It names servers and time-outs.
    return str(error).partition(", full error")[0] if isinstance(error, ConnectionFailure) else ""


def _codes(error: OperationFailure) -> str:
    details: dict[str, Any] = dict(error.details or {})
    failures = details.get("writeErrors", ()) if isinstance(error, BulkWriteError) else (details,)
    told = {f"code {failure.get('code', error.code)}{_index(failure)}" for failure in failures}
    return ", ".join(sorted(told) or [f"code {error.code}"])


def _index(failure: dict[str, Any]) -> str:
    keys = failure.get("keyPattern")
    return f", index of {' and '.join(keys)}" if keys else ""


def _frames(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    lines = traceback.format_list(frames[-MAX_FRAMES:])
    return "".join(["Traceback (most recent call last):\n", *lines]).rstrip("\n") if lines else ""


def _chain(error: BaseException) -> Iterator[tuple[BaseException, str]]:
    """The exceptions that led to this one, the first one first, and how each led to the next."""
    chain: list[BaseException] = []
    following: BaseException | None = error
    while following is not None and following not in chain and len(chain) < MAX_CHAIN:
        chain.append(following)
        hidden = following.__suppress_context__
        following = following.__cause__ or (None if hidden else following.__context__)
    before: BaseException | None = None
    for each in reversed(chain):
        caused = "\nThat caused:" if each.__cause__ is before else "\nDuring its handling:"
        yield each, caused if before is not None else ""
        before = each
