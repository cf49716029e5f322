"""The one source of time, so that a test can hold it."""

from datetime import UTC, datetime


def now() -> datetime:
    """The present instant in UTC, in whole milliseconds, which is all that MongoDB keeps."""
    return to_milliseconds(datetime.now(UTC))


def to_milliseconds(instant: datetime) -> datetime:
    """Without what is finer: the last millisecond that had begun."""
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)


def in_utc(instant: datetime) -> datetime:
    """The same, which MongoDB knows to be in UTC, said to be so."""
    return instant.replace(tzinfo=UTC)


def rfc3339(instant: datetime) -> str:
    """2026-02-24T12:34:56.789Z, the form of every time in an answer (RFC 3339, UTC).

    Of a time without an offset, it is in UTC; 0.4 microseconds then, and 0.8 with one.
    """
    text = instant.isoformat("T", "milliseconds")
    return text + "Z" if instant.tzinfo is None else text.replace("+00:00", "Z")
