"""A path is as the document writes it or it is nothing: no answer leads to another address."""

import json
import re
from collections.abc import Iterator

import pytest
from werkzeug.routing import Rule

from tests.hostile.conftest import Account
from tests.hostile.strict_wire import StrictAnswer, first_answer
from tests.hostile.wire import connect, received, request
from wallet_api.web.lean_flask import LeanFlask

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
CREDENTIALS = json.dumps({"email": "a@example.com", "password": "correct horse battery"}).encode()
PAGES = ("/docs",)
"""Below these, people type addresses into browsers, and more than one may lead there."""


def spellings(rule: str) -> Iterator[str]:
    """With a slash more at each place, or one less at the end."""
    path = re.sub(r"<(?:\w+:)?\w+>", "67bc3e205d1e4a2b9c8d7e70", rule)
    for place in (found.start() for found in re.finditer("/", path)):
        yield path[:place] + "/" + path[place:]
        yield path[:place] + "//" + path[place:]
    if path != "/":
        yield path + "/"
        yield path + "//"
    if path.endswith("/"):
        yield path.removesuffix("/") or "//"


def answer_to(account: Account, method: str, target: str, *headers: str) -> StrictAnswer:
    framing = ("Content-Type: application/json", f"Content-Length: {len(CREDENTIALS)}")
    asked = (*framing, *headers, "Connection: close")
    with connect(account.port) as client:
        client.sendall(request(method, target, *asked, body=CREDENTIALS, host="evil.test"))
        answer, rest = first_answer(received(client), to=method)
    assert rest == b""
    return answer


@pytest.mark.parametrize("method", METHODS)
def test_a_path_with_a_slash_more_or_less_is_not_found(
    account: Account, rules: list[Rule], method: str
) -> None:
    known = {rule.rule for rule in rules}
    for rule in rules:
        if rule.rule.startswith(PAGES):
            continue
        for target in set(spellings(rule.rule)) - known:
            answer = answer_to(account, method, target, account.authorization)

            assert answer.status == 404, (method, target, answer)
            assert answer.headers["content-type"] == "application/problem+json"
            assert method == "HEAD" or json.loads(answer.body)["code"] == "not_found"
            assert "location" not in answer.headers, (method, target)
    account.assert_nothing_moved()


@pytest.mark.parametrize("scheme", ["", "http://evil.test", "https://evil.test"])
@pytest.mark.parametrize("method", METHODS)
def test_no_answer_names_the_host_of_the_request(
    account: Account, rules: list[Rule], method: str, scheme: str
) -> None:
    proxied = (
        "X-Forwarded-Host: evil.test",
        "X-Forwarded-Proto: https",
        "Forwarded: host=evil.test",
    )
    for rule in rules:
        path = re.sub(r"<(?:\w+:)?\w+>", "x", rule.rule)
        for target in {path, path + "/", "/" + path, path.replace("/", "//")}:
            answer = answer_to(account, method, scheme + target, *proxied)

            assert "evil" not in str(answer.headers), (method, target)
            if not target.startswith("//"):
                assert b"evil" not in answer.body, (method, target)


def test_a_doubled_slash_does_not_send_a_password_on(account: Account) -> None:
    answer = answer_to(account, "POST", "/auth//login")

    assert answer.status == 404
    assert json.loads(answer.body)["instance"] == "/auth//login"


@pytest.mark.parametrize("target", ["/thing", "/thing/1", "/thing//"])
def test_no_rule_that_is_written_next_can_redirect(target: str) -> None:
    app = LeanFlask("an_app_with_rules_that_redirect_in_flask")
    app.add_url_rule("/thing/", "things", lambda page=1: "", defaults={"page": 1})
    app.add_url_rule("/thing/<int:page>", "things")

    answer = app.test_client().get(target, base_url="http://evil.test")

    assert answer.status_code == 404
    assert answer.location is None
