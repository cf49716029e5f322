"""The documentation's pages, as a browser shows them on a desk and on a telephone."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.watch import Watch
from tests.faults.service import Service

WIDTHS = [1280, 390]
HEADINGS = {"/docs": "wallet_api", "/docs/errors": "Errors"}


@pytest.fixture(params=WIDTHS)
def width(request: pytest.FixtureRequest, page: Page) -> int:
    page.set_viewport_size({"width": request.param, "height": 900})
    return request.param


def overflow(page: Page) -> int:
    """By how many pixels the page is wider than the window."""
    return page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )


@pytest.mark.parametrize("path", HEADINGS)
@pytest.mark.usefixtures("shot", "width")
def test_a_page_is_shown_without_a_complaint(
    page: Page, watch: Watch, site: str, path: str
) -> None:
    page.goto(site + path)

    expect(page.get_by_role("heading", name=HEADINGS[path]).first).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert watch.complaints == []
    assert overflow(page) <= 0


@pytest.mark.usefixtures("shot", "width")
def test_every_operation_is_shown_and_opens(page: Page, watch: Watch, service: Service) -> None:
    site = f"http://127.0.0.1:{service.port}"
    document = page.request.get(f"{site}/openapi.json").json()
    operations = sum(len(methods) for methods in document["paths"].values())

    page.goto(f"{site}/docs")

    blocks = page.locator(".opblock")
    expect(blocks).to_have_count(operations)
    for number in range(operations):
        block = blocks.nth(number)
        block.locator(".opblock-summary-control").click()
        expect(block.locator(".responses-wrapper")).to_be_visible()
        assert overflow(page) <= 0, block.inner_text()[:80]
        block.locator(".opblock-summary-control").click()
    assert watch.complaints == []


@pytest.mark.usefixtures("width")
def test_the_dialog_to_authorize_opens_at_a_users_token(page: Page, site: str) -> None:
    page.goto(f"{site}/docs")

    page.locator(".auth-wrapper > .authorize").click()

    users = page.locator(".modal-ux form").filter(has_text="bearer (http")
    token = users.get_by_label("auth-bearer-value")
    expect(token).to_be_focused()
    expect(token).to_be_in_viewport()


@pytest.mark.parametrize("path", ["/", "/docs/"])
def test_the_root_and_a_slash_lead_to_the_documentation(
    page: Page, watch: Watch, site: str, path: str
) -> None:
    page.goto(site + path)

    expect(page.locator(".opblock").first).to_be_visible()
    assert page.url == f"{site}/docs"
    assert watch.complaints == []


def test_the_links_of_the_pages_lead_to_each_other(page: Page, watch: Watch, site: str) -> None:
    page.goto(f"{site}/docs")
    expect(page.locator(".opblock").first).to_be_visible()

    page.get_by_role("navigation").get_by_role("link", name="Errors").click()
    page.wait_for_url(f"{site}/docs/errors")
    page.get_by_role("link", name="insufficient_funds").first.click()
    expect(page.locator("#insufficient_funds")).to_be_in_viewport()
    page.get_by_role("navigation").get_by_role("link", name="API", exact=True).click()
    page.wait_for_url(f"{site}/docs")
    with page.expect_popup() as opened:
        page.get_by_role("link", name="error reference").first.click()

    assert opened.value.url == f"{site}/docs/errors"
    assert watch.complaints == []
