"""Well-formed input is loaded by a few calls; all other input is left to marshmallow."""

from collections.abc import Callable
from typing import Any

from marshmallow import Schema, ValidationError
from marshmallow.constants import missing

Members = dict[str, Any]


def quick_loader(schema: Schema) -> Callable[[Members], Members | None]:
    """A function that does what `schema.load` does, but for hooks of the schema itself.

    It returns None where a member is bad, missing or unknown: then marshmallow has to say so.
    """
    steps = [
        (field.data_key or name, name, field.deserialize, field.required, field.load_default)
        for name, field in schema.load_fields.items()
    ]

    def load(members: Members) -> Members | None:
        loaded: Members = {}
        known = 0
        for key, name, deserialize, required, default in steps:
            if key in members:
                known += 1
                try:
                    loaded[name] = deserialize(members[key], key, members)
                except ValidationError:
                    return None
            elif required:
                return None
            elif default is not missing:
                loaded[name] = default
        return loaded if known == len(members) else None

    return load
