"""Every route asked by every kind of caller, for the table in docs/backend-keys.md."""

import re
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from tests.support.back_ends import back_end
from tests.support.people import Person
from wallet_api.auth import codes, tokens
from wallet_api.auth.codes import Purpose
from wallet_api.auth.schemas import LoginRequest
from wallet_api.backend_keys.scopes import Scope
from wallet_api.callers import Caller
from wallet_api.config import settings
from wallet_api.openapi.schemas import example_of
from wallet_api.payouts.adapters import registry
from wallet_api.users import service as users

NOBODY, USER = "nobody", "user"
USER_BY_BACK_ENDS = "user, `DEPOSITS=backend`"
KEYS = {f"key: `{scope}`": scope for scope in Scope}
CALLERS = (NOBODY, USER, USER_BY_BACK_ENDS, *KEYS)

PASSWORD: str = LoginRequest.example["password"]
CODES = {
    "auth.reset_password": Purpose.PASSWORD_RESET,
    "auth.prove_email": Purpose.EMAIL_PROOF,
}
QUERIES = {"/wallets/balance": "?at=2026-01-01T00:00:00Z"}

PAYING_OUT = {
    "PAYOUT_GATEWAY": "http",
    "PAYOUT_HTTP_URL": "http://127.0.0.1:9",
    "PAYOUT_HTTP_TOKEN": "a token of the tests",
}

Answers = dict[str, dict[str, str]]
"""By route, and by caller."""

_numbers = count(1)


def asked_by_all(app: Flask, client: FlaskClient) -> Answers:
    """Each question with a user and a key of its own: no answer depends on one before.

    Withdrawals are paid out, and wait for it: with no gateway none could be cancelled.
    """
    with pytest.MonkeyPatch.context() as environment:
        for name, value in PAYING_OUT.items():
            environment.setenv(name, value)
        settings.cache_clear()
        answers = {
            f"{method} {_shown(rule)}": {
                caller: _asked(app, client, method, rule, caller) for caller in CALLERS
            }
            for method, rule in _operations(app)
        }
    settings.cache_clear()
    registry.close_all()
    return answers


def table_of(answers: Answers) -> str:
    rows = [("route", *CALLERS), ("---",) * (1 + len(CALLERS))]
    rows += [(f"`{route}`", *told.values()) for route, told in answers.items()]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _operations(app: Flask) -> Iterator[tuple[str, Rule]]:
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield method, rule


def _shown(rule: Rule) -> str:
    return re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)


def _asked(app: Flask, client: FlaskClient, method: str, rule: Rule, caller: str) -> str:
    email = f"asked-{next(_numbers)}@example.com"
    person = _someone(client, email)
    assert person.deposits(100).status_code == 200
    known = {
        "withdrawal_id": person.withdraws(1).get_json()["id"],
        "wanted": _assets(client),
        "name": "docs.css",
        "gateway": "http",
    }
    path = re.sub(r"<(?:\w+:)?(\w+)>", lambda found: known[found[1]], rule.rule)
    with pytest.MonkeyPatch.context() as environment:
        # Nobody listens there: mails are lost, and the routes answer as with a mail server.
        environment.setenv("SMTP_URL", "smtp://127.0.0.1:9")
        environment.setenv("MAIL_FROM", "wallet@example.com")
        if caller == USER_BY_BACK_ENDS:
            environment.setenv("DEPOSITS", "backend")
        settings.cache_clear()
        answer = client.open(
            path + QUERIES.get(rule.rule, ""),
            method=method,
            json=_body(app, rule, person, email),
            headers=_headers(client, person, caller),
        )
    settings.cache_clear()
    answer.close()  # it may be a file
    if answer.status_code < 400:
        return str(answer.status_code)
    return f"{answer.status_code} `{answer.get_json()['code']}`"


def _someone(client: FlaskClient, email: str) -> Person:
    user = users.register("Ada", "Lovelace", email, PASSWORD)
    with client.application.app_context():
        return Person(user, client, tokens.issue(Caller(user))).with_a_session


def _assets(client: FlaskClient) -> str:
    """The part of their addresses that changes with them."""
    (version, *_) = re.findall(r"docs/assets/(\w+)/", client.get("/docs").get_data(as_text=True))
    return str(version)


def _headers(client: FlaskClient, person: Person, caller: str) -> dict[str, str]:
    if caller == NOBODY:
        return {}
    if caller in KEYS:
        return back_end(client, KEYS[caller]).headers(person.id)
    return person.headers()


def _body(app: Flask, rule: Rule, person: Person, email: str) -> dict[str, Any] | None:
    """The example of the documentation, of this person."""
    view = app.view_functions[rule.endpoint]
    if not hasattr(view, "takes"):
        return None
    theirs = {"refreshToken": person.refresh_token, "email": email}
    if (purpose := CODES.get(rule.endpoint)) is not None:
        theirs["code"] = codes.new_code(person.id, purpose, mailed=True)
    if rule.endpoint == "auth.register":
        theirs["email"] = f"new-{email}"
    example = example_of(view.takes) or {}
    return example | {name: theirs[name] for name in example.keys() & theirs.keys()}
