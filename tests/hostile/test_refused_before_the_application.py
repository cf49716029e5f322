"""What gunicorn refuses has the shape of every other error of the service."""

import json
from pathlib import Path

import pytest

from tests.hostile.conftest import Account
from tests.hostile.strict_wire import StrictAnswer, first_answer
from tests.hostile.wire import Port, connect, received, request
from wallet_api.openapi.problem_schemas import PROBLEM_SCHEMA

TOKEN = "Authorization: Bearer a-secret-token"
BODY = b'{"amount": 1}'


def deposit(*headers: str) -> bytes:
    return request("POST", "/wallets/deposit", TOKEN, *headers, body=BODY)


def line(written: bytes) -> bytes:
    return written + b"\r\nHost: localhost\r\n" + TOKEN.encode() + b"\r\n\r\n"


LENGTH = f"Content-Length: {len(BODY)}"
CHUNKED = "Transfer-Encoding: chunked"
REFUSED: dict[str, tuple[bytes, int, str]] = {
    "no version": (line(b"GET /wallets"), 400, "bad_request"),
    "a lower-case method": (line(b"get /wallets HTTP/1.1"), 400, "bad_request"),
    "a method of 21 letters": (line(b"A" * 21 + b" /wallets HTTP/1.1"), 400, "bad_request"),
    "a target of no form": (line(b"GET wallets HTTP/1.1"), 400, "bad_request"),
    "a target in Latin-1": (line(b"GET /wallets/\xe4 HTTP/1.1"), 400, "bad_request"),
    "noise": (b"\x16\x03\x01\x00\xa5\r\n\r\n", 400, "bad_request"),
    "lines that end with LF": (deposit(LENGTH).replace(b"\r\n", b"\n"), 400, "bad_request"),
    "a space in a header's name": (deposit("X A: 1"), 400, "bad_request"),
    "no colon": (deposit("X-A"), 400, "bad_request"),
    "a NUL": (deposit("X-A: \x00"), 400, "bad_request"),
    "a folded header": (deposit("X-A: 1\r\n 2"), 400, "bad_request"),
    "no Host": (request("GET", "/wallets", TOKEN, host=None), 400, "bad_request"),
    "two Hosts": (deposit("Host: localhost"), 400, "bad_request"),
    "two Hosts that differ": (deposit("Host: evil.test"), 400, "bad_request"),
    "a Host of two words": (request("GET", "/wallets", TOKEN, host="a b"), 400, "bad_request"),
    "a Host with a user": (request("GET", "/wallets", TOKEN, host="u@a"), 400, "bad_request"),
    "a Host with a path": (request("GET", "/wallets", TOKEN, host="a/b"), 400, "bad_request"),
    "a list of Hosts": (request("GET", "/wallets", TOKEN, host="a, b"), 400, "bad_request"),
    "a broken address": (request("GET", "/wallets", TOKEN, host="[::1"), 400, "bad_request"),
    "a port in letters": (request("GET", "/wallets", TOKEN, host="a:http"), 400, "bad_request"),
    "two equal lengths": (deposit(LENGTH, LENGTH), 400, "bad_request"),
    "two lengths": (deposit(LENGTH, "Content-Length: 2"), 400, "bad_request"),
    "a list of lengths": (deposit("Content-Length: 5, 5"), 400, "bad_request"),
    "a signed length": (deposit("Content-Length: +5"), 400, "bad_request"),
    "a length and chunks": (deposit(LENGTH, CHUNKED), 400, "bad_request"),
    "chunks and a length": (deposit(CHUNKED, LENGTH), 400, "bad_request"),
    "two codings": (deposit(CHUNKED, CHUNKED), 400, "bad_request"),
    "an unknown coding": (deposit("Transfer-Encoding: secret"), 400, "bad_request"),
    "two types": (
        deposit(LENGTH, *["Content-Type: application/json"] * 2),
        400,
        "bad_request",
    ),
    "a long path": (line(b"GET /" + b"a" * 5_000 + b" HTTP/1.1"), 414, "request_uri_too_long"),
    "a long query": (
        line(b"GET /wallets?" + b"a" * 9_000 + b" HTTP/1.1"),
        414,
        "request_uri_too_long",
    ),
    "no line end within 60 kB": (b"GET /" + b"a" * 60_000, 414, "request_uri_too_long"),
    "an unknown expectation": (deposit(LENGTH, "Expect: secret"), 417, "expectation_failed"),
    "too many headers": (
        deposit(*(f"X-{n}: 1" for n in range(70))),
        431,
        "request_header_fields_too_large",
    ),
    "a header too long": (deposit("X-A: " + "a" * 9_000), 431, "request_header_fields_too_large"),
    "HTTP/2.0": (line(b"GET /wallets HTTP/2.0"), 505, "http_version_not_supported"),
    "HTTP/0.9": (line(b"GET /wallets HTTP/0.9"), 505, "http_version_not_supported"),
}
CASES = pytest.mark.parametrize(("sent", "status", "code"), REFUSED.values(), ids=list(REFUSED))


