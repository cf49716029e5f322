"""Swagger UI in the hands of a person: open an operation, fill it in, execute, read the answer."""

import json
from typing import Any, NamedTuple

from playwright.sync_api import Locator, Page, expect


class Answer(NamedTuple):
    status: int
    body: Any
    headers: str


class SwaggerUi:
    def __init__(self, page: Page, site: str) -> None:
        self._page, self._site = page, site
        self.reload()

    def reload(self) -> None:
        self._page.goto(f"{self._site}/docs")
        expect(self._page.locator(".opblock").first).to_be_visible()

    def example(self, operation: str) -> Any:
        """The body that the page proposes."""
        return json.loads(self._open(operation).locator(".body-param__text").input_value())

    def execute(self, operation: str, body: Any = None, key: str | None = None) -> Answer:
        """Of an operation such as "POST /withdrawals"; None for the body that the page proposes."""
        block = self._open(operation)
        if body is not None:
            block.locator(".body-param__text").fill(json.dumps(body))
        if key is not None:
            block.get_by_placeholder("Idempotency-Key").fill(key)
        method, _, path = operation.partition(" ")
        with self._page.expect_response(
            lambda answer: (
                answer.url == self._site + path and answer.request.method == method.upper()
            )
        ):
            block.get_by_role("button", name="Execute").click()
        return self._answer(block)

    def authorize(self, token: str) -> None:
        """As a user, by the dialog, in place of any token that the page has."""
        self._page.locator(".auth-wrapper > .authorize").click()
        users = self._page.locator(".modal-ux form").filter(has_text="bearer (http")
        logout = users.get_by_role("button", name="Remove authorization")
        if logout.is_visible():
            logout.click()
        users.get_by_label("auth-bearer-value").fill(token)
        users.get_by_role("button", name="Apply credentials").click()
        users.get_by_role("button", name="Close", exact=True).click()

    def _open(self, operation: str) -> Locator:
        method, _, path = operation.partition(" ")
        block = self._page.locator(f".opblock-{method.lower()}").filter(
            has=self._page.locator(f'[data-path="{path}"]')
        )
        execute = block.get_by_role("button", name="Execute")
        if not execute.is_visible():
            block.locator(".opblock-summary-control").click()
        expect(execute).to_be_visible()
        return block

    def _answer(self, block: Locator) -> Answer:
        live = block.locator(".live-responses-table")
        status = live.locator("tbody .response-col_status").first
        expect(status).to_be_visible()
        columns = live.locator("tbody .response-col_description")
        body = columns.locator(".highlight-code code").first.inner_text()
        headers = columns.locator(".headerline").all_inner_texts()
        return Answer(int(status.inner_text().split()[0]), json.loads(body), "\n".join(headers))
