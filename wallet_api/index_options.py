"""Whether an index that the database has is the one that a document asks for."""

from collections.abc import Iterable, Mapping
from typing import Any

OPTIONS = ("unique", "sparse", "partialFilterExpression", "expireAfterSeconds", "collation")
"""All that changes what an index holds or refuses. A TTL of 0 is one, a `False` is none."""


def options_of(index: Mapping[str, Any]) -> dict[str, Any]:
    given = {name: index.get(name) for name in OPTIONS}
    return {
        name: value for name, value in given.items() if value is not None and value is not False
    }


def differing(wanted: Mapping[str, Any], present: Mapping[str, Any]) -> list[str]:
    """The options in which the two differ, as `index_information` and a document's spec say."""
    ours, theirs = options_of(wanted), options_of(present)
    return sorted(name for name in {*ours, *theirs} if ours.get(name) != theirs.get(name))


def same_keys(wanted: Mapping[str, Any], present: Mapping[str, Any]) -> bool:
    return list(wanted["fields"]) == [tuple(key) for key in present["key"]]


def what_is_missing(wanted: Mapping[str, Any], present: Mapping[str, Any]) -> str | None:
    """None where one of the `present` indexes, by name, is the wanted one.

    Else why not: an empty text where there is none with its keys, in its order; otherwise the name
    of one that has them, and the options in which it differs.
    """
    rivals = {name: index for name, index in present.items() if same_keys(wanted, index)}
    found = {name: differing(wanted, index) for name, index in rivals.items()}
    if not found:
        return ""
    if any(not differences for differences in found.values()):
        return None
    return "; ".join(f"{name} differs in {', '.join(which)}" for name, which in found.items())


def name_of(fields: Iterable[tuple[str, Any]]) -> str:
    """As MongoDB names it where nobody else does."""
    return "_".join(f"{field}_{direction}" for field, direction in fields)
