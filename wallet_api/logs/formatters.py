"""A log record as one line: JSON for machines, or words for people."""

import copy
import logging
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from pythonjsonlogger.core import RESERVED_ATTRS
from pythonjsonlogger.json import JsonFormatter as LibraryFormatter

from wallet_api.logs.exceptions import described, traceback_of
from wallet_api.logs.redaction import escaped, redacted, without_values

Members = Callable[[], dict[str, Any]]
"""What is known of the request that the thread is at."""

Values = Callable[[], Iterable[tuple[str, str]]]
"""What that request's client has sent: (name, value)."""


class JsonFormatter(LibraryFormatter):
    """One JSON object a line. Its escapes keep any control character out of the line."""

    def __init__(self, members: Members, values: Values) -> None:
        super().__init__(json_ensure_ascii=True)
        self._members = members
        self._values = values

    def format(self, record: logging.LogRecord) -> str:
        return super().format(_cleaned(record, self._values))

    def formatException(self, exc_info: Any) -> str:  # noqa: N802 (logging's name)
        return _traceback(exc_info, self._values)

    def add_fields(
        self,
        log_data: dict[str, Any],
        record: logging.LogRecord,
        message_dict: dict[str, Any],
    ) -> None:
        log_data |= {
            "time": rfc_3339(record.created),
            "level": record.levelname.lower(),
            "pid": record.process,
            "logger": record.name,
            "message": record.message,
            **self._members(),
            **_extras(record),
        }
        if "exc_info" in message_dict:
            log_data["exception"] = message_dict["exc_info"]


class ReadableFormatter(logging.Formatter):
    """Words. A traceback follows on lines of its own, which are indented; data cannot make one."""

    def __init__(self, members: Members, values: Values) -> None:
        super().__init__()
        self._members = members
        self._values = values

    def format(self, record: logging.LogRecord) -> str:
        members = {**self._members(), **_extras(record)}
        head = f"{rfc_3339(record.created)} {record.levelname.lower()} {record.process}"
        told = " ".join(f"{name}={value}" for name, value in members.items())
        message = _cleaned(record, self._values).getMessage()
        line = escaped(f"{head} {message}" + (f" ({told})" if told else ""))
        if not record.exc_info:
            return line
        lines = _traceback(record.exc_info, self._values, escaped).split("\n")
        return "\n    ".join([line, *lines])


def rfc_3339(seconds: float) -> str:
    """In UTC, with milliseconds."""
    text = datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
    return text.removesuffix("+00:00") + "Z"


def _cleaned(record: logging.LogRecord, values: Values) -> logging.LogRecord:
    """A copy whose message holds nothing that a line may not hold."""
    cleaned = copy.copy(record)
    arguments = record.args
    if isinstance(arguments, tuple):
        cleaned.args = tuple(
            described(each) if isinstance(each, BaseException) else each for each in arguments
        )
    cleaned.msg = redacted(without_values(cleaned.getMessage(), values()))
    cleaned.args = None
    return cleaned


def _extras(record: logging.LogRecord) -> dict[str, Any]:
    return {
        name: redacted(value) if isinstance(value, str) else value
        for name, value in vars(record).items()
        if name not in RESERVED_ATTRS and not name.startswith("_")
    }


def _traceback(
    exc_info: Any, values: Values, then: Callable[[str], str] = lambda text: text
) -> str:
    sent = list(values())
    return traceback_of(exc_info[1], lambda text: then(redacted(without_values(text, sent))))
