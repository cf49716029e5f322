"""Who may do what: every route of the service, asked by every kind of caller."""

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.security.access import (
    CALLERS,
    KEYS,
    NOBODY,
    USER,
    USER_BY_BACK_ENDS,
    Answers,
    asked_by_all,
    table_of,
)
from tests.support.openapi import operations
from wallet_api.openapi.document import document

PAGE = Path(__file__).parents[2] / "docs" / "backend-keys.md"

pytestmark = [pytest.mark.in_process("sets the settings of its process"), pytest.mark.slow]


_asked: list[Answers] = []


@pytest.fixture
def answers(app: Flask, client: FlaskClient) -> Answers:
    """Asked once for all tests: it takes a second and a half."""
    if not _asked:
        _asked.append(asked_by_all(app, client))
    return _asked[0]


def test_the_table_of_the_page_is_what_the_routes_answer(answers: Answers) -> None:
    told = PAGE.read_text().partition("<!-- access table -->\n")[2].strip()

    assert told == table_of(answers), "docs/backend-keys.md: put this table there, if it is right"


def test_every_route_is_right_for_somebody(answers: Answers) -> None:
    """Or the table would tell of bad requests, and not of callers."""
    shut = [route for route, told in answers.items() if told[USER][0] not in "23"]

    assert shut == ["POST /payouts/callbacks/{gateway}"]  # which only a signature opens


def test_what_nobody_may_do_a_key_may_do_with_one_scope_or_none(
    app: Flask, answers: Answers
) -> None:
    """As the OpenAPI document says it: with this scope, with no other, and with none by nobody."""
    told_by_document = {
        f"{method} {path}": operation["security"]
        for (method, path), operation in operations(document(app))
    }
    for route, told in answers.items():
        security = told_by_document.get(_without_names(route), [])
        if not security:
            continue
        scopes = {scope for each in security for scope in each.get("backendKey", ())}
        opened = {scope for caller, scope in KEYS.items() if told[caller][0] == "2"}
        assert opened == scopes, route
        assert len(scopes) <= 1, route
        assert told[NOBODY] == "401 `unauthenticated`", route
        assert told[USER][0] == "2", route


def test_only_deposits_depend_on_the_setting(answers: Answers) -> None:
    changed = {route for route, told in answers.items() if told[USER] != told[USER_BY_BACK_ENDS]}

    assert changed == {"POST /wallets/deposit"}
    assert answers["POST /wallets/deposit"][USER_BY_BACK_ENDS] == "403 `back_end_only`"


def test_every_caller_has_a_column(answers: Answers) -> None:
    assert all(tuple(told) == CALLERS for told in answers.values())


def _without_names(route: str) -> str:
    head, brace, _ = route.partition("{")
    return f"{head}{{}}" if brace else route
