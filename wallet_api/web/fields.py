"""Fields that take exactly what the contract names, and coerce nothing."""

import re
from datetime import UTC, datetime
from typing import Any

from bson import ObjectId
from marshmallow import fields

from wallet_api import clock

# C0 and C1 controls, lone surrogates; direction overrides, which make text read as other text.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")
# The same for OpenAPI, in the syntax of ECMA-262; one character at least that is no white space.
_CONTROL = r"\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069"
_READABLE = rf"^[^{_CONTROL}]*[^\s{_CONTROL}][^{_CONTROL}]*$"


class Text(fields.Field[str]):
    """A string of so many characters that a person can read; outer white space is dropped."""

    default_error_messages = {
        "type": "Must be a string.",
        "unprintable": "Must not contain control characters.",
        "blank": "Must not be blank.",
        "long": "Must have {most} characters at most.",
    }

    def __init__(self, most: int, **kwargs: Any) -> None:
        super().__init__(
            metadata={
                "type": "string",
                "minLength": 1,
                "maxLength": most,
                "pattern": _READABLE,
                **kwargs.pop("metadata", {}),
            },
            **kwargs,
        )
        self.most = most

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if not isinstance(value, str):
            raise self.make_error("type")
        if _UNPRINTABLE.search(value):
            raise self.make_error("unprintable")
        text = value.strip()
        if not text:
            raise self.make_error("blank")
        if len(text) > self.most:
            raise self.make_error("long", most=self.most)
        return text


class Instant(fields.Field[datetime]):
    """A time with its offset (RFC 3339), to the millisecond."""

    default_error_messages = {"invalid": "Must be an RFC 3339 time, such as 2026-02-24T12:34:56Z."}

    _FORM = re.compile(
        r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII
    )

    def __init__(self, **kwargs: Any) -> None:
        metadata = {"type": "string", "format": "date-time", **kwargs.pop("metadata", {})}
        super().__init__(metadata=metadata, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:
        # A `+` that a client forgot to percent-encode arrives as a space.
        value = value.replace(" ", "+") if isinstance(value, str) else ""
        if not self._FORM.fullmatch(value):
            raise self.make_error("invalid")
        try:
            return datetime.fromisoformat(value.upper()).astimezone(UTC)
        except (ValueError, OverflowError):
            raise self.make_error("invalid") from None

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return clock.rfc3339(value) if value is not None else None


class Identifier(fields.Field[ObjectId]):
    """An opaque id, on the way out."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(metadata={"type": "string"}, **kwargs)

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return str(value) if value is not None else None
