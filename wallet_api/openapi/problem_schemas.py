"""The shape of every error in JSON Schema, and a schema for each code, which clients tell apart."""

from typing import Any

PROBLEM = "Problem"

PROBLEM_SCHEMA: dict[str, Any] = {
    "description": "Problem details (RFC 9457): the shape of every error.",
    "type": "object",
    "required": [
        "type",
        "title",
        "status",
        "detail",
        "instance",
        "message",
        "code",
        "requestId",
    ],
    "properties": {
        "type": {
            "type": "string",
            "format": "uri-reference",
            "description": "The address of the section of the error reference about this `code`.",
        },
        "title": {"type": "string", "description": "The same text as `message`."},
        "status": {
            "type": "integer",
            "minimum": 400,
            "maximum": 599,
            "description": "The HTTP status of the answer.",
        },
        "detail": {
            "type": "string",
            "description": "A text for people about this one request: what is wrong with it.",
        },
        "instance": {"type": "string", "description": "The path of the request."},
        "message": {
            "type": "string",
            "description": "A text for people, the same for every error with this `code`.",
        },
        "code": {
            "type": "string",
            "pattern": "^[a-z_]+$",
            "description": "The kind of the error, for programs. It never changes.",
        },
        "requestId": {
            "type": "string",
            "description": "The id of the request, as in the header `X-Request-Id`.",
        },
    },
}

_OWN_MEMBERS: dict[str, dict[str, Any]] = {
    "validation_failed": {
        "errors": {
            "type": "array",
            "minItems": 1,
            "description": "One item for each rule that the request breaks.",
            "items": {
                "type": "object",
                "required": ["pointer", "detail"],
                "properties": {
                    "pointer": {
                        "type": "string",
                        "description": "The faulty member: a JSON pointer into the body, or the "
                        "name of a query parameter.",
                    },
                    "detail": {"type": "string", "description": "What is wrong with it."},
                },
            },
        },
    },
    "limit_exceeded": {
        "limit": {
            "type": "string",
            "enum": ["minimum", "per_withdrawal", "per_day", "count_per_day", "new_destinations"],
            "description": "Which limit it is.",
        },
        "limitCents": {
            "type": "integer",
            "description": "The limit, in minor units; not of `count_per_day`.",
        },
        "leftCents": {
            "type": "integer",
            "description": "Of `per_day` and `new_destinations`: what the day still had, in minor "
            "units.",
        },
        "limitCount": {
            "type": "integer",
            "description": "Of `count_per_day`: so many withdrawals a day.",
        },
        "leftCount": {
            "type": "integer",
            "description": "Of `count_per_day`: how many the day still had.",
        },
        "renewsAt": {
            "type": "string",
            "format": "date-time",
            "description": "Of a day's limit: when the next day begins.",
        },
    },
    "missing_scope": {
        "scope": {"type": "string", "description": "The scope that the key lacks."},
    },
    "idempotency_key_reused": {
        "id": {
            "type": "string",
            "description": "The id of the movement that the key's first request made.",
        },
        "differing": {
            "type": "array",
            "items": {"type": "string"},
            "description": "The members whose values differ from the first request's.",
        },
    },
}
"""What an error of this code has beside the members of every error."""


def name_of(code: str) -> str:
    """insufficient_funds -> InsufficientFundsProblem, the name that generated clients use."""
    return "".join(word.capitalize() for word in code.split("_")) + PROBLEM


_OPTIONAL = {"limitCents", "leftCents", "limitCount", "leftCount", "renewsAt"}
"""Members that not every error of their code has."""


def schema_of(code: str) -> dict[str, Any]:
    """The Problem whose `code` is this one.

    An enum of one value and no `const`: more generators make a type of it.
    """
    own = _OWN_MEMBERS.get(code, {})
    return {
        "allOf": [
            reference_to(PROBLEM),
            {
                "type": "object",
                "required": ["code", *(name for name in own if name not in _OPTIONAL)],
                "properties": {"code": {"type": "string", "enum": [code]}, **own},
            },
        ]
    }


def one_of(codes: list[str]) -> dict[str, Any]:
    """The body of an answer that has one of these codes."""
    references = [reference_to(name_of(code)) for code in codes]
    return references[0] if len(references) == 1 else {"oneOf": references}


def reference_to(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}
