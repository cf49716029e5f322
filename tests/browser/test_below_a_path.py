"""The `type` of a problem, opened in a browser where a proxy serves below a path."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urljoin

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PREFIX
from tests.conftest import FOR_TESTS
from tests.faults.service import Service
from tests.support.nginx import nginx_before
from wallet_api.embedded_mongo import EmbeddedMongo


@pytest.fixture
def site(mongo: EmbeddedMongo, tmp_path: Path) -> Iterator[str]:
    """Of a service that knows where its clients reach it."""
    settings = {**FOR_TESTS, "WORKERS": "1", "PUBLIC_URL": PREFIX}
    service = Service(mongo.uri, tmp_path / "service.log", hooks={}, settings=settings)
    with ExitStack() as stopping:
        stopping.callback(service.kill_tree)
        service.start()
        service.wait()
        yield stopping.enter_context(nginx_before(service.port, tmp_path, PREFIX)).address


def test_the_type_of_a_problem_leads_to_its_section(page: Page, site: str) -> None:
    asked = f"{site}/withdrawals/of-nobody"

    problem = page.request.get(asked).json()
    page.goto(urljoin(asked, problem["type"]))

    assert page.url == f"{site}/docs/errors#unauthenticated"
    assert urljoin(asked, problem["instance"]) == asked
    expect(page.locator("#unauthenticated")).to_be_in_viewport()
