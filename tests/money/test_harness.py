"""The harness that holds and crashes operations sees every command that the money sends."""

from collections.abc import Callable
from typing import Any

import pytest
from bson import ObjectId

from tests.support.commands import recorder
from tests.support.interleaving import around_operations
from tests.support.people import funded
from wallet_api import errors
from wallet_api.callers import Caller
from wallet_api.documents.kinds import MovementKind
from wallet_api.movements import post
from wallet_api.movements.orders import Order
from wallet_api.movements.relay.copy import copy_outbox
from wallet_api.movements.used_keys import recent
from wallet_api.movements.wallets import currency_of
from wallet_api.withdrawals import reversal

pytestmark = pytest.mark.usefixtures("app", "interposed")


def everything(user: ObjectId) -> None:
    order = Order(user, MovementKind.WITHDRAWAL, -100, "INR", "k", "bank")
    receipt = post(order)
    post(Order(user, MovementKind.DEPOSIT, 100, "INR", "k"))
    post(order)
    recent.clear()
    post(order)
    currency_of(Caller(user))
    with pytest.raises(errors.InsufficientFunds):
        post(Order(user, MovementKind.WITHDRAWAL, -100_000, "INR", "much", "bank"))
    copy_outbox(user)
    reversal.reverse(str(receipt.id), "came back")


def test_no_command_escapes_the_harness() -> None:
    user = funded(1000)
    seen: list[int] = []

    with recorder.recording() as commands:

        def counted(operation: Callable[[], Any]) -> Any:
            before = len(commands)
            result = operation()
            seen.append(len(commands) - before)
            return result

        with around_operations(counted):
            everything(user)

    # A cursor sends its command when it is read, after the call that made it: at most one each.
    cursors = seen.count(0)
    assert len(commands) - sum(seen) <= cursors
    assert max(seen) == 1, "an operation of two commands has a place that is never tried"
    assert len(seen) > 12
