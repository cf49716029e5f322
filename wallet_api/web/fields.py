"""Fields that take exactly what the contract names, and coerce nothing."""

import re
from datetime import UTC, datetime
from typing import Any, ClassVar, TypeVar

from bson import ObjectId
from marshmallow import fields

from wallet_api import clock, invisible

Value = TypeVar("Value")


class Text(fields.Field[str]):
    """A string of so many characters that a person can read.

    White space and invisible characters at its ends are dropped, so that what was pasted with one
    of them is the same text; inside, an invisible character is refused.
    """

    default_error_messages = {
        "type": "Must be a string.",
        "control": "Must not contain control characters.",
        "invisible": "Must not contain invisible characters: U+{code:04X}.",
        "blank": "Must not be blank.",
        "long": "Must have {most} characters at most.",
    }

    def __init__(self, most: int, **kwargs: Any) -> None:
        super().__init__(
            metadata={
                "type": "string",
                "minLength": 1,
                "maxLength": most,
                "pattern": invisible.PATTERN,
                **kwargs.pop("metadata", {}),
            },
            **kwargs,
        )
        self.most = most

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if not isinstance(value, str):
            raise self.make_error("type")
        text = value.strip() if invisible.is_plain(value) else self._readable(value)
        if not text:
            raise self.make_error("blank")
        if len(text) > self.most:
            raise self.make_error("long", most=self.most)
        return text

    def _readable(self, value: str) -> str:
        if invisible.CONTROL.search(value):
            raise self.make_error("control")
        text = invisible.trimmed(value)
        if (unseen := invisible.invisible_in(text)) is not None:
            raise self.make_error("invisible", code=ord(unseen))
        return text


class Flag(fields.Field[bool]):
    """True or false, and nothing that might mean one of them."""

    default_error_messages = {"type": "Must be true or false."}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(metadata={"type": "boolean"}, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("type")
        return value


class Written(fields.Field[Value]):
    """A field whose form in an answer depends on its value alone."""

    @staticmethod
    def written(value: Any, /) -> str:
        """The form of a value other than None."""
        raise NotImplementedError

    def _serialize(
        self, value: Value | None, attr: str | None, obj: Any, **kwargs: Any
    ) -> str | None:
        return self.written(value) if value is not None else None


class Instant(Written[datetime]):
    """A time with its offset (RFC 3339), to the millisecond."""

    default_error_messages = {"invalid": "Must be an RFC 3339 time, such as 2026-02-24T12:34:56Z."}

    _FORM = re.compile(
        r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII
    )

    _SHAPE: ClassVar[dict[str, Any]] = {"type": "string", "format": "date-time"}

    def __init__(self, description: str | None = None, **kwargs: Any) -> None:
        told = {"description": description} if description else {}
        super().__init__(metadata=self._SHAPE | told, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:
        # A `+` that a client forgot to percent-encode arrives as a space.
        value = value.replace(" ", "+") if isinstance(value, str) else ""
        if not self._FORM.fullmatch(value):
            raise self.make_error("invalid")
        try:
            instant = datetime.fromisoformat(value.upper()).astimezone(UTC)
        except (ValueError, OverflowError):
            raise self.make_error("invalid") from None
        return clock.to_milliseconds(instant)

    written = staticmethod(clock.rfc3339)


class InstantOrDay(Instant):
    """A time, or a date alone (RFC 3339, full-date), which is its first instant in UTC."""

    default_error_messages = {
        "invalid": "Must be an RFC 3339 time, such as 2026-02-24T12:34:56Z, or a date."
    }

    _DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)

    _SHAPE: ClassVar[dict[str, Any]] = {
        "anyOf": [{"type": "string", "format": each} for each in ("date-time", "date")]
    }

    def __init__(self, description: str, **kwargs: Any) -> None:
        super().__init__(f"{description} A date alone is its first instant in UTC.", **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:
        if isinstance(value, str) and self._DAY.fullmatch(value):
            value += "T00:00:00Z"
        return super()._deserialize(value, attr, data, **kwargs)


class Identifier(Written[ObjectId]):
    """An opaque id, on the way out."""

    def __init__(self, description: str | None = None, **kwargs: Any) -> None:
        told = {} if description is None else {"description": description}
        super().__init__(metadata={"type": "string"} | told, **kwargs)

    written = staticmethod(str)
