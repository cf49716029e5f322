"""Every method on every path, and every trick with paths."""

import json
import re

import pytest

from tests.hostile.conftest import Account
from tests.hostile.wire import Answer, exchange

METHODS = (
    *("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"),
    *("PROPFIND", "SEARCH", "QUERY", "PURGE", "INVENTED", "get", "post"),
)
NOT_IN_THE_DOCUMENT = ("/", "/openapi.json", "/docs", "/docs/", "/docs/errors")


@pytest.fixture(scope="session")
def paths(port: int) -> dict[str, set[str]]:
    """The methods that each path has, by its document."""
    anybody = Account(port, "", "", "none")
    document = json.loads(anybody.call("GET", "/openapi.json").body)
    found = {
        path.replace("{withdrawalId}", "67bc3e205d1e4a2b9c8d7e70"): {
            method.upper() for method in operations if method != "parameters"
        }
        for path, operations in document["paths"].items()
    }
    return found | {path: {"GET"} for path in NOT_IN_THE_DOCUMENT}


@pytest.mark.parametrize("method", METHODS)
def test_a_method_that_a_path_lacks_is_refused_with_those_it_has(
    account: Account, paths: dict[str, set[str]], method: str
) -> None:
    for path, has in paths.items():
        if method in has | {"OPTIONS"} or (method == "HEAD" and "GET" in has):
            continue

        answers = exchange(
            account.port, account.written(method, path, {"amount": 1}), to_head=method == "HEAD"
        )

        # Before the application where the method is no method at all.
        assert [answer.status for answer in answers] in ([405], [400]), (path, answers)
        if answers[0].status == 405:
            allowed = set(answers[0].headers["allow"].replace(" ", "").split(","))
            assert has <= allowed, path
            assert method not in allowed
        assert account.token not in str(answers)
    account.assert_nothing_moved()


def test_ordinary_methods_are_refused_by_the_application(
    account: Account, paths: dict[str, set[str]]
) -> None:
    for path, has in paths.items():
        for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE"} - has:
            answer = account.call(method, path, {"amount": 1})

            assert answer.status == 405, (method, path)
            assert answer.headers["content-type"] == "application/problem+json"
            assert json.loads(answer.body)["code"] == "method_not_allowed"


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS"])
def test_head_and_options_move_nothing_and_have_no_body_of_their_own(
    account: Account, paths: dict[str, set[str]], method: str
) -> None:
    for path in paths:
        sent = account.written(method, path, {"amount": 1})

        answers = exchange(account.port, sent, to_head=True)

        assert len(answers) == 1, path
        assert answers[0].status < 500
    account.assert_nothing_moved()


STAYS_HERE = r"(http://localhost)?/([^/].*)?"
TRICKS = (
    *("//wallets/deposit", "/wallets//deposit", "///wallets///deposit", "/wallets/deposit/"),
    *("/./wallets/deposit", "/x/../wallets/deposit", "/wallets/x/../deposit", "/../wallets"),
    *("/%2e%2e/wallets", "/%2e/wallets/deposit", "/wallets/%2e%2e/wallets/deposit", "/..%2f"),
    *("/wallets%2fdeposit", "/wallets%2Fdeposit", "/wallets%252fdeposit", "/wallets%5cdeposit"),
    *("/wallets\\deposit", "/wallets;x=1/deposit", "/wallets/deposit;x=1", "/wallets/deposit%00"),
    *("/%00", "/wallets%00/deposit", "/wallets/deposit%20", "/wallets/deposit%0d%0aX-Evil:1"),
    *("/wallets/deposit%", "/wallets/deposit%zz", "/%ff%fe", "/%c0%ae%c0%ae/", "/%ed%a0%80"),
    *("/WALLETS/DEPOSIT", "/wallets/deposit.json", "/wallets/deposit/..", "/wallets/deposit/."),
    *("/wallets/\xe4", "/" + "a" * 3_900, "/" + "a/" * 1_900, "/" + "%2e%2e%2f" * 400),
    *("*", "wallets/deposit", "?", "#", "//", "///", "/\\evil.example", "//evil.example/x"),
    *("//evil.example//wallets", "/docs/../../../etc/passwd", "/docs/%2e%2e%2f%2e%2e%2fetc/passwd"),
    *("/docs/..%5c..%5cwsgi.py", "/docs//etc/passwd", "/docs/assets/../../wsgi.py", "/.env"),
    *("/wallets/deposit#x", "/wallets/deposit?amount=1", "/wallets/deposit?" + "%00" * 100),
    *("evil.example:443", "http://", "http://[::1", "http:/wallets"),
    *("/withdrawals/%00", "/withdrawals/..", "/withdrawals/%2e%2e", "/withdrawals/" + "f" * 3_000),
    *(
        "/withdrawals/%24gt",
        "/withdrawals/[$ne]=",
        "/withdrawals/a%0d%0ab",
        "/withdrawals/%F0%9F%92",
    ),
)


def is_index(answer: Answer) -> bool:
    """What a target without a path asks for."""
    return answer.status == 200 and json.loads(answer.body).get("openapi") == "openapi.json"


@pytest.mark.parametrize("target", TRICKS, ids=range(len(TRICKS)))
def test_no_trick_with_a_path_leads_anywhere(account: Account, target: str) -> None:
    for sent in (account.written("GET", target), account.written("POST", target, {"amount": -1})):
        answers = exchange(account.port, sent)

        assert len(answers) <= 1
        for answer in answers:
            assert 300 <= answer.status < 500 or is_index(answer)
            # A redirect stays here: `//host` would be another server.
            assert re.fullmatch(STAYS_HERE, answer.headers.get("location", "/")), answer.headers
            assert "x-evil" not in answer.headers
            assert b"root:" not in answer.body
    account.assert_nothing_moved()


@pytest.mark.parametrize(
    "target", [f"{scheme}://evil.example/wallets" for scheme in ("http", "https", "ftp", "x")]
)
def test_the_host_of_an_absolute_target_is_not_believed(account: Account, target: str) -> None:
    answers = exchange(account.port, account.written("GET", target))

    assert [answer.status for answer in answers] in ([200], [400], [404])
    assert "evil" not in str(answers[0].headers)
