"""Pages of a list, newest first, and the opaque cursor that leads to the next."""

import base64
import binascii
import json
from datetime import UTC, datetime
from typing import Any

from marshmallow import ValidationError, fields, pre_load, validates_schema

from wallet_api import clock
from wallet_api.pages import Page, Position
from wallet_api.web.fields import InstantOrDay
from wallet_api.web.schema import InputSchema, OutputSchema

MAX_LIMIT = 100
DEFAULT_LIMIT = 20


class Limit(fields.Field[int]):
    default_error_messages = {"invalid": f"Must be a whole number from 1 to {MAX_LIMIT}."}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            load_default=DEFAULT_LIMIT,
            metadata={
                "type": "integer",
                "minimum": 1,
                "maximum": MAX_LIMIT,
                "description": "How many at most.",
            },
            **kwargs,
        )

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        if not (value.isascii() and value.isdecimal() and len(value) <= 3):
            raise self.make_error("invalid")
        if not 1 <= int(value) <= MAX_LIMIT:
            raise self.make_error("invalid")
        return int(value)


class CursorField(fields.Field[Position]):
    default_error_messages = {"invalid": "Not a cursor that a list has given."}

    def __init__(self, **kwargs: Any) -> None:
        metadata = {"type": "string", "description": "`nextCursor` of the page before."}
        super().__init__(load_default=None, metadata=metadata, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Position:
        try:
            milliseconds, tie = value
            at = datetime.fromtimestamp(milliseconds / 1000, UTC)
        except (TypeError, ValueError, OverflowError, OSError):
            raise self.make_error("invalid") from None
        if not isinstance(tie, str) or len(tie) > 40:
            raise self.make_error("invalid")
        return Position(at, tie)


class PageQuery(InputSchema):
    """`limit` and `cursor`; a list's own filters are added by its subclass."""

    limit = Limit()
    cursor = CursorField()

    @pre_load
    def unfold_cursor(self, members: dict[str, str], **_: Any) -> dict[str, Any]:
        """A cursor carries its list's filters; repeating them is fine, changing them is not."""
        if "cursor" not in members:
            return members
        position, filters = _decoded(members["cursor"])
        given = {name: members[name] for name in members if name not in ("cursor", "limit")}
        problems = {
            name: problem
            for name, text in given.items()
            if (problem := self._difference(name, text, filters.get(name))) is not None
        }
        if problems:
            raise ValidationError(problems)
        return members | filters | {"cursor": position}

    def _difference(self, name: str, given: str, carried: str | None) -> list[Any] | None:
        """By what both mean: the same time can be written in many ways."""
        field = next((f for n, f in self.load_fields.items() if name == (f.data_key or n)), None)
        if field is not None and carried is not None:
            try:
                if field.deserialize(given) == field.deserialize(carried):
                    return None
            except ValidationError as error:
                return list(error.messages)
        return ["Differs from the list that the cursor belongs to."]

    @classmethod
    def filters(cls, query: dict[str, Any]) -> dict[str, Any]:
        """The loaded query's filters, by their names in the query string."""
        fields_of = cls._declared_fields.items()
        return {
            field.data_key or name: query[name]
            for name, field in fields_of
            if name not in ("limit", "cursor")
        }


class Period(InputSchema):
    """From `from`, which is included, to `to`, which is not."""

    from_ = InstantOrDay(
        "The beginning: what happened at this very instant is included.",
        data_key="from",
        load_default=None,
        allow_none=False,
    )
    to = InstantOrDay(
        "The end: what happened at this very instant is not included, so that `2026-12-01` ends "
        "with November. Not before `from`.",
        load_default=None,
        allow_none=False,
    )

    @validates_schema
    def ends_after_it_begins(self, query: dict[str, Any], **_: Any) -> None:
        if query["from_"] and query["to"] and query["from_"] > query["to"]:
            raise ValidationError("Must not be before `from`.", "to")


class PeriodQuery(Period, PageQuery):
    """A page of what happened in a period."""


class PageResponse(OutputSchema):
    """A list's own schema adds `data`."""

    has_more = fields.Boolean(data_key="hasMore", required=True)
    next_cursor = fields.String(data_key="nextCursor", required=True, allow_none=True)


def page_body(page: Page, filters: dict[str, Any]) -> dict[str, Any]:
    """What a page's schema dumps; its cursor carries `filters`, by their names in the query."""
    cursor = _encoded(page.end, filters) if page.end is not None else None
    return {"data": page.items, "has_more": cursor is not None, "next_cursor": cursor}


def _encoded(end: Position, filters: dict[str, Any]) -> str:
    shown = {
        name: clock.rfc3339(value) if isinstance(value, datetime) else value
        for name, value in filters.items()
        if value is not None
    }
    position = [round(end.at.timestamp() * 1000), end.tie]
    content = json.dumps([position, shown], separators=(",", ":"))
    return base64.urlsafe_b64encode(content.encode()).decode().rstrip("=")


def _decoded(cursor: str) -> tuple[Any, dict[str, str]]:
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        position, filters = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        filters = {str(name): str(value) for name, value in filters.items()}
    except (ValueError, TypeError, AttributeError, binascii.Error, RecursionError):
        raise ValidationError("Not a cursor that a list has given.", "cursor") from None
    return position, {n: v for n, v in filters.items() if n not in ("cursor", "limit")}
