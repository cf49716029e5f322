"""Request lines and headers that no client sends: refused, and the service stays well."""

import json
import random

import pytest

from tests.hostile.conftest import Account
from tests.hostile.wire import Answer, exchange, request

DEPOSIT = {"amount": 1}


def assert_refused(answers: list[Answer]) -> None:
    """Every answer a refusal, or none and the connection closed."""
    assert all(400 <= answer.status < 500 or answer.status == 505 for answer in answers), answers


STRANGE_LINES = {
    "no version (HTTP/0.9)": b"GET /wallets\r\n",
    "HTTP/0.9 with a target": b"GET /healthz\r\n\r\n",
    "version 0.9": b"GET /healthz HTTP/0.9\r\n\r\n",
    "version 2.0": b"GET /healthz HTTP/2.0\r\n\r\n",
    "version 1.10": b"GET /healthz HTTP/1.10\r\n\r\n",
    "version in lower case": b"GET /healthz http/1.1\r\n\r\n",
    "another protocol": b"GET /healthz RTSP/1.0\r\n\r\n",
    "HTTP/2 with prior knowledge": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04",
    "a TLS hello": b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03" + bytes(154),
    "no method": b" /healthz HTTP/1.1\r\n\r\n",
    "no target": b"GET  HTTP/1.1\r\n\r\n",
    "a space in the target": b"GET /heal thz HTTP/1.1\r\n\r\n",
    "a NUL in the target": b"GET /heal\x00thz HTTP/1.1\r\n\r\n",
    "a control in the method": b"G\x01T /healthz HTTP/1.1\r\n\r\n",
    "bytes for the method": b"\xff\xfe /healthz HTTP/1.1\r\n\r\n",
    "an absurd method": b"A" * 4000 + b" /healthz HTTP/1.1\r\n\r\n",
    "a header before the request line": b"Host: x\r\nGET /healthz HTTP/1.1\r\n\r\n",
    "white space before the first header": b"GET /healthz HTTP/1.1\r\n Host: x\r\n\r\n",
    "only line ends": b"\r\n" * 50_000,
    "only NULs": bytes(100_000),
    "no line end": b"A" * 1_000_000,
    "noise": random.Random(1).randbytes(100_000),
    "half a head": b"POST /wallets/deposit HTTP/1.1\r\nHost: local",
    "a long request line": b"GET /" + b"a" * 5_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    "a huge request line": b"GET /" + b"a" * 5_000_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    "a long query": b"GET /wallets?" + b"a=1&" * 2_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
}


@pytest.mark.parametrize("sent", STRANGE_LINES.values(), ids=list(STRANGE_LINES))
def test_what_is_no_request_line_is_refused(account: Account, sent: bytes) -> None:
    answers = exchange(account.port, sent)

    assert_refused(answers)
    account.assert_nothing_moved()


STRANGE_HEADERS = {
    "too many": [f"X-{n}: {n}" for n in range(65)],
    "far too many": [f"X-{n}: {n}" for n in range(20_000)],
    "one too long": ["X-Long: " + "a" * 9_000],
    "one huge": ["X-Huge: " + "a" * 2_000_000],
    "a long name": ["X" * 9_000 + ": a"],
    "all the room there is": [f"X-{n}: " + "a" * 8_000 for n in range(80)],
    "two hosts": ["Host: localhost"],
    "a folded header": ["X-Folded: a\r\n b"],
    "a NUL": ["X-Nul: \x00"],
    "a carriage return": ["X-Cr: a\rb"],
    "a control in a name": ["X\x7f: a"],
    "a name in another alphabet": ["X-\xe4: a"],
}


@pytest.mark.parametrize("headers", STRANGE_HEADERS.values(), ids=list(STRANGE_HEADERS))
def test_strange_headers_are_refused(account: Account, headers: list[str]) -> None:
    answers = exchange(account.port, account.written("POST", "/wallets/deposit", DEPOSIT, *headers))

    assert_refused(answers)
    account.assert_nothing_moved()


@pytest.mark.parametrize("ends", [b"\n", b"\r"])
def test_lines_that_end_otherwise_than_by_crlf_are_refused(account: Account, ends: bytes) -> None:
    sent = account.written("POST", "/wallets/deposit", DEPOSIT).replace(b"\r\n", ends)

    answers = exchange(account.port, sent)

    assert_refused(answers)
    account.assert_nothing_moved()


