"""Which limit each route counts for, by caller: every route of the service is asked."""

import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from tests.support.back_ends import back_end
from tests.support.openapi import operations
from tests.support.people import Person
from tests.support.rate_limits import set_limits
from wallet_api.openapi.document import document

PAGE = Path(__file__).parents[2] / "docs" / "rate-limits.md"

pytestmark = pytest.mark.in_process("sets the limits of its process")

USER, ADDRESS, NONE = "user", "address", "no limit"
CALLERS = ("without a good token", "a user", "a back end")
LIMITS = {"100000": USER, "200000": ADDRESS, None: NONE}

Told = dict[str, tuple[str, ...]]
"""The limit that a request counts for, by route, for each caller."""


@pytest.fixture
def counted(
    app: Flask, client: FlaskClient, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> Told:
    set_limits(monkeypatch, user="100000/day", address="200000/day")
    shop = back_end(client)
    callers: tuple[dict[str, str], ...] = ({}, alice.headers(), shop.headers(alice.id))

    def limit_of(path: str, method: str, headers: dict[str, str]) -> str:
        answer = client.open(path, method=method, headers=headers)
        return LIMITS[answer.headers.get("RateLimit-Limit")]

    return {
        f"{method} {_shown(rule)}": tuple(limit_of(rule.rule, method, each) for each in callers)
        for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule)
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    }


def _shown(rule: Rule) -> str:
    return re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)


def test_the_table_of_the_page_is_what_the_routes_do(counted: Told) -> None:
    told = PAGE.read_text().partition("<!-- limits table -->\n")[2].partition("\n\n")[0].strip()

    assert told == table_of(counted), "docs/rate-limits.md: put this table there, if it is right"


def table_of(counted: Told) -> str:
    """Routes that do the same share a row."""
    rows = [("routes", *CALLERS), ("---",) * (1 + len(CALLERS))]
    for limits in sorted(set(counted.values()), key=list(counted.values()).index):
        alike = ", ".join(f"`{route}`" for route, told in counted.items() if told == limits)
        rows.append((alike, *limits))
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def test_health_checks_are_never_limited(counted: Told) -> None:
    assert counted["GET /healthz"] == counted["GET /readyz"] == (NONE,) * len(CALLERS)


def test_every_route_that_meets_the_database_is_limited_for_everybody(counted: Told) -> None:
    rooms = ("auth", "wallets", "withdrawals")
    meeting = {route: told for route, told in counted.items() if _room(route) in rooms}

    assert len(meeting) > 10
    assert [route for route, told in meeting.items() if NONE in told] == []


def _room(route: str) -> str:
    return route.partition("/")[2].partition("/")[0]


def test_the_document_has_the_refusal_and_the_headers_where_there_is_a_limit(
    app: Flask, counted: Told
) -> None:
    limited = {re.sub(r"{.*?}", "{}", route) for route, told in counted.items() if NONE not in told}
    headers = {"RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"}
    for (method, path), operation in operations(document(app)):
        route = re.sub(r"{.*?}", "{}", f"{method} {path}")
        refused = operation["responses"].get("429", {"content": {}, "headers": {}})
        problem = refused["content"].get("application/problem+json", {"examples": {}})
        assert ("rate_limited" in problem["examples"]) == (route in limited), route
        for status, response in operation["responses"].items():
            described = headers & response["headers"].keys()
            assert described == (headers if route in limited else set()), (route, status)
        if route in limited:
            assert "Retry-After" in refused["headers"], route