def answered(port: Port, sent: bytes, *, to: str = "GET") -> StrictAnswer:
    """The one answer, after which the connection is closed."""
    with connect(port) as client:
        client.sendall(sent)
        answer, rest = first_answer(received(client), to=to)
    assert rest == b""
    return answer


@CASES
def test_it_is_a_problem_like_any_other(
    account: Account, sent: bytes, status: int, code: str
) -> None:
    ordinary = account.call("GET", "/nowhere")

    answer = answered(account.port, sent)

    problem = json.loads(answer.body)
    assert (answer.status, problem["status"], problem["code"]) == (status, status, code)
    assert problem.keys() == set(PROBLEM_SCHEMA["required"]) == json.loads(ordinary.body).keys()
    assert problem["title"] == problem["message"]
    assert problem["detail"]
    assert problem["requestId"] == answer.headers["x-request-id"]
    for name in ("content-type", "x-content-type-options", "cache-control"):
        assert answer.headers[name] == ordinary.headers[name], name
    assert answer.closes
    account.assert_nothing_moved()


@CASES
def test_its_code_is_explained_where_its_type_points(
    account: Account, sent: bytes, status: int, code: str
) -> None:
    problem = json.loads(answered(account.port, sent).body)

    page, _, section = problem["type"].partition("#")

    assert section == code
    explained = account.call("GET", page).body.decode()
    assert f'id="{code}"' in explained
    assert f">{status}<" in explained.partition(f'id="{code}"')[2][:500]


@CASES
def test_it_tells_nothing_of_the_inside_nor_of_the_request(
    account: Account, sent: bytes, status: int, code: str
) -> None:
    answer = answered(account.port, sent)

    told = (str(answer.headers) + answer.body.decode()).lower()
    for word in ("secret", "evil", "gunicorn", "<html", "python", "traceback"):
        assert word not in told


@pytest.mark.parametrize(
    ("target", "instance"),
    [
        ("/wallets/deposit?secret=1", "/wallets/deposit"),
        ("/caf%C3%A9", "/caf%C3%A9"),
        ("/%3Cscript%3E", "/%3Cscript%3E"),
        ("//evil.test/x", "//evil.test/x"),
        ("http://evil.test/x", "/"),
    ],
)
def test_the_instance_is_the_path_as_far_as_it_could_be_read(
    account: Account, target: str, instance: str
) -> None:
    answers = [
        answered(account.port, request("GET", target, *headers))
        for headers in (("X A: 1",), ("Content-Length: x",), ("Host: second.test",))
    ]

    assert [json.loads(answer.body)["instance"] for answer in answers] == [instance] * 3


@pytest.mark.parametrize(
    "headers", [("X A: 1",), ("Expect: 200-ok",), ("X-A: " + "a" * 9_000,), ("Host: second.test",)]
)
def test_an_answer_to_head_has_no_body(account: Account, headers: tuple[str, ...]) -> None:
    answer = answered(account.port, request("HEAD", "/wallets", *headers), to="HEAD")

    assert answer.status >= 400
    assert int(answer.headers["content-length"]) > 0


def test_each_has_an_id_of_its_own(port: Port) -> None:
    ids = {answered(port, request("GET", "/", "X A: 1")).headers["x-request-id"] for _ in range(5)}

    assert len(ids) == 5


def test_a_refusal_after_an_answer_on_the_same_connection_is_one_too(account: Account) -> None:
    good = request("GET", "/healthz")
    bad = request("GET", "/wallets", "X A: 1")

    with connect(account.port) as client:
        client.sendall(good + bad + good)
        first, rest = first_answer(received(client))
        second, rest = first_answer(rest)

    assert (first.status, first.closes) == (200, False)
    assert (second.status, second.closes) == (400, True)
    assert json.loads(second.body)["instance"] == "/wallets"
    assert rest == b""


def test_the_log_knows_the_id_and_not_the_token(port: Port, service_log: Path) -> None:
    bad = request("GET", "/wallets", TOKEN + "\x00")

    answer = answered(port, bad)

    written = service_log.read_text()
    assert answer.headers["x-request-id"] in written
    assert "a-secret-token" not in written


@pytest.mark.parametrize("version", ["HTTP/1.0", "HTTP/1.1"])
@pytest.mark.parametrize(
    "host", ["localhost", "localhost:3000", "a.b-c.test:", "127.0.0.1:80", "[::1]:80", "a_b", ""]
)
def test_an_ordinary_host_is_taken(port: Port, version: str, host: str) -> None:
    sent = request("GET", "/healthz", "Connection: close", host=host)

    answer = answered(port, sent.replace(b"HTTP/1.1", version.encode()))

    assert answer.status == 200


def test_http_1_0_needs_no_host(port: Port) -> None:
    answer = answered(port, b"GET /healthz HTTP/1.0\r\n\r\n")

    assert answer.status == 200
