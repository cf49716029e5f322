"""The OpenAPI document, as tests read it."""

import re
from collections.abc import Iterator
from typing import Any

Operation = tuple[str, str]
"""Method and path, whatever the path's parameters are called."""


def operations(document: dict[str, Any]) -> Iterator[tuple[Operation, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield (method.upper(), re.sub(r"\{[^}]+\}", "{}", path)), operation


def members(node: Any) -> Iterator[tuple[str, Any]]:
    """Every (name, value) in the document, however deep."""
    for name, value in node.items() if isinstance(node, dict) else enumerate(node):
        yield str(name), value
        if isinstance(value, dict | list):
            yield from members(value)
