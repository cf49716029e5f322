"""CORS_ORIGINS: pages of the origins named there may call the service, and no others."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from environs import Env
from flask import Flask

from tests.faults.servers import free_port
from tests.faults.service import Service
from tests.hostile.wire import Answer, exchange, request
from tests.support.people import someone
from wallet_api import config
from wallet_api.app import create_app
from wallet_api.config import InvalidSettings
from wallet_api.embedded_mongo import EmbeddedMongo
from wallet_api.wallets import service as wallets

SHOP, LOCAL = "https://shop.example.com", "http://[::1]:8080"
ORIGINS = f"{SHOP}, {LOCAL}"
ALLOWED = ("Authorization", "Content-Type", "Idempotency-Key", "X-Request-ID")
PREFLIGHT = (
    "Access-Control-Request-Method: POST",
    f"Access-Control-Request-Headers: {','.join(ALLOWED).lower()}",
)
STRANGERS = [
    *("https://evil.example", "http://shop.example.com", "https://shop.example.com:8443", "null"),
    *(
        "https://shop.example.com.evil.example",
        "https://a.shop.example.com",
        "https://shopxexample.com",
    ),
    *("https://shop.example.com/", "https://shop.example.com, https://evil.example", "*", ""),
]


def ask(port: int, method: str, target: str, *headers: str, body: bytes = b"") -> Answer:
    length = (f"Content-Length: {len(body)}",) if body else ()
    (answer,) = exchange(port, request(method, target, *headers, *length, body=body))
    return answer


def cross_origin(answer: Answer) -> dict[str, str]:
    return {n: v for n, v in answer.headers.items() if n.startswith("access-control-")}


@contextmanager
def running(uri: str, folder: Path, settings: dict[str, str]) -> Iterator[int]:
    """The port of a service that answers, whatever its database does."""
    service = Service(uri, folder / "service.log", hooks={}, settings={"WORKERS": "1", **settings})
    service.start()
    try:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with suppress(OSError):
                if exchange(service.port, request("GET", "/healthz")):
                    break
            time.sleep(0.1)
        yield service.port
        service.terminate()
    finally:
        service.kill_tree()


@pytest.fixture(scope="module")
def open_to_the_shop(
    mongo: EmbeddedMongo, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[int]:
    folder = tmp_path_factory.mktemp("cors")
    with running(mongo.uri, folder, {"CORS_ORIGINS": ORIGINS}) as port:
        yield port


@pytest.mark.parametrize("origin", [SHOP, LOCAL])
@pytest.mark.parametrize("path", ["/withdrawals", "/wallets/deposit", "/auth/login"])
def test_a_preflight_is_answered_without_a_token(
    open_to_the_shop: int, path: str, origin: str
) -> None:
    answer = ask(open_to_the_shop, "OPTIONS", path, f"Origin: {origin}", *PREFLIGHT)

    assert answer.status == 200
    told = cross_origin(answer)
    assert told["access-control-allow-origin"] == origin
    assert {"POST", "PATCH"} <= set(told["access-control-allow-methods"].split(", "))
    assert told["access-control-max-age"] == "600"
    allowed = told["access-control-allow-headers"].lower().split(", ")
    assert sorted(allowed) == sorted(name.lower() for name in ALLOWED)
    assert "access-control-allow-credentials" not in told


def test_a_preflight_for_another_header_does_not_allow_it(open_to_the_shop: int) -> None:
    wanted = ("Access-Control-Request-Method: POST", "Access-Control-Request-Headers: cookie,x-a")

    answer = ask(open_to_the_shop, "OPTIONS", "/withdrawals", f"Origin: {SHOP}", *wanted)

    assert "access-control-allow-headers" not in cross_origin(answer)


def test_no_page_may_ask_on_behalf_of_a_user(open_to_the_shop: int) -> None:
    """The key of a back end that is in a page is everybody's."""
    asked = "Access-Control-Request-Headers: authorization,on-behalf-of"
    wanted = ("Access-Control-Request-Method: POST", asked)

    answer = ask(open_to_the_shop, "OPTIONS", "/withdrawals", f"Origin: {SHOP}", *wanted)

    allowed = cross_origin(answer)["access-control-allow-headers"].lower().split(", ")
    assert allowed == ["authorization"]


def test_a_whole_payment_can_be_made_and_read_from_the_page(open_to_the_shop: int) -> None:
    page = (f"Origin: {SHOP}", "Content-Type: application/json")
    login = {"email": "page@example.com", "password": "correct horse battery"}

    def call(path: str, body: dict[str, Any], *headers: str) -> Answer:
        return ask(open_to_the_shop, "POST", path, *page, *headers, body=json.dumps(body).encode())

    registered = call("/auth/register", login | {"firstName": "A", "lastName": "Page"})
    token = json.loads(call("/auth/login", login).body)["token"]
    me = f"Authorization: Bearer {token}"
    deposit = call("/wallets/deposit", {"amount": 5}, me)
    paid = [
        call("/withdrawals", {"amount": 1, "destination": "b"}, me, "Idempotency-Key: k")
        for _ in range(2)
    ]

    assert [each.status for each in (registered, deposit, *paid)] == [201, 200, 201, 201]
    for answer in (registered, deposit, *paid):
        assert answer.headers["access-control-allow-origin"] == SHOP
        exposed = answer.headers["access-control-expose-headers"].split(", ")
        assert {"Idempotent-Replayed", "X-Request-Id", "Retry-After"} <= set(exposed)
        assert {"RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"} <= set(exposed)
    assert paid[1].headers["idempotent-replayed"] == "true"


