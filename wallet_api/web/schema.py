"""What all schemas of input have in common, and all of output."""

from typing import Any, ClassVar

from marshmallow import RAISE, Schema, ValidationError, post_dump

from wallet_api.errors import InvalidInput


class InputSchema(Schema):
    """The members of a body or of a query string: every bad one is named, and none is unknown."""

    class Meta:
        unknown = RAISE

    example: ClassVar[dict[str, Any]]
    """What OpenAPI shows; a body's schema has one."""

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


class OutputSchema(Schema):
    """The members of an answer."""

    example: ClassVar[dict[str, Any]]
    """What OpenAPI shows."""


class SparseSchema(OutputSchema):
    """The members of an answer without those that have no value."""

    @post_dump
    def leave_out_the_absent(self, members: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {name: value for name, value in members.items() if value is not None}


def _problems(messages: dict[str, Any], root: str) -> list[tuple[str, str]]:
    return [
        (root + _escaped(str(name)), str(detail))
        for name, details in messages.items()
        for detail in (details if isinstance(details, list) else [str(details)])
    ]


def _escaped(name: str) -> str:
    """As JSON Pointer has it (RFC 6901), and never longer than worth showing."""
    return name.replace("~", "~0").replace("/", "~1")[:100]
