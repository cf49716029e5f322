"""Every commit as it is by itself, and as it is in one command with another wallet's."""

from collections.abc import Iterator

import pytest
from bson import ObjectId
from flask import Flask

from tests.support.books import assert_books_balance
from tests.support.people import funded
from wallet_api.documents.kinds import MovementKind
from wallet_api.movements import commit, updates
from wallet_api.movements.orders import Order, Receipt
from wallet_api.movements.updates import Step


class _InCompany:
    """In the place of `commit._together`."""

    def __init__(self, other: ObjectId) -> None:
        self._other = other

    def do(self, user: ObjectId, step: Step) -> Receipt | None:
        others = updates.step_of(Order(self._other, MovementKind.DEPOSIT, 1, "INR"))
        _, outcome = commit._commit_all([others, step])
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


@pytest.fixture(params=["alone", "in company"])
def company(
    request: pytest.FixtureRequest, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    if request.param == "alone":
        yield
        return
    other = funded(0)
    monkeypatch.setattr(commit, "_together", _InCompany(other))
    yield
    assert_books_balance(other)
