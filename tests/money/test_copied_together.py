"""Many wallets are copied in the round trips of one, and each as if it had been alone.

Its mutants are a relay that believes what came after its durable write, and a truncation of any
generation.
"""

from collections.abc import Callable
from typing import Any

import pytest
from bson import ObjectId
from pymongo.database import Database

from tests.mutants import Mutant, relay
from tests.support.books import assert_books_balance, entries_of, withdrawals_of
from tests.support.commands import recorder
from tests.support.forgetful_server import ForgetfulServer
from tests.support.interleaving import around_operations, crashing, held_before
from tests.support.people import funded
from wallet_api import clock
from wallet_api.documents.kinds import MovementKind
from wallet_api.documents.wallet import Wallet
from wallet_api.errors import InsufficientFunds
from wallet_api.movements import Order, post
from wallet_api.movements.relay import worker
from wallet_api.movements.relay.copy import copy_outbox
from wallet_api.movements.relay.together import copy_outboxes

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("app", "interposed")]

Mutate = Callable[[Mutant], None]

OPERATIONS = 5
"""The write that claims, the read, two inserts, the truncations."""


def withdraw(user: ObjectId, key: str, amount_cents: int = 100) -> None:
    try:
        post(Order(user, MovementKind.WITHDRAWAL, -amount_cents, "INR", key, "bank"))
    except InsufficientFunds:
        assert amount_cents > 1000


def busy(count: int) -> list[ObjectId]:
    """So many users. Of each waits a deposit, a withdrawal and a refusal."""
    users = [funded(1000) for _ in range(count)]
    for user in users:
        withdraw(user, "paid")
        withdraw(user, "refused", 5000)
    return users


def waiting(user: ObjectId) -> int:
    return len(Wallet.objects.get(user=user).outbox)


def test_twenty_wallets_cost_five_round_trips() -> None:
    users = busy(20)

    with recorder.recording() as commands:
        done = copy_outboxes(users)

    names = [next(iter(command)) for command in commands]
    assert names == ["update", "find", "insert", "insert", "update"]
    assert done == (3 * 20, [])
    for user in users:
        assert waiting(user) == 0
        assert [each["status"] for each in withdrawals_of(user)] == ["success", "failed"]
        assert_books_balance(user)


def test_each_has_the_copies_that_it_has_alone(db: Database) -> None:
    user, other = busy(2)
    wallet = db.wallets.find_one({"user": user})

    copy_outbox(user)
    alone = entries_of(user), withdrawals_of(user)
    for collection in ("wallets", "ledger_entries", "withdrawals"):
        db[collection].delete_many({"user": user})
    db.wallets.insert_one(wallet)
    copy_outboxes([other, user])

    assert (entries_of(user), withdrawals_of(user)) == alone


@pytest.mark.usefixtures("tiny_filter")
def test_full_filters_are_sealed_together(db: Database) -> None:
    users = busy(3)
    copy_outboxes(users)
    for user in users:
        withdraw(user, "another")

    copy_outboxes(users)

    for user in users:
        assert db.sealed_key_filters.count_documents({"user": user}) > 0
        withdraw(user, "paid")
        assert_books_balance(user)


@pytest.mark.parametrize("after", [False, True], ids=["before its effect", "after its effect"])
def test_a_crash_anywhere_is_finished_by_the_next(after: bool) -> None:
    for n in range(1, OPERATIONS + 2):
        users = busy(3)

        struck = crashing(n, after=after, action=lambda users=users: copy_outboxes(users))
        for user in users:
            withdraw(user, "paid")
        copy_outboxes(users)

        for user in users:
            assert_books_balance(user)
            assert len(withdrawals_of(user)) == 2
        assert struck == (n <= OPERATIONS)


def crossed_by(meanwhile: Callable[[list[ObjectId]], object]) -> list[str]:
    """What is wrong, for each operation before which the relay slept while that happened."""
    wrong = []
    for n in range(1, OPERATIONS + 1):
        users = busy(3)
        held = held_before(
            n, lambda users=users: copy_outboxes(users), lambda users=users: meanwhile(users)
        )
        try:
            assert held
            for user in users:
                for key in ("paid", "later", "refused"):
                    withdraw(user, key, 5000 if key == "refused" else 100)
                assert_books_balance(user)
                assert len(withdrawals_of(user)) == 3
        except Exception as error:
            wrong.append(f"held before operation {n}: {error!r}")
    return wrong


