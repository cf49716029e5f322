"""Every commit as it is by itself, and as it is in one command with another wallet's."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask

from tests.support.batches import attempt_of
from tests.support.books import assert_books_balance
from tests.support.people import funded
from wallet_api.documents.kinds import MovementKind
from wallet_api.movements import Order, post
from wallet_api.movements import commit as alone
from wallet_api.movements.attempts import Attempt
from wallet_api.movements.commit import Committed
from wallet_api.movements.group_commit import group


def commit_by(commit: Callable[[Attempt], Committed | None], patch: pytest.MonkeyPatch) -> None:
    """Whoever posts an order without saying how has it committed so."""
    patch.setattr(post, "__defaults__", (commit,))


@pytest.fixture(params=["in groups", "alone"])
def either_way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the group commit, and without it."""
    if request.param == "alone":
        commit_by(alone.commit, monkeypatch)


@pytest.fixture(params=["alone", "in a batch"])
def company(
    request: pytest.FixtureRequest, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    if request.param == "alone":
        commit_by(alone.commit, monkeypatch)
        yield
        return
    other = funded(0)

    def in_a_batch(attempt: Attempt) -> Committed | None:
        another = attempt_of(Order(other, MovementKind.DEPOSIT, 1, "INR"))
        _, outcome = group.commit_batch([another, attempt])
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    commit_by(in_a_batch, monkeypatch)
    yield
    assert_books_balance(other)
