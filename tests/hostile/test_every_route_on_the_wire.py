"""Every route and asset of the URL map as the real gunicorn sends it, byte by byte."""

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import product
from urllib.parse import urljoin, urlsplit

import pytest
from werkzeug.routing import Rule

from tests.hostile.conftest import Account
from tests.hostile.strict_wire import StrictAnswer, first_answer
from tests.hostile.wire import connect, received, request

VERSIONS = ("HTTP/1.1", "HTTP/1.0")
CONNECTIONS = ("close", "keep-alive")
WAYS = list(product(VERSIONS, CONNECTIONS))
LAST = request("GET", "/healthz", "Connection: close")
"""Sent behind another on the same connection, its answer begins where the first one ends."""


class Addresses(HTMLParser):
    """What a page makes a browser fetch."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if name in ("src", "href") and value]


@pytest.fixture
def targets(rules: list[Rule], account: Account) -> list[str]:
    """One for each rule that can be got, and all that its pages fetch."""
    withdrawal = {"amount": 1, "destination": "bank-account-0001"}
    made = json.loads(account.call("POST", "/withdrawals", withdrawal).body)
    known = {"withdrawal_id": made["id"], "wanted": "0123456789ab", "name": "docs.js"}
    paths = [
        re.sub(r"<(?:\w+:)?(\w+)>", lambda found: known[found[1]], rule.rule)
        for rule in rules
        if "GET" in (rule.methods or ())
    ]
    assert {"/wallets", "/healthz", "/openapi.json", "/docs"} <= set(paths)
    return sorted({*paths, *fetched_by(paths, account)})


def fetched_by(paths: list[str], account: Account) -> Iterator[str]:
    for path in paths:
        page = fetch(account, "GET", path, "Accept: text/html")
        if page.headers.get("content-type", "").startswith("text/html"):
            for address in Addresses(page.body.decode()).found:
                target = urlsplit(urljoin(f"http://localhost{path}", address))
                if target.netloc == "localhost":
                    yield target.path


def fetch(
    account: Account,
    method: str,
    target: str,
    *headers: str,
    version: str = "HTTP/1.1",
    connection: str = "close",
) -> StrictAnswer:
    """The one answer, by a connection that is used again where both sides agree to it."""
    asked = (account.authorization, *headers, f"Connection: {connection}")
    sent = request(method, target, *asked).replace(b"HTTP/1.1", version.encode(), 1)
    with connect(account.port) as client:
        client.sendall(sent + LAST)
        answer, rest = first_answer(received(client), to=method)
    assert f"HTTP/1.{answer.minor_version}" == version
    assert connection == "keep-alive" or answer.closes
    if answer.closes:
        assert rest == b""
    else:
        following, rest = first_answer(rest)
        assert following.body == b'{"status":"ok"}'
        assert rest == b""
    return answer


@pytest.mark.parametrize(("version", "connection"), WAYS)
def test_each_is_answered_with_its_head_first_and_a_body_of_its_length(
    account: Account, targets: list[str], version: str, connection: str
) -> None:
    for target in targets:
        got = fetch(account, "GET", target, version=version, connection=connection)

        assert got.status < 500, (target, got)
        assert got.headers["server"] == "wallet_api"
        assert got.headers["x-content-type-options"] == "nosniff"
        assert "cache-control" in got.headers, target
        assert "x-request-id" in got.headers, target


@pytest.mark.parametrize(("version", "connection"), WAYS)
def test_each_keeps_a_connection_open_if_the_length_is_known(
    account: Account, targets: list[str], version: str, connection: str
) -> None:
    for target in targets:
        got = fetch(account, "GET", target, version=version, connection=connection)

        if {"content-length", "transfer-encoding"} & got.headers.keys():
            assert got.headers["connection"] == connection, (target, got)


@pytest.mark.parametrize(("version", "connection"), WAYS)
def test_head_has_the_headers_of_get_and_no_body(
    account: Account, targets: list[str], version: str, connection: str
) -> None:
    vary = {"date", "x-request-id", "content-length", "transfer-encoding", "connection"}
    for target in targets:
        got = fetch(account, "GET", target, version=version, connection=connection)

        head = fetch(account, "HEAD", target, version=version, connection=connection)

        assert head.status == got.status, target
        assert head.headers.keys() - vary == got.headers.keys() - vary, target
        assert head.headers.get("content-type") == got.headers.get("content-type"), target
        if "content-length" in got.headers and got.status == 200:
            # A problem's body holds the request's id, and an answer's may hold the time.
            assert abs(int(head.headers["content-length"]) - len(got.body)) < 8, target


@pytest.mark.parametrize(("version", "connection"), WAYS)
def test_what_the_client_has_is_not_sent_again(
    account: Account, targets: list[str], version: str, connection: str
) -> None:
    with_tag = 0
    for target in targets:
        got = fetch(account, "GET", target, version=version, connection=connection)
        tag = got.headers.get("etag", '"x"')

        for method, given, status in (
            ("GET", tag, 304),
            ("HEAD", tag, 304),
            ("GET", f'"other", {tag}', 304),
            ("GET", '"other"', 200),
        ):
            header = f"If-None-Match: {given}"
            again = fetch(account, method, target, header, version=version, connection=connection)

            if "etag" in got.headers:
                assert again.status == status, (target, given, again)
                assert again.headers["etag"] == tag
            else:
                assert again.status == got.status, (target, given, again)
        with_tag += "etag" in got.headers
    assert with_tag > 2


RANGES = {
    "bytes=0-9": lambda whole: whole[:10],
    "bytes=5-": lambda whole: whole[5:],
    "bytes=-7": lambda whole: whole[-7:],
    "bytes=3-99999999": lambda whole: whole[3:],
    "bytes=99999999-": None,
    "bytes=9-3": lambda whole: whole,
    "lines=1-2": lambda whole: whole,
    "bytes=0-1,3-4": lambda whole: whole,
}


@pytest.mark.parametrize("asked", RANGES)
@pytest.mark.parametrize(("version", "connection"), WAYS)
def test_a_part_is_the_part_that_was_asked_for_or_the_whole(
    account: Account, targets: list[str], version: str, connection: str, asked: str
) -> None:
    part_of = RANGES[asked]
    in_parts = 0
    for target in targets:
        whole = fetch(account, "GET", target)

        for method in ("GET", "HEAD"):
            header = f"Range: {asked}"
            got = fetch(account, method, target, header, version=version, connection=connection)

            assert got.status in (whole.status, 206, 416), (target, got)
            if got.status == 206:
                assert part_of is not None
                assert method == "HEAD" or got.body == part_of(whole.body), target
            if got.status == 416:
                assert asked in ("bytes=99999999-", "bytes=9-3", "lines=1-2", "bytes=0-1,3-4")
                assert got.headers["content-range"] == f"bytes */{len(whole.body)}", target
            in_parts += got.status in (206, 416)
    assert in_parts or asked not in ("bytes=0-9", "bytes=-7", "bytes=99999999-")


@pytest.mark.parametrize("accept", ["text/csv", "text/html", "application/json", "image/png", ""])
@pytest.mark.parametrize("version", VERSIONS)
def test_in_whatever_format_it_is_asked_for(
    account: Account, targets: list[str], version: str, accept: str
) -> None:
    for target, method in product(targets, ("GET", "HEAD")):
        got = fetch(account, method, target, f"Accept: {accept}", version=version)

        assert got.status < 500, (target, got)


@pytest.mark.parametrize(("version", "connection"), WAYS)
def test_whatever_method_it_is_asked_with(
    account: Account, rules: list[Rule], version: str, connection: str
) -> None:
    for rule in rules:
        path = re.sub(r"<(?:\w+:)?(\w+)>", "x", rule.rule)
        for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"):
            got = fetch(account, method, path, version=version, connection=connection)

            assert got.status < 500, (method, path, got)
    account.assert_nothing_moved()