@pytest.mark.parametrize(
    "host", ["", "evil.example", "evil.example:80@localhost", "a b", "[::1", "x" * 5000, "\xff"]
)
def test_a_host_is_never_believed(account: Account, host: str) -> None:
    sent = request("GET", "//wallets", account.authorization, host=host)

    answers = exchange(account.port, sent)

    assert all(answer.status < 500 for answer in answers)
    for answer in answers:
        assert "evil" not in str(answer)
    account.assert_nothing_moved()


@pytest.mark.parametrize("first", [True, False], ids=["at first", "on a kept connection"])
def test_a_request_of_http_1_1_without_a_host_is_refused(account: Account, first: bool) -> None:
    """RFC 9112, section 3.2. A proxy that adds one would send it to a host of its own choice."""
    before = b"" if first else account.written("GET", "/wallets")
    deposit = account.written("POST", "/wallets/deposit", DEPOSIT)

    answers = exchange(account.port, before + deposit.replace(b"Host: localhost\r\n", b""))

    assert answers[-1].status == 400
    assert json.loads(answers[-1].body)["code"] == "bad_request"
    assert [answer.status for answer in answers[:-1]] == ([] if first else [200])
    account.assert_nothing_moved()


def test_a_request_of_http_1_0_needs_no_host(account: Account) -> None:
    sent = request("GET", "/wallets", account.authorization, host=None)

    (answer,) = exchange(account.port, sent.replace(b"HTTP/1.1", b"HTTP/1.0"))

    assert answer.status == 200


@pytest.mark.parametrize(
    "header", ["X-Forwarded-For", "X-Forwarded-Host", "Forwarded", "X-Real-Ip"]
)
def test_what_a_proxy_would_say_is_not_believed_of_a_client(account: Account, header: str) -> None:
    answer = account.call("GET", "/nowhere", None, f"{header}: evil.example", "X-Script-Name: /a")

    assert answer.status == 404
    assert "evil" not in str(answer)


@pytest.mark.parametrize(
    "header", ["X-HTTP-Method-Override: POST", "X-Method-Override: DELETE", "X-Original-URL: /docs"]
)
def test_method_and_path_are_those_of_the_request_line(account: Account, header: str) -> None:
    answer = account.call("GET", "/wallets", None, header)

    assert answer.status == 200
    assert json.loads(answer.body)["balanceCents"] == account.FUNDED_CENTS


@pytest.mark.parametrize("name", ["SCRIPT_NAME", "Script-Name", "REMOTE_USER", "wsgi.input"])
def test_a_header_does_not_become_a_variable_of_the_server(account: Account, name: str) -> None:
    answers = exchange(account.port, account.written("GET", "/wallets", None, f"{name}: /wallets"))

    assert [answer.status for answer in answers] in ([200], [400])


@pytest.mark.parametrize("name", ["access_token", "access_token_cookie", "jwt", "token"])
def test_a_token_in_any_other_place_opens_nothing(account: Account, name: str) -> None:
    cookie = f"Cookie: {name}={account.token}"

    answers = exchange(
        account.port, request("GET", f"/wallets?{name}={account.token}", cookie, f"X-{cookie}")
    )

    assert [answer.status for answer in answers] == [401]


def test_an_upgrade_is_not_followed(account: Account) -> None:
    upgrade = ("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk")

    answer = account.call("GET", "/wallets", None, *upgrade)

    assert answer.status == 200


@pytest.mark.parametrize("value", ["100-continue", "200-ok", "100-continue, 100-continue"])
def test_an_expectation_holds_nothing_up(account: Account, value: str) -> None:
    sent = account.written("POST", "/wallets/deposit", {"amount": -1}, f"Expect: {value}")

    answers = exchange(account.port, sent)

    assert len(answers) == 1
    assert_refused(answers)


def test_pipelined_requests_are_answered_each_once_and_in_order(account: Account) -> None:
    requests = [
        account.written("POST", "/wallets/deposit", {"amount": 1}),
        account.written("GET", "/wallets"),
        account.written("GET", "/nowhere"),
        account.written("POST", "/wallets/deposit", {"amount": 2}),
        account.written("GET", "/wallets"),
    ]

    answers = exchange(account.port, b"".join(requests))

    assert [answer.status for answer in answers] == [200, 200, 404, 200, 200]
    assert json.loads(answers[-1].body)["balanceCents"] == account.FUNDED_CENTS + 300
