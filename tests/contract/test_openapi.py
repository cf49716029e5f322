"""/openapi.json tells exactly what is served, and the Postman collection calls all of it."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import openapi_spec_validator
import schemathesis
from flask import Flask
from flask.testing import FlaskClient

from tests.support.openapi import Operation, members, operations
from wallet_api.openapi import document as openapi_document
from wallet_api.openapi.schemas import example_of

POSTMAN = Path(__file__).parents[2] / "postman"
BY_GATEWAYS = "payouts.receive_callback"
NOT_CALLED = {"docs.show_asset", "docs.show_docs_without_slash", BY_GATEWAYS}
DOCUMENTATION = {
    *("index.show_index", "openapi.show_openapi", "docs.show_docs", "docs.show_errors"),
    *NOT_CALLED,
}


def routes(app: Flask, *but: str) -> set[Operation]:
    """(method, path) of every rule, whatever its parameters are called."""
    return {
        (method, re.sub(r"<[^>]+>", "{}", rule.rule))
        for rule in app.url_map.iter_rules()
        if rule.endpoint not in but
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }


def requests_of(item: dict[str, Any]) -> Iterator[Operation]:
    for inner in item.get("item", []):
        yield from requests_of(inner)
    if "request" in item:
        path = "/" + "/".join(item["request"]["url"]["path"])
        yield item["request"]["method"], re.sub(r":\w+", "{}", path)


def schemas_served(app: Flask) -> Iterator[Any]:
    for _, view in openapi_document.documented(app):
        yield view.gives[0]  # type: ignore[attr-defined]
        if hasattr(view, "takes"):
            yield view.takes


def test_the_document_has_every_route_and_no_other(app: Flask, document: dict[str, Any]) -> None:
    documented = {operation for operation, _ in operations(document)}

    assert documented == routes(app, *DOCUMENTATION)


def test_the_postman_collection_calls_every_route_and_no_other(app: Flask) -> None:
    collection = json.loads((POSTMAN / "wallet_api.postman_collection.json").read_text())

    called = set(requests_of(collection))

    assert called == routes(app, *NOT_CALLED)


def test_the_postman_environment_says_where_make_run_serves() -> None:
    environment = json.loads((POSTMAN / "local.postman_environment.json").read_text())

    values = {each["key"]: each["value"] for each in environment["values"]}

    assert values == {"baseUrl": "http://127.0.0.1:3000"}


def test_the_document_is_valid_openapi_3_1(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1.")
    schemathesis.openapi.from_dict(document).validate()
    openapi_spec_validator.validate(document)


def test_no_member_has_null_for_its_default(document: dict[str, Any]) -> None:
    """A generated client would send it, or fail to compile."""
    defaults = [value for name, value in members(document) if name == "default"]

    assert defaults
    assert None not in defaults


def test_every_operation_says_in_a_sentence_more_than_its_title(document: dict[str, Any]) -> None:
    for where, operation in operations(document):
        assert operation["summary"], where
        assert "`" not in operation["summary"], f"{where}: the page shows it as it is"
        assert operation["description"].endswith("."), where


def test_every_schema_of_the_document_is_a_valid_json_schema(document: dict[str, Any]) -> None:
    for schema in document["components"]["schemas"].values():
        jsonschema_rs.meta.validate(schema)


def test_every_schema_that_serves_is_in_the_document(app: Flask, document: dict[str, Any]) -> None:
    served = {type(schema).__name__ for schema in schemas_served(app)}

    assert served
    assert served <= document["components"]["schemas"].keys()


def test_every_schema_that_serves_has_an_example_that_it_describes(
    app: Flask, document: dict[str, Any]
) -> None:
    for schema in schemas_served(app):
        name = type(schema).__name__
        described = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}

        validator = jsonschema_rs.Draft202012Validator(described, validate_formats=True)

        assert example_of(schema) is not None, name
        assert list(validator.iter_errors(example_of(schema))) == [], name


def test_the_examples_of_the_requests_are_a_journey_that_works(
    app: Flask, client: FlaskClient
) -> None:
    """As "Try it out" sends them, one after the other."""
    taking = [each for each in openapi_document.documented(app) if hasattr(each[1], "takes")]

    statuses, token = {}, ""
    for rule, view in taking:
        (method,) = (rule.methods or set()) & {"POST", "PATCH"}
        answer = client.open(
            rule.rule,
            method=method,
            json=example_of(view.takes),  # type: ignore[attr-defined]
            headers={"Authorization": f"Bearer {token}"},
        )
        token = answer.get_json().get("token", token)
        statuses[rule.rule] = answer.status_code

    assert statuses == {
        "/auth/register": 201,
        "/auth/login": 200,
        "/auth/refresh": 401,  # nobody has the example's token
        "/auth/me": 200,
        "/auth/password": 200,
        "/auth/password/forgot": 404,  # without a mail server
        "/auth/password/reset": 400,  # nor the example's code
        "/auth/email/proof": 400,
        "/auth/logout": 200,
        "/wallets/deposit": 200,
        "/withdrawals": 201,
    }


def test_requests_are_closed_and_answers_open_to_new_members(
    app: Flask, document: dict[str, Any]
) -> None:
    views = [view for _, view in openapi_document.documented(app)]
    taken = {type(view.takes).__name__ for view in views if hasattr(view, "takes")}

    assert taken
    for name, schema in document["components"]["schemas"].items():
        assert schema.get("additionalProperties", True) is (name not in taken), name


def test_what_moves_money_takes_an_idempotency_key(document: dict[str, Any]) -> None:
    header = {"$ref": "#/components/parameters/Idempotency-Key"}

    keyed = {
        where for where, operation in operations(document) if header in operation["parameters"]
    }

    assert keyed == {("POST", "/wallets/deposit"), ("POST", "/withdrawals")}
    for where, operation in operations(document):
        assert ("422" in operation["responses"]) == (where in keyed)


def test_all_but_registration_login_currencies_and_health_needs_a_token(
    document: dict[str, Any],
) -> None:
    open_to_all = {where for where, operation in operations(document) if not operation["security"]}

    assert open_to_all == {
        ("POST", "/auth/register"),
        ("POST", "/auth/login"),
        ("POST", "/auth/refresh"),
        ("POST", "/auth/password/forgot"),
        ("POST", "/auth/password/reset"),
        ("GET", "/currencies"),
        ("GET", "/healthz"),
        ("GET", "/readyz"),
    }
    for where, operation in operations(document):
        if where not in open_to_all:
            assert "401" in operation["responses"]


def test_a_statement_comes_as_json_or_csv(document: dict[str, Any]) -> None:
    answer = document["paths"]["/wallets/statement"]["get"]["responses"]["200"]

    assert set(answer["content"]) == {"application/json", "text/csv"}


def test_the_document_is_served_and_need_not_be_fetched_twice(
    client: FlaskClient, document: dict[str, Any]
) -> None:
    answer = client.get("/openapi.json")
    again = client.get("/openapi.json", headers={"If-None-Match": answer.headers["ETag"]})

    assert answer.status_code == 200
    assert answer.json == document
    assert (again.status_code, again.data) == (304, b"")
