"""A page of another origin may call the service if CORS_ORIGINS names it, and only then."""

from collections.abc import Iterator
from contextlib import ExitStack
from itertools import count
from typing import Any

import pytest
from playwright.sync_api import Error, Page

from tests.browser.another_origin import Caller, another_origin
from tests.browser.conftest import PREFIX
from tests.browser.watch import Watch
from tests.conftest import FOR_TESTS
from tests.faults.service import Service
from tests.support.nginx import nginx_before
from wallet_api.embedded_mongo import EmbeddedMongo

TRIES = 3
_numbers = count(1)


@pytest.fixture(scope="module")
def origin() -> Iterator[str]:
    with another_origin() as address:
        yield address


@pytest.fixture(scope="module", params=["gunicorn", "nginx below a path"])
def allowing(
    request: pytest.FixtureRequest,
    origin: str,
    mongo: EmbeddedMongo,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    """The address of a service that names the origin."""
    folder = tmp_path_factory.mktemp("cors")
    settings = {
        **FOR_TESTS,
        "WORKERS": "1",
        "CORS_ORIGINS": f"https://example.com,{origin}",
        "LOGIN_TRIES": str(TRIES),
    }
    service = Service(mongo.uri, folder / "service.log", hooks={}, settings=settings)
    with ExitStack() as stopping:
        stopping.callback(service.kill_tree)
        service.start()
        service.wait()
        if request.param == "gunicorn":
            yield f"http://127.0.0.1:{service.port}"
        else:
            yield stopping.enter_context(nginx_before(service.port, folder, PREFIX)).address


@pytest.fixture
def ada() -> dict[str, str]:
    """Somebody new."""
    names = {"firstName": "Ada", "lastName": "Lovelace", "password": "tidal-lantern-42-moss"}
    return {**names, "email": f"ada-{next(_numbers)}@example.com"}


def login_of(person: dict[str, str]) -> dict[str, str]:
    return {name: person[name] for name in ("email", "password")}


def test_a_named_page_registers_logs_in_deposits_and_reads_that_it_was_a_replay(
    page: Page, watch: Watch, origin: str, allowing: str, ada: dict[str, str]
) -> None:
    caller = Caller(page, origin, allowing)

    registered = caller.post("/auth/register", ada)
    token = caller.post("/auth/login", login_of(ada)).body["token"]
    sent: dict[str, Any] = {"Authorization": f"Bearer {token}", "Idempotency_Key": "k"}
    first, again = (caller.post("/wallets/deposit", {"amount": 5}, **sent) for _ in range(2))

    assert (registered.status, first.status, again.status) == (201, 200, 200)
    assert first.body == again.body
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert first.headers["x-request-id"] != again.headers["x-request-id"]
    assert watch.complaints == []


def test_a_named_page_reads_when_it_may_come_again(
    page: Page, origin: str, allowing: str, ada: dict[str, str]
) -> None:
    caller = Caller(page, origin, allowing)
    caller.post("/auth/register", ada)

    wrong = login_of(ada) | {"password": "wrong"}
    answers = [caller.post("/auth/login", wrong) for _ in range(TRIES + 1)]

    assert [answer.status for answer in answers] == [401] * TRIES + [429]
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert answers[-1].body["requestId"] == answers[-1].headers["x-request-id"]


def test_a_named_page_reads_why_it_was_refused(page: Page, origin: str, allowing: str) -> None:
    refused = Caller(page, origin, allowing).post("/wallets/deposit", {"amount": 5})

    assert (refused.status, refused.body["code"]) == (401, "unauthenticated")


def test_without_the_setting_the_browser_refuses_every_call(
    page: Page, watch: Watch, origin: str, site: str, ada: dict[str, str]
) -> None:
    caller = Caller(page, origin, site)

    with pytest.raises(Error, match="Failed to fetch"):
        caller.post("/auth/register", ada)

    assert any("blocked by CORS policy" in complaint for complaint in watch.complaints)
    # The preflight was refused, so that the request itself was never sent.
    assert page.request.post(f"{site}/auth/register", data=ada).status == 201


def test_a_page_that_is_not_named_is_refused_beside_one_that_is(
    page: Page, allowing: str, ada: dict[str, str]
) -> None:
    with another_origin() as unnamed, pytest.raises(Error, match="Failed to fetch"):
        Caller(page, unnamed, allowing).post("/auth/register", ada)

    assert page.request.post(f"{allowing}/auth/register", data=ada).status == 201
