"""/openapi.json lists the codes of every error, so that a generated client tells them apart."""

from typing import Any

import jsonschema_rs

from tests.support.openapi import operations

NOT_ALWAYS = {
    "LimitExceededProblem": {"limitCents", "leftCents", "limitCount", "leftCount", "renewsAt"}
}
"""Members that depend on which limit it is."""


def codes_of(schema: dict[str, Any], document: dict[str, Any]) -> set[str]:
    """The values of `code` that the schema's choices list, each of a schema of its own."""
    codes = []
    for choice in schema.get("oneOf", [schema]):
        name = choice["$ref"].rpartition("/")[2]
        base, own = document["components"]["schemas"][name]["allOf"]
        assert base == {"$ref": "#/components/schemas/Problem"}
        assert set(own["properties"]) - set(own["required"]) == NOT_ALWAYS.get(name, set())
        codes += own["properties"]["code"]["enum"]
    assert len(codes) == len(set(codes))
    return set(codes)


def test_every_operation_lists_its_error_codes_as_enums(document: dict[str, Any]) -> None:
    """So that a generated client tells them apart: one schema for each code of each status."""
    listed = {
        (where, status): codes_of(content["schema"], document)
        for where, operation in operations(document)
        for status, response in operation["responses"].items()
        for kind, content in response["content"].items()
        if kind == "application/problem+json"
    }

    assert listed[("POST", "/withdrawals"), "400"] == {
        "malformed_json",
        "validation_failed",
        "invalid_idempotency_key",
        "invalid_on_behalf_of",
        "currency_mismatch",
        "insufficient_funds",
        "limit_exceeded",
    }
    assert listed[("POST", "/auth/login"), "401"] == {"invalid_credentials"}
    assert listed[("GET", "/wallets"), "401"] == {"unauthenticated"}
    for (where, status), codes in listed.items():
        operation = dict(operations(document))[where]
        content = operation["responses"][status]["content"]["application/problem+json"]
        assert codes == set(content["examples"]), (where, status)


def test_every_error_of_an_operation_has_the_members_that_its_code_promises(
    document: dict[str, Any],
) -> None:
    for _, operation in operations(document):
        for response in operation["responses"].values():
            content = response["content"].get("application/problem+json")
            if content is None:
                continue
            schema = content["schema"] | {"components": document["components"]}
            for example in content["examples"].values():
                jsonschema_rs.Draft202012Validator(schema).validate(example["value"])


def test_every_example_of_an_error_is_a_problem(document: dict[str, Any]) -> None:
    problem = jsonschema_rs.Draft202012Validator(document["components"]["schemas"]["Problem"])

    seen = set()
    for _, operation in operations(document):
        for status, response in operation["responses"].items():
            content = response["content"].get("application/problem+json", {"examples": {}})
            for code, example in content["examples"].items():
                problem.validate(example["value"])
                assert (example["value"]["code"], str(example["value"]["status"])) == (code, status)
                seen.add(code)

    assert {"insufficient_funds", "validation_failed", "unauthenticated", "unavailable"} <= seen
