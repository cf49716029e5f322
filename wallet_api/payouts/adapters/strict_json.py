"""JSON of a stranger: what is ambiguous or could not be stored is no answer at all."""

import json
from typing import Any, NoReturn

_LARGEST = 2**63 - 1
"""That MongoDB keeps."""


class Malformed(Exception):
    """The message says what is wrong with it, without repeating the text."""


class Several(Malformed):
    """A list where one object belongs: answers about several payouts, perhaps."""


def read_object(text: bytes | None) -> "Members":
    """The members of a JSON object. Raises Malformed, Several."""
    if text is None:
        raise Malformed("the body is over 64 KiB, or compressed")
    try:
        found = json.loads(
            text.decode("utf-8"), object_pairs_hook=_once_each, parse_constant=_refuse
        )
    except (ValueError, RecursionError) as error:
        raise Malformed(f"the body is no JSON ({type(error).__name__})") from None
    if isinstance(found, list) and len(found) > 1:
        raise Several(f"{len(found)} answers in one body")
    return _members_of(found, "the body")


def _members_of(found: Any, what: str) -> "Members":
    if not isinstance(found, dict):
        raise Malformed(f"{what} is no JSON object")
    return Members(found)


class Members:
    """Of an object. Each method raises Malformed, naming the member."""

    def __init__(self, found: dict[str, Any]) -> None:
        self._found = found

    def any(self, name: str) -> Any:
        """None where it is missing."""
        return self._found.get(name)

    def only(self, **members: Any) -> bool:
        """Whether it has these members and no other."""
        return self._found == members

    def text(self, name: str) -> str:
        text = self.optional_text(name)
        if not text:
            raise Malformed(f"{name} is missing")
        return text

    def optional_text(self, name: str, most: int = 500) -> str | None:
        """None where it is missing, null, or empty."""
        found = self._found.get(name)
        if found is None:
            return None
        if not isinstance(found, str) or len(found) > most or not _is_unicode(found):
            raise Malformed(f"{name} is no text of up to {most} characters")
        return found or None

    def amount(self, name: str) -> int:
        """Minor units, 0 or more."""
        found = self.optional_amount(name)
        if found is None:
            raise Malformed(f"{name} is missing")
        return found

    def optional_amount(self, name: str) -> int | None:
        found = self._found.get(name)
        if found is None:
            return None
        if type(found) is not int or not 0 <= found <= _LARGEST:
            raise Malformed(f"{name} is no whole number of minor units")
        return found

    def object(self, name: str) -> "Members":
        return _members_of(self._found.get(name), name)

    def items(self, name: str) -> list["Members"]:
        """Of a list of objects."""
        found = self._found.get(name)
        if not isinstance(found, list):
            raise Malformed(f"{name} is no list")
        return [_members_of(item, f"an item of {name}") for item in found]


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("a member comes twice")
    return members


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


def _is_unicode(text: str) -> bool:
    """A half of a surrogate pair cannot be stored."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
