"""Keys that are looked up at the same time share a lookup, and each gets its own answer."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from bson import ObjectId

from tests.support.books import assert_books_balance
from tests.support.commands import recorder
from tests.support.people import funded
from wallet_api.documents.kinds import MovementKind
from wallet_api.errors import IdempotencyKeyReused
from wallet_api.movements import Order, lookup, post
from wallet_api.movements.relay.copy import copy_outbox

pytestmark = pytest.mark.usefixtures("app")

WALLETS, TIMES = 8, 10


def withdrawal(user: ObjectId, key: str | None, cents: int = 5) -> Order:
    return Order(user, MovementKind.WITHDRAWAL, -cents, "INR", key, "bank")


def deposit(user: ObjectId, key: str | None, cents: int = 5) -> Order:
    return Order(user, MovementKind.DEPOSIT, cents, "INR", key)


def test_lookups_of_one_kind_are_one_round_trip_in_the_order_asked_for() -> None:
    one, two, nobody = funded(100), funded(100), ObjectId()
    first = post(withdrawal(one, "k"))
    copy_outbox(one)
    waiting = post(withdrawal(two, "k"))
    orders = [withdrawal(two, "k"), withdrawal(nobody, "k"), withdrawal(one, "k")]

    with recorder.recording() as commands:
        found = lookup.find_together(orders)

    assert [next(iter(command)) for command in commands] == ["aggregate"]
    of_two, of_nobody, of_one = found
    assert of_two is not None
    assert (of_two[0]["keysInOutbox"], of_two[1]) == (["withdrawal:k"], None)
    assert of_nobody is None
    assert of_one is not None
    assert of_one[1] is not None
    assert of_one[1]["_id"] == first.id != waiting.id


def test_a_key_is_its_own_wallets_and_its_own_kinds() -> None:
    one, two = funded(100), funded(100)
    both = [post(withdrawal(one, "k")), post(deposit(one, "k"))]
    copy_outbox(one)
    orders = [withdrawal(one, "k"), deposit(one, "k"), withdrawal(two, "k"), deposit(one, "l")]

    found = lookup.find_together(orders)

    records = [each[1]["_id"] if each and each[1] else None for each in found]
    assert records == [both[0].id, both[1].id, None, None]


@pytest.mark.parametrize("order", [withdrawal, deposit])
def test_an_order_without_a_key_has_no_record_whatever_keys_others_look_up(
    order: Callable[[ObjectId, str | None], Order],
) -> None:
    user = funded(100)
    first = post(order(user, "None"))
    copy_outbox(user)

    found = lookup.find_together([order(user, "None"), order(user, None)])

    records = [each[1]["_id"] if each and each[1] else None for each in found]
    assert records == [first.id, None]


def test_replays_at_once_get_their_first_answers_and_share_lookups() -> None:
    users = [funded(1000) for _ in range(WALLETS)]
    orders = [make(user, "k") for user in users for make in (withdrawal, deposit)]
    first = {order: post(order) for order in orders}
    for user in users:
        copy_outbox(user)
    start = Barrier(len(orders))

    def replay(order: Order) -> list[tuple[ObjectId, int]]:
        start.wait(30)
        receipts = [post(order) for _ in range(TIMES)]
        assert all(receipt.replayed for receipt in receipts)
        return [(receipt.id, receipt.balance_cents) for receipt in receipts]

    with recorder.recording() as commands, ThreadPoolExecutor(len(orders)) as pool:
        replays = list(pool.map(replay, orders))

    assert replays == [[(first[each].id, first[each].balance_cents)] * TIMES for each in orders]
    assert len(commands) < len(orders) * TIMES, "no lookup was shared"
    for user in users:
        assert_books_balance(user)


def test_another_request_under_a_key_is_refused_alone() -> None:
    users = [funded(1000) for _ in range(WALLETS)]
    for user in users:
        post(withdrawal(user, "k"))
        copy_outbox(user)
    start = Barrier(WALLETS)

    def again(number: int) -> str:
        start.wait(30)
        try:
            return "replayed" if post(withdrawal(users[number], "k", 5 + number % 2)) else ""
        except IdempotencyKeyReused:
            return "reused"

    with ThreadPoolExecutor(WALLETS) as pool:
        answers = list(pool.map(again, range(WALLETS)))

    assert answers == ["replayed", "reused"] * (WALLETS // 2)
