"""How orders commit whose callers do not say it: alone, or in a batch with another wallet's."""

from collections.abc import Callable

import pytest
from bson import ObjectId

from tests.support.batches import attempt_of
from wallet_api.documents.kinds import MovementKind
from wallet_api.movements import Order, post
from wallet_api.movements.attempts import Attempt
from wallet_api.movements.commit import Committed
from wallet_api.movements.group_commit import group

Commit = Callable[[Attempt], Committed | None]


def commit_by(commit: Commit, monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on, `post` commits so unless it is told otherwise."""
    monkeypatch.setattr(post, "__defaults__", (commit,))


def in_a_batch_with(other: ObjectId) -> Commit:
    """Beside each attempt, the other wallet gets a cent in the same command."""

    def commit(attempt: Attempt) -> Committed | None:
        cent = attempt_of(Order(other, MovementKind.DEPOSIT, 1, "INR"))
        _, outcome = group.commit_batch([cent, attempt])
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    return commit
