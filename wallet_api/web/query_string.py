"""Strict query strings in: each member once, none unknown."""

from typing import Any

from flask import request

from wallet_api.errors import InvalidInput
from wallet_api.web.schema import InputSchema


def read_query(schema: InputSchema) -> dict[str, Any]:
    """The query's members as the schema loads them. Raises InvalidInput naming every bad one."""
    arguments = request.args
    twice = [name for name, values in arguments.lists() if len(values) > 1]
    if twice:
        raise InvalidInput([(name, "Given more than once.") for name in twice])
    return schema.read(arguments.to_dict(), root="")
