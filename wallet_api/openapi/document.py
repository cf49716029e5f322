"""The OpenAPI document, from the schemas and routes that serve."""

import json
import re
import sys
from collections.abc import Iterator
from functools import cache
from http import HTTPStatus
from typing import Any

from apispec import APISpec
from flask import Blueprint, Flask, Response, request
from marshmallow import Schema
from werkzeug.exceptions import InternalServerError, RequestEntityTooLarge, UnsupportedMediaType
from werkzeug.routing import Rule

from wallet_api import __version__
from wallet_api.backend_keys.scopes import Scope
from wallet_api.errors import (
    BackEndOnly,
    Busy,
    InsufficientFunds,
    InvalidIdempotencyKey,
    InvalidInput,
    InvalidOnBehalfOf,
    MalformedBody,
    MissingScope,
    NotFound,
    OutOfService,
    RateLimited,
    Unauthenticated,
    Unavailable,
    UsersOnly,
    UserUnavailable,
)
from wallet_api.openapi import components, problems
from wallet_api.openapi.components import BY_USER, by_back_end
from wallet_api.openapi.problem_schemas import name_of, schema_of
from wallet_api.openapi.problems import Refused
from wallet_api.openapi.schemas import SchemaPlugin
from wallet_api.web.endpoint import View, takes_idempotency_key
from wallet_api.web.headers import RATE_LIMIT_HEADERS
from wallet_api.web.idempotency_key import REPLAYED_HEADER
from wallet_api.web.schema import InputSchema


def register(app: Flask) -> None:
    """Serve the document at /openapi.json: built with the first request for it, and kept."""

    @cache
    def built() -> bytes:
        return json.dumps(document(app), separators=(",", ":"), ensure_ascii=False).encode()

    blueprint = Blueprint("openapi", __name__)

    @blueprint.get("/openapi.json")
    def show_openapi() -> Response:
        response = Response(built(), content_type="application/json")
        response.headers["Cache-Control"] = "no-cache"
        response.add_etag()
        response.make_conditional(request)
        return response

    app.register_blueprint(blueprint)


def document(app: Flask) -> dict[str, Any]:
    """The OpenAPI document of every view that says what it gives."""
    plugin = SchemaPlugin()
    spec = APISpec(
        title="wallet_api",
        version=__version__,
        openapi_version="3.1.1",
        plugins=[plugin],
        info={
            "description": components.ABOUT,
            "contact": {"name": "The maintainers of wallet_api"},
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        # Relative to this document's own address, wherever a proxy serves it.
        servers=[{"url": ".", "description": "This server"}],
    )
    components.add_to(spec)
    codes: set[str] = set()
    for rule, view in documented(app):
        operations = {
            method.lower(): _operation(app, plugin, rule, view, method)
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
        }
        spec.path(_path(rule), operations=operations)
        for operation in operations.values():
            codes.update(problems.codes_in(operation["responses"]))
    for code in sorted(codes):
        spec.components.schema(name_of(code), schema_of(code))
    for name in dict.fromkeys(_room(rule) for rule, _ in documented(app)):
        spec.tag({"name": name, "description": _about_room(app, name)})
    return spec.to_dict()


def documented(app: Flask) -> Iterator[tuple[Rule, View]]:
    """Every rule whose view says what it gives; the pages of the documentation do not."""
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        if hasattr(view, "gives"):
            yield rule, view


def _operation(
    app: Flask, plugin: SchemaPlugin, rule: Rule, view: View, method: str
) -> dict[str, Any]:
    name = rule.endpoint.rpartition(".")[2]
    summary, _, description = " ".join((view.__doc__ or name).split()).partition(". ")
    parameters: list[Any] = [
        {"in": "path", "name": _camel(argument), "required": True, "schema": {"type": "string"}}
        for argument in sorted(rule.arguments)
    ]
    if hasattr(view, "takes_query"):
        parameters += plugin.query_parameters(view.takes_query)
    if takes_idempotency_key(view):
        parameters.append("Idempotency-Key")
    operation: dict[str, Any] = {
        "operationId": _camel(name),
        "tags": [_room(rule)],
        "summary": summary.rstrip("."),
        "description": description,
        "security": _security(view),
        "parameters": parameters,
        "responses": _responses(app, rule, view, method),
    }
    if hasattr(view, "takes"):
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": _content(view.takes)},
        }
    return {member: value for member, value in operation.items() if value != ""}