def others_copy_one(users: list[ObjectId]) -> None:
    withdraw(users[0], "later")
    copy_outbox(users[0])
    withdraw(users[1], "later")


def others_copy_all(users: list[ObjectId]) -> None:
    for user in users:
        withdraw(user, "later")
    copy_outboxes(users)


@pytest.mark.parametrize("meanwhile", [others_copy_one, others_copy_all])
def test_a_relay_that_slept_anywhere_does_no_harm(
    meanwhile: Callable[[list[ObjectId]], object],
) -> None:
    assert crossed_by(meanwhile) == []


def test_a_truncation_of_any_generation_is_noticed(mutate: Mutate) -> None:
    mutate(relay.truncation_of_any_generation)

    assert crossed_by(others_copy_all) != []


def taken_back_after_the_read() -> list[str]:
    """A withdrawal commits between the relay's write and its read, and is not durable yet; the
    server crashes after the read, and takes it back."""
    user, other = busy(2)
    server = ForgetfulServer(user)
    before = {2: lambda: withdraw(user, "lost"), 3: server.crash}

    def around(operation: Callable[[], Any]) -> Any:
        before.get(server.operations + 1, lambda: None)()
        return server(operation)

    with around_operations(around):
        copy_outboxes([user, other])
    try:
        assert_books_balance(user)
        assert_books_balance(other)
        assert [each["idempotencyKey"] for each in withdrawals_of(user)] == ["paid", "refused"]
    except Exception as error:
        return [repr(error)]
    return []


def test_what_came_after_the_durable_write_is_not_copied() -> None:
    assert taken_back_after_the_read() == []


def test_a_relay_that_copies_what_it_has_not_booked_is_noticed(mutate: Mutate) -> None:
    mutate(relay.all_that_was_read)

    assert taken_back_after_the_read() != []


def without_a_kind(wallet: dict[str, Any]) -> dict[str, Any]:
    return {"$unset": {"outbox.0.kind": ""}}


def no_list(wallet: dict[str, Any]) -> dict[str, Any]:
    return {"$set": {"outbox": {"0": wallet["outbox"][0]}}}


def a_chain_of_another_type(wallet: dict[str, Any]) -> dict[str, Any]:
    return {"$set": {"chain": "lost"}}


@pytest.mark.parametrize("damage", [without_a_kind, no_list, a_chain_of_another_type])
def test_one_that_cannot_be_copied_keeps_no_other_waiting(
    damage: Callable[[dict[str, Any]], dict[str, Any]], db: Database
) -> None:
    users = busy(5)
    damaged = db.wallets.find_one({"user": users[2]})
    db.wallets.update_one({"user": users[2]}, damage(damaged))

    done = copy_outboxes(users, only_if=worker.no_other_copies())

    assert done == (3 * 4, [users[2]])
    for user in users[:2] + users[3:]:
        assert_books_balance(user)


def test_another_entry_in_the_place_of_its_first_stops_that_wallet_alone(
    db: Database,
) -> None:
    users = busy(3)
    db.ledger_entries.insert_one({"_id": ObjectId(), "user": users[0], "sequence": 1})

    done = copy_outboxes(users)

    assert done == (3 * 2, [users[0]])
    assert [waiting(user) for user in users] == [3, 0, 0]
    for user in users[1:]:
        assert_books_balance(user)


def test_those_that_another_process_is_copying_are_left_to_it(db: Database) -> None:
    users = busy(3)
    db.wallets.update_one(
        {"user": users[1]}, {"$set": {"copying": ObjectId.from_datetime(clock.now())}}
    )

    done = copy_outboxes(users, only_if=worker.no_other_copies())

    assert done == (3 * 2, [])
    assert [waiting(user) for user in users] == [0, 3, 0]
