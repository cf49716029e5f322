"""A document that is only shown is read as a named tuple, which costs a tenth of the document."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeVar, get_args, get_type_hints

from bson import ObjectId
from mongoengine import (
    DateTimeField,
    EmbeddedDocumentField,
    ListField,
    LongField,
    ObjectIdField,
    StringField,
)

from wallet_api.clock import in_utc

Row = TypeVar("Row", bound=tuple[Any, ...])
"""A class made by `NamedTuple`, whose members are called as those of the document."""

Make = Callable[[Any], Any]

# Of what MongoDB holds these are already what the document would have.
_PLAIN = {LongField: int, StringField: str, ObjectIdField: ObjectId, DateTimeField: datetime}


def without_zones(collection: Any) -> Any:
    """The collection to read what becomes rows: times are in UTC, and do not say so.

    PyMongo takes 0.6 microseconds to say it of one time, and `isoformat` 0.4 to write it: 40 times
    in a list of 20. (`return collection` switches it off.)
    """
    return collection.with_options(collection.codec_options.with_options(tz_aware=False))


@cache
def row_reader(
    document: Any, row: type[Row]
) -> tuple[dict[str, int], Callable[[Mapping[str, Any]], Row]]:
    """The projection of a read, and what makes a row of each document that it finds.

    The row's members have the values of the document's: the default where there is none, and what
    the field makes of a value of another type. A row, or a list of rows, is made of embedded
    documents; an empty list is None where the row says that it may be.

    What makes it is itself made, of an expression for each member, as NamedTuple makes the row's
    `__new__`: 1.0 microseconds for a withdrawal, by a loop over its members 1.7.
    """
    kinds = get_type_hints(row)
    fields = [getattr(document, name) for name in kinds]
    names: dict[str, Any] = {"row": row, "ObjectId": ObjectId, "datetime": datetime}
    members = [
        _member(field, kind, names) for field, kind in zip(fields, kinds.values(), strict=True)
    ]
    code = f"def row_of(found):\n    get = found.get\n    return row({', '.join(members)})"
    exec(code, names)  # noqa: S102 (made of documents alone, every name of theirs quoted)
    paths = [field.db_field for field in fields]
    return {"_id": 0, **dict.fromkeys(paths, 1)}, names["row_of"]


def _member(field: Any, kind: Any, names: dict[str, Any]) -> str:
    """The expression for the member's value, by `names`, to which it adds what it needs."""
    make, default = _made_and_default(field, kind)
    made, missing = f"make_{len(names)}", f"default_{len(names)}"
    names[made] = make
    names[missing] = default if callable(default) else lambda: default
    none = "None" if default is None else f"{missing}()"
    plain = _PLAIN.get(type(field))
    other = f"value if type(value) is {plain.__name__} else " if plain is not None else ""
    return f"{none} if (value := get({field.db_field!r})) is None else {other}{made}(value)"


def _made_and_default(field: Any, kind: Any) -> tuple[Make, Any]:
    """What is made of values of another type than the field's plain one, and of none."""
    if isinstance(field, ListField):
        row, may_be_none = _unwrapped(kind)
        _, row_of = row_reader(field.field.document_type, *get_args(row))
        if may_be_none:
            return lambda values: _each(row_of, values) or None, None
        return lambda values: _each(row_of, values), field.default
    if isinstance(field, EmbeddedDocumentField):
        row, _ = _unwrapped(kind)
        _, row_of = row_reader(field.document_type, row)
        return lambda value: row_of(value) if isinstance(value, dict) else None, None
    return lambda value: field.to_python(_with_zone(value)), field.default


def _with_zone(value: Any) -> Any:
    """A time that is stored where something else belongs is in UTC, and says so."""
    return in_utc(value) if isinstance(value, datetime) else value


def _unwrapped(kind: Any) -> tuple[Any, bool]:
    """`list[X] | None` -> `list[X]`, True."""
    if not isinstance(kind, UnionType):
        return kind, False
    (inner,) = (each for each in get_args(kind) if each is not NoneType)
    return inner, True


def _each(row_of: Make, values: Any) -> list[Any]:
    """Without what is no embedded document."""
    found = values if isinstance(values, list) else []
    return [row_of(value) for value in found if isinstance(value, dict)]
