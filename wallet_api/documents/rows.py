"""A document that is only shown is read as a named tuple, which costs a tenth of the document."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache, partial
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

Row = TypeVar("Row", bound=tuple[Any, ...])
"""A class made by `NamedTuple`, whose members are called as those of the document."""

Make = Callable[[Any], Any]

# Of what MongoDB holds these are already what the document would have.
_PLAIN = {LongField: int, StringField: str, ObjectIdField: ObjectId, DateTimeField: datetime}


@cache
def row_reader(
    document: Any, row: type[Row]
) -> tuple[dict[str, int], Callable[[Mapping[str, Any]], Row]]:
    """The projection of a read, and what makes a row of each document that it finds.

    The row's members have the values of the document's: the default where there is none, and what
    the field makes of a value of another type. A row, or a list of rows, is made of embedded
    documents; an empty list is None where the row says that it may be.
    """
    make_row: Callable[..., Row] = row
    kinds = get_type_hints(row)
    fields = [getattr(document, name) for name in kinds]
    paths = [field.db_field for field in fields]
    checked = [
        (place, *_checks(field, kind))
        for place, (field, kind) in enumerate(zip(fields, kinds.values(), strict=True))
    ]

    def row_of(found: Mapping[str, Any]) -> Row:
        values = [found.get(path) for path in paths]
        for place, plain, make, default in checked:
            value = values[place]
            if value is None:
                values[place] = default() if callable(default) else default
            elif type(value) is not plain:
                values[place] = make(value)
        return make_row(*values)

    return {"_id": 0, **dict.fromkeys(paths, 1)}, row_of


def _checks(field: Any, kind: Any) -> tuple[type | None, Make, Any]:
    """The type of values that stay as they are, what is made of others, and of none."""
    if isinstance(field, ListField):
        row, may_be_none = _unwrapped(kind)
        _, row_of = row_reader(field.field.document_type, *get_args(row))
        if may_be_none:
            return None, lambda values: _each(row_of, values) or None, None
        return None, partial(_each, row_of), field.default
    if isinstance(field, EmbeddedDocumentField):
        row, _ = _unwrapped(kind)
        _, row_of = row_reader(field.document_type, row)
        return None, lambda value: row_of(value) if isinstance(value, dict) else None, None
    return _PLAIN.get(type(field)), field.to_python, field.default


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
