"""Debian's Chromium before the service, which serves at its root and below a proxy's path."""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.watch import Watch
from tests.conftest import FOR_TESTS
from tests.faults.service import Service
from tests.support.nginx import Nginx, nginx_before
from wallet_api.embedded_mongo import EmbeddedMongo

FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
PREFIX = "/api/wallet"
WAIT_MS = 30_000
"""A busy machine draws slowly."""


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    program = shutil.which("chromium")
    assert program, "chromium is not installed: apt-get install chromium"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def service(
    mongo: EmbeddedMongo, tmp_path_factory: pytest.TempPathFactory, _no_settings_from_outside: None
) -> Iterator[Service]:
    log = tmp_path_factory.mktemp("browser") / "service.log"
    running = Service(mongo.uri, log, hooks={}, settings={**FOR_TESTS, "WORKERS": "2"})
    with ExitStack() as stopping:
        stopping.callback(running.kill_tree)
        running.start()
        running.wait()
        yield running
        running.terminate()
    assert "Traceback" not in log.read_text(errors="replace")


@pytest.fixture(scope="session")
def nginx(service: Service, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nginx]:
    """By TLS, and below a path."""
    with nginx_before(service.port, tmp_path_factory.mktemp("nginx"), PREFIX) as proxy:
        yield proxy


@pytest.fixture(params=["gunicorn", "nginx below a path"])
def site(request: pytest.FixtureRequest, service: Service, nginx: Nginx) -> str:
    """The address of the service's root, without a slash at its end."""
    return f"http://127.0.0.1:{service.port}" if request.param == "gunicorn" else nginx.address


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(ignore_https_errors=True, viewport={"width": 1280, "height": 900})
    context.set_default_timeout(WAIT_MS)
    expect.set_options(timeout=WAIT_MS)
    yield context.new_page()
    context.close()


@pytest.fixture
def watch(page: Page) -> Watch:
    """What goes wrong on the page from now on."""
    return Watch(page)


@pytest.fixture
def shot(page: Page, tmp_path: Path) -> Iterator[None]:
    """A picture of how the page was left, among the temporary files of the run."""
    yield
    page.screenshot(path=tmp_path / "page.png")