ERRORS = {
    "no token": ("GET", "/wallets", 401),
    "no such path": ("GET", "/nowhere", 404),
    "no such method": ("DELETE", "/wallets", 405),
    "no media type": ("POST", "/auth/login", 415),
}


@pytest.mark.parametrize(("method", "path", "status"), ERRORS.values(), ids=ERRORS)
def test_a_page_can_read_errors_too(
    open_to_the_shop: int, method: str, path: str, status: int
) -> None:
    answer = ask(open_to_the_shop, method, path, f"Origin: {SHOP}", "Content-Length: 0")

    assert answer.status == status
    assert answer.headers["access-control-allow-origin"] == SHOP
    assert "X-Request-Id" in answer.headers["access-control-expose-headers"]


@pytest.mark.parametrize("origin", STRANGERS)
@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
def test_a_page_of_any_other_origin_is_told_nothing(
    open_to_the_shop: int, method: str, origin: str
) -> None:
    answer = ask(open_to_the_shop, method, "/currencies", f"Origin: {origin}", *PREFLIGHT)

    assert answer.status == 200
    assert cross_origin(answer) == {}


@pytest.mark.parametrize("headers", [[], [f"Origin: {SHOP}"], ["Origin: https://evil.example"]])
def test_a_cache_keeps_the_answers_apart(open_to_the_shop: int, headers: list[str]) -> None:
    answer = ask(open_to_the_shop, "GET", "/currencies", *headers)

    assert "origin" in answer.headers["vary"].lower()
    assert answer.headers["cache-control"].startswith("public")


@pytest.mark.lengthy
def test_without_a_database_the_preflight_passes_and_the_page_reads_the_503(tmp_path: Path) -> None:
    nobody = f"mongodb://127.0.0.1:{free_port()}/wallet_api"
    settings = {"CORS_ORIGINS": SHOP, "DATABASE_TIMEOUT_SECONDS": "1"}
    login = json.dumps({"email": "a@example.com", "password": "correct horse battery"}).encode()
    page = (f"Origin: {SHOP}", "Content-Type: application/json")

    with running(nobody, tmp_path, settings) as port:
        started = time.monotonic()
        preflight = ask(port, "OPTIONS", "/auth/login", f"Origin: {SHOP}", *PREFLIGHT)
        preflight_seconds = time.monotonic() - started
        refused = ask(port, "POST", "/auth/login", *page, body=login)

    assert (preflight.status, refused.status) == (200, 503)
    assert preflight_seconds < 1
    for answer in (preflight, refused):
        assert answer.headers["access-control-allow-origin"] == SHOP
    assert "Retry-After" in refused.headers["access-control-expose-headers"]


def test_a_page_can_read_that_something_broke(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CORS_ORIGINS", SHOP)
    config.settings.cache_clear()
    client = create_app().test_client()
    person = someone(client, "alice@example.com")

    def break_down(*_: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(wallets, "deposit", break_down)
    answer = client.post(
        "/wallets/deposit", json={"amount": 1}, headers=person.headers() | {"Origin": SHOP}
    )

    assert answer.status_code == 500
    assert answer.headers["Access-Control-Allow-Origin"] == SHOP


@pytest.mark.parametrize("path", ["/currencies", "/wallets", "/nowhere"])
@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
def test_without_the_setting_there_is_not_one_header(app: Flask, method: str, path: str) -> None:
    headers = {"Origin": SHOP, "Access-Control-Request-Method": "POST"}

    answer = app.test_client().open(path, method=method, headers=headers)

    assert [name for name, _ in answer.headers if name.startswith("Access-Control-")] == []
    assert "Vary" not in answer.headers


def read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, origins: str) -> tuple[str, ...]:
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.setenv("CORS_ORIGINS", origins)
    return config.read(Env()).cors_origins


@pytest.mark.parametrize(
    ("written", "known"),
    [
        ("", ()),
        (" , ", ()),
        (SHOP, (SHOP,)),
        (ORIGINS, (SHOP, LOCAL)),
        ("HTTPS://Shop.Example.com", (SHOP,)),
        ("http://localhost:8080", ("http://localhost:8080",)),
        (
            "https://a.example:80,http://a.example:443",
            ("https://a.example:80", "http://a.example:443"),
        ),
    ],
)
def test_origins_are_read_as_browsers_write_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, written: str, known: tuple[str, ...]
) -> None:
    assert read(monkeypatch, tmp_path, written) == known


@pytest.mark.parametrize(
    "written",
    [
        *("*", "null", "shop.example.com", "https://shop.example.com/", "https://*.example.com"),
        *("https://shop.example.com/path", "https://shop.example.com:443", "http://a.example:80"),
        *("ftp://a.example", "https://", "https://me@a.example", "https://bücher.example"),
        *("https://a.example?x", "https://a.example https://b.example", f"{SHOP},*"),
    ],
)
def test_what_is_no_origin_is_refused_at_the_start(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, written: str
) -> None:
    with pytest.raises(InvalidSettings, match="CORS_ORIGINS"):
        read(monkeypatch, tmp_path, written)
