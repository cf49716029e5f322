"""Balances that are asked for at the same time share a read, and each is its own wallet's."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from bson import ObjectId

from tests.support.commands import recorder
from tests.support.people import funded
from wallet_api.callers import Caller
from wallet_api.documents.kinds import MovementKind
from wallet_api.errors import Unauthenticated
from wallet_api.movements import Order, post, wallets

pytestmark = pytest.mark.usefixtures("app")

READERS, TIMES = 16, 25


def balance(user: ObjectId) -> int | str:
    try:
        return wallets.read_wallet(Caller(user)).balance_cents
    except Unauthenticated:
        return "unauthenticated"


def read_at_once(users: Sequence[ObjectId]) -> list[list[int | str]]:
    """What a thread for each of them reads, time after time."""
    start = Barrier(len(users))

    def read(user: ObjectId) -> list[int | str]:
        start.wait(30)
        return [balance(user) for _ in range(TIMES)]

    with ThreadPoolExecutor(len(users)) as pool:
        return list(pool.map(read, users))


def test_several_wallets_are_one_round_trip_in_the_order_asked_for() -> None:
    one, two, nobody = funded(100), funded(200), ObjectId()

    with recorder.recording() as commands:
        found = wallets.find_wallets([two, nobody, one, two])

    assert [next(iter(command)) for command in commands] == ["find"]
    assert [wallet and wallet["balanceCents"] for wallet in found] == [200, None, 100, 200]


def test_each_reads_its_own_and_reads_are_shared() -> None:
    users = [funded(cents) for cents in range(1, READERS + 1)]

    with recorder.recording() as commands:
        read = read_at_once(users)

    assert read == [[cents] * TIMES for cents in range(1, READERS + 1)]
    assert len(commands) < READERS * TIMES, "no read was shared"


def test_one_that_is_refused_is_refused_alone() -> None:
    active, shut_out, unknown = funded(5), funded(7), ObjectId()
    wallets.set_active(shut_out, False)

    read = read_at_once([active, shut_out, unknown] * 4)

    assert read == [[5] * TIMES, ["unauthenticated"] * TIMES, ["unauthenticated"] * TIMES] * 4


def test_a_balance_is_never_older_than_an_answer_before_it() -> None:
    users = [funded(0) for _ in range(READERS)]
    start = Barrier(len(users))

    def deposit_and_read(user: ObjectId) -> list[Any]:
        start.wait(30)
        stale = []
        for _ in range(TIMES):
            answered = post(Order(user, MovementKind.DEPOSIT, 1, "INR")).balance_cents
            read = balance(user)
            if read != answered:
                stale.append((answered, read))
        return stale

    with ThreadPoolExecutor(len(users)) as pool:
        assert list(pool.map(deposit_and_read, users)) == [[]] * len(users)
