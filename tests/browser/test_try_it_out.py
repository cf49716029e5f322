"""From registration to a withdrawal, by "Try it out" on the documentation's page."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.swagger_ui import SwaggerUi
from tests.browser.watch import Watch


@pytest.fixture
def ui(page: Page, watch: Watch, site: str) -> SwaggerUi:
    return SwaggerUi(page, site)


@pytest.mark.usefixtures("shot")
def test_a_person_registers_logs_in_deposits_and_withdraws(ui: SwaggerUi, watch: Watch) -> None:
    registered = ui.execute("POST /auth/register")
    logged_in = ui.execute("POST /auth/login")
    ui.authorize(logged_in.body["token"])
    deposited = ui.execute("POST /wallets/deposit", {"amount": 100.5}, key="k")
    again = ui.execute("POST /wallets/deposit", {"amount": 100.5}, key="k")
    withdrawn = ui.execute("POST /withdrawals", {"amount": 30.25, "destination": "bank-1"})
    shown = ui.execute("GET /wallets")

    assert registered.status == 201
    assert logged_in.body["user"]["id"] == registered.body["userId"]
    assert (deposited.status, deposited.body["balanceCents"]) == (200, 10050)
    assert again.body == deposited.body
    assert "idempotent-replayed: true" in again.headers
    assert (withdrawn.status, withdrawn.body["balanceCents"]) == (201, 7025)
    assert (shown.status, shown.body["balanceCents"]) == (200, 7025)
    assert watch.complaints == []


def test_every_example_of_the_page_is_taken_as_it_stands(ui: SwaggerUi, watch: Watch) -> None:
    journey = ["/auth/register", "/auth/login", "/wallets/deposit", "/withdrawals"]

    answers = [ui.execute(f"POST {path}") for path in journey]

    assert [answer.status for answer in answers] == [201, 200, 200, 201]
    assert watch.complaints == []


def test_a_login_on_the_page_lasts_when_the_page_is_loaded_again(
    ui: SwaggerUi, watch: Watch
) -> None:
    ui.execute("POST /auth/register")
    ui.execute("POST /auth/login")

    before = ui.execute("GET /wallets")
    ui.reload()
    after = ui.execute("GET /wallets")

    assert (before.status, after.status) == (200, 200)
    assert watch.complaints == []


def test_the_page_registers_somebody_else_each_time_it_is_opened(
    ui: SwaggerUi, watch: Watch
) -> None:
    first = ui.execute("POST /auth/register")
    ui.reload()
    second = ui.execute("POST /auth/register")

    assert (first.status, second.status) == (201, 201)
    assert first.body["userId"] != second.body["userId"]
    assert watch.complaints == []


def test_a_refusal_is_shown_and_the_page_leads_to_what_it_means(
    ui: SwaggerUi, page: Page, site: str
) -> None:
    ui.execute("POST /auth/register")
    ui.execute("POST /auth/login")

    refused = ui.execute("POST /withdrawals", {"amount": 5, "destination": "bank-1"})
    with page.expect_popup() as opened:
        page.get_by_role("link", name="insufficient_funds").first.click()

    assert (refused.status, refused.body["code"]) == (400, "insufficient_funds")
    assert opened.value.url == f"{site}/docs/errors#insufficient_funds"
    expect(opened.value.locator("#insufficient_funds")).to_be_in_viewport()