def _responses(app: Flask, rule: Rule, view: View, method: str) -> dict[str, Any]:
    found = problems.responses(app, _refusals(rule, view), rule.rule, method)
    schema, status = view.gives  # type: ignore[attr-defined]
    given = [("application/json", schema, status)]
    if hasattr(view, "also_gives"):
        given.append(view.also_gives)
    headers = ["X-Request-Id", *([REPLAYED_HEADER] if takes_idempotency_key(view) else [])]
    for content_type, schema, status in given:
        response = found.setdefault(
            str(status),
            {
                "description": HTTPStatus(status).phrase,
                "headers": problems.header_references(headers),
                "content": {},
            },
        )
        response["content"][content_type] = _content(schema)
    if InsufficientFunds in getattr(view, "refuses", ()):
        found["400"]["headers"] |= problems.header_references([REPLAYED_HEADER])
    if is_rate_limited(view):
        for response in found.values():
            response["headers"] |= problems.header_references(RATE_LIMIT_HEADERS)
    return dict(sorted(found.items()))


def _refusals(rule: Rule, view: View) -> Iterator[Refused]:
    """What the view's decorators, its path, its service and the database may refuse."""
    if hasattr(view, "takes"):
        yield from (MalformedBody, RequestEntityTooLarge, UnsupportedMediaType)
        yield _invalid(view.takes, root="/")
    if hasattr(view, "takes_query"):
        yield _invalid(view.takes_query, root="")
    if takes_idempotency_key(view):
        yield InvalidIdempotencyKey
    if getattr(view, "needs_login", False):
        yield from (Unauthenticated, InvalidOnBehalfOf, *_refused_to_back_ends(view))
    if rule.arguments:
        yield NotFound
    yield from getattr(view, "refuses", ())
    if is_rate_limited(view):
        yield RateLimited
    if hasattr(view, "takes") or hasattr(view, "needs_login"):  # those that use the database
        yield from (Busy, Unavailable, OutOfService)
    yield InternalServerError


def is_rate_limited(view: View) -> bool:
    """Whether a setting can limit it."""
    return getattr(view, "is_rate_limited", False)


def _security(view: View) -> list[dict[str, list[str]]]:
    if not getattr(view, "needs_login", False):
        return []
    scope = view.scope  # type: ignore[attr-defined]
    return [BY_USER] if scope is None else [BY_USER, by_back_end(scope)]


def _refused_to_back_ends(view: View) -> Iterator[Refused]:
    scope = view.scope  # type: ignore[attr-defined]
    if scope is None:
        yield UsersOnly
        return
    yield from (MissingScope(scope), UserUnavailable)
    if scope is Scope.DEPOSITS:
        yield BackEndOnly  # to users, where the settings say so


def _invalid(schema: InputSchema, root: str) -> InvalidInput:
    """What the schema itself says of input that it does not take."""
    try:
        schema.read({"unknown": ""}, root)
    except InvalidInput as refusal:
        return refusal
    raise TypeError(f"{schema} takes unknown members.")


def _content(schema: Schema | None) -> dict[str, Any]:
    if schema is None:
        return {"schema": {"type": "string"}}
    return {"schema": schema}


def _path(rule: Rule) -> str:
    """As OpenAPI writes it: /withdrawals/{withdrawalId}."""
    return re.sub(r"<(?:[^<>:]+:)?(\w+)>", lambda found: f"{{{_camel(found[1])}}}", rule.rule)


def _room(rule: Rule) -> str:
    endpoint: str = rule.endpoint
    return endpoint.partition(".")[0]


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(other.capitalize() for other in others)


def _about_room(app: Flask, name: str) -> str:
    """What the feature's package says of itself."""
    package = app.blueprints[name].import_name.rpartition(".")[0]
    return (sys.modules[package].__doc__ or "").strip()
