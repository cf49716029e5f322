"""Schemas that name every bad member, and refuse what they do not know."""

from typing import Any, ClassVar

from marshmallow import RAISE, Schema, ValidationError

from wallet_api.errors import InvalidInput


class InputSchema(Schema):
    """The members of a body or of a query string."""

    class Meta:
        unknown = RAISE

    exactly_one_of: ClassVar[tuple[str, ...]] = ()
    """Members of which exactly one must be there, by their names in JSON; the schema checks it."""

    error_messages = {"unknown": "Unknown member."}

    def read(self, members: dict[str, Any], root: str = "/") -> dict[str, Any]:
        """The loaded members. Raises InvalidInput naming every bad one, as `root` + its name."""
        try:
            loaded: dict[str, Any] = self.load(members)
        except ValidationError as error:
            raise InvalidInput(_problems(error.normalized_messages(), root)) from None  # type: ignore[no-untyped-call]
        return loaded


def _problems(messages: dict[str, Any], root: str) -> list[tuple[str, str]]:
    return [
        (root + _escaped(str(name)), str(detail))
        for name, details in messages.items()
        for detail in (details if isinstance(details, list) else [str(details)])
    ]


def _escaped(name: str) -> str:
    """As JSON Pointer has it (RFC 6901), and never longer than worth showing."""
    return name.replace("~", "~0").replace("/", "~1")[:100]
