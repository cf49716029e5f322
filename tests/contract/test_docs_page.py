"""/docs works without the outside, under a strict policy; /docs/errors explains every code."""

import ast
import re
from collections.abc import Iterator
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urldefrag, urljoin

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug import exceptions

import wallet_api
from wallet_api.openapi.problem_schemas import PROBLEM_SCHEMA
from wallet_api.web import problems

PAGES = ("/docs", "/docs/errors")
A_NUL = pytest.param(
    "docs.js%00", marks=pytest.mark.not_through_nginx("nginx refuses a NUL by itself")
)
POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "connect-src": "'self'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
    "form-action": "'none'",
}


class Page(HTMLParser):
    """The addresses and anchors of a page, and what a strict policy would not run."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.anchors: set[str] = set()
        self.inline: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        members = {name: value or "" for name, value in attrs}
        self.addresses += [members[name] for name in ("href", "src") if name in members]
        self.anchors |= {members["id"]} if "id" in members else set()
        if tag == "style" or (tag == "script" and "src" not in members):
            self.inline.append(tag)
        self.inline += [name for name in members if name == "style" or name.startswith("on")]


def assets(client: FlaskClient) -> Iterator[str]:
    for path in PAGES:
        addresses = Page(client.get(path).text).addresses
        yield from (urljoin(path, address) for address in addresses if "/assets/" in address)


@pytest.mark.parametrize("path", PAGES)
def test_a_page_allows_nothing_but_its_own_assets(client: FlaskClient, path: str) -> None:
    answer = client.get(path)

    policy = dict(
        directive.strip().split(" ", 1)
        for directive in answer.headers["Content-Security-Policy"].split(";")
    )
    assert (answer.status_code, answer.content_type) == (200, "text/html; charset=utf-8")
    assert policy == POLICY


@pytest.mark.parametrize("path", PAGES)
def test_a_page_refers_to_nothing_outside_of_where_a_proxy_serves_it(
    client: FlaskClient, path: str
) -> None:
    page = Page(client.get(path).text)

    found = {urljoin(f"http://localhost/api/wallet{path}", address) for address in page.addresses}
    assert found
    assert [each for each in found if not each.startswith("http://localhost/api/wallet/")] == []
    assert page.inline == []


@pytest.mark.parametrize("path", PAGES)
def test_every_address_of_a_page_is_served(client: FlaskClient, path: str) -> None:
    page = Page(client.get(path).text)

    for address in page.addresses:
        target, anchor = urldefrag(urljoin(path, address))
        assert not anchor or anchor in page.anchors
        assert client.get(target).status_code == 200, address


def test_the_page_is_found_with_a_slash_too(client: FlaskClient) -> None:
    answer = client.get("/docs/", headers={"Host": "evil.test"})

    assert (answer.status_code, answer.headers["Location"]) == (302, "../docs")


def test_the_assets_may_be_kept_for_ever(client: FlaskClient) -> None:
    types = {"css": "text/css", "js": "text/javascript", "png": "image/png"}

    for address in assets(client):
        answer = client.get(address)

        assert answer.mimetype == types[address.rpartition(".")[2]]
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize(
    "name",
    [
        "docs.html",
        "../docs.py",
        "..%2fdocs.py",
        "%2e%2e/docs.py",
        "..%5cdocs.py",
        "%2fetc%2fpasswd",
        "....//docs.py",
        A_NUL,
        "oauth2-redirect.html",
    ],
)
def test_no_other_file_is_served(client: FlaskClient, name: str) -> None:
    folder = next(assets(client)).rpartition("/")[0]

    answer = client.get(f"{folder}/{name}")

    assert answer.status_code == 404
    assert answer.content_type == "application/problem+json"


def test_assets_of_another_version_are_not_found(client: FlaskClient) -> None:
    assert client.get("/docs/assets/0123456789ab/docs.js").status_code == 404


def test_every_domain_error_has_a_section_with_its_status_and_message(client: FlaskClient) -> None:
    html = unescape(client.get("/docs/errors").text)

    for kind, status in problems.STATUS.items():
        section = re.search(rf'<section id="{kind.code}">(.*?)</section>', html, re.DOTALL)

        assert section, kind.code
        assert f">{status}<" in section[1]
        assert kind.message in section[1]


def test_every_http_error_that_the_service_raises_has_a_section(client: FlaskClient) -> None:
    """Flask itself raises NotFound and MethodNotAllowed; send_file the one about ranges."""
    anchors = Page(client.get("/docs/errors").text).anchors
    raised = {
        exceptions.NotFound,
        exceptions.MethodNotAllowed,
        exceptions.RequestedRangeNotSatisfiable,
        *http_errors_named_in_the_code(),
    }

    assert exceptions.UnsupportedMediaType in raised
    for kind in raised - {exceptions.HTTPException, exceptions.InternalServerError}:
        assert code_of(kind) in anchors


def test_the_type_of_a_problem_leads_to_its_section(client: FlaskClient) -> None:
    answers = [
        client.get("/nowhere"),
        client.delete("/wallets"),
        client.get("/wallets"),
        client.post("/auth/login", data="x"),
        client.post("/auth/login", data="x", content_type="application/json"),
        client.post("/auth/login", data="x" * 70_000, content_type="application/json"),
        client.get(next(assets(client)), headers={"Range": "bytes=99999999-"}),
    ]

    found = {answer.status_code for answer in answers}

    assert found == {404, 405, 401, 415, 400, 413, 416}
    for answer in answers:
        path, _, anchor = answer.get_json(force=True)["type"].partition("#")
        assert anchor in Page(client.get(path).text).anchors


@pytest.mark.in_process("a defect is made up in the process of the test")
def test_a_defect_has_a_section_too(app: Flask, client: FlaskClient) -> None:
    anchors = Page(client.get("/docs/errors").text).anchors

    with app.test_request_context("/"):
        answer = app.make_response(app.handle_user_exception(ZeroDivisionError()))

    assert answer.status_code == 500
    assert answer.get_json()["code"] in anchors
    assert answer.get_json().keys() == set(PROBLEM_SCHEMA["required"])


def code_of(kind: type[exceptions.HTTPException]) -> str:
    return kind().name.lower().replace(" ", "_")


def http_errors_named_in_the_code() -> Iterator[type[exceptions.HTTPException]]:
    for path in Path(wallet_api.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module == "werkzeug.exceptions":
                yield from (getattr(exceptions, each.name) for each in node.names)
