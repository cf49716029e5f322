"""The page of the payout simulator, as a browser shows it on a desk and on a telephone."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.watch import Watch
from tests.support.payout_simulator import Http, RazorpayX, a_reference, running

WIDTHS = [1280, 390]
BEHAVIOURS = ("settles", "declines", "returns_later", "forgets_its_key", "settles_after_days")


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """A simulator whose books have a payout of several kinds."""
    mix = "settles=5,declines,returns_later+callbacks_never=2,pays_then_silent"
    with running("--control", "--delay", "0.05", "--seed", "7", "--behaviours", mix) as address:
        http = Http(address)
        for name in BEHAVIOURS:
            http.behave(reference := a_reference(), name)
            http.submit(reference, amount=123_456_789)
        http.submit(a_reference(), amount=500, currency="JPY")
        RazorpayX(address).submit(a_reference())
        yield address


@pytest.fixture(params=WIDTHS)
def width(request: pytest.FixtureRequest, page: Page) -> int:
    page.set_viewport_size({"width": request.param, "height": 900})
    return request.param


@pytest.mark.usefixtures("shot", "width")
def test_the_books_are_shown_without_a_complaint(page: Page, watch: Watch, site: str) -> None:
    page.goto(site)

    expect(page.get_by_role("heading", name="Payout simulator")).to_be_visible()
    expect(page.get_by_text("settled → returned").first).to_be_visible()
    expect(page.get_by_text("1234567.89 INR").first).to_be_visible()
    expect(page.get_by_text("500 JPY").first).to_be_visible()
    overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(overflow) <= 0
    assert watch.complaints == []


def test_the_page_shows_a_new_payout_by_itself(page: Page, site: str) -> None:
    page.goto(site)

    Http(site).submit(reference := a_reference())

    expect(page.get_by_text(reference)).to_be_visible(timeout=10_000)
