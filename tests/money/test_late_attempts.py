"""A command that reaches the server after its driver has given it up commits nothing untold.

The driver sends an update again if its connection breaks, and the server executes it once. But one
that changes nothing leaves no trace in the server, and what was given up may still arrive.
"""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from bson import ObjectId
from flask import Flask
from pymongo.errors import PyMongoError

from tests.faults.servers import Mongod, free_port
from tests.mutants import Mutant, writes
from tests.support.batches import Done, attempt_of, together
from tests.support.books import assert_books_balance, balance_of
from tests.support.late_network import LateNetwork
from tests.support.people import funded, someone
from wallet_api import config, database, errors
from wallet_api.documents.kinds import MovementKind
from wallet_api.money import MAX_BALANCE_CENTS
from wallet_api.movements import Order, post
from wallet_api.movements.commit import commit
from wallet_api.movements.group_commit import group
from wallet_api.movements.relay.copy import copy_outbox

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def member() -> Iterator[Mongod]:
    """Of a replica set of its own: a standalone's commands are not sent again."""
    folder = Path(tempfile.mkdtemp(prefix="wallet-late-"))
    member = Mongod(folder, free_port(), "--replSet", "rs0")
    try:
        member.start()
        member.wait()
        with member.client() as client:
            host = f"127.0.0.1:{member.port}"
            client.admin.command(
                "replSetInitiate", {"_id": "rs0", "members": [{"_id": 0, "host": host}]}
            )
            until = time.monotonic() + 30
            while not client.admin.command("hello")["isWritablePrimary"]:
                assert time.monotonic() < until
                time.sleep(0.1)
        yield member
    finally:
        member.kill()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def network(app: object, member: Mongod, monkeypatch: pytest.MonkeyPatch) -> Iterator[LateNetwork]:
    with member.client() as client:
        client.drop_database("late")
    network = LateNetwork(member.port)
    uri = f"mongodb://127.0.0.1:{network.port}/late?directConnection=true"
    monkeypatch.setenv("MONGO_URI", uri)
    config.settings.cache_clear()
    database.connect(config.settings())
    database.ensure_indexes()
    yield network
    database.disconnect()
    network.close()


def withdrawal(user: ObjectId, cents: int, key: str | None = None) -> Order:
    return Order(user, MovementKind.WITHDRAWAL, -cents, "INR", key, "bank-1")


def deposit(user: ObjectId, cents: int, key: str | None = None) -> Order:
    return Order(user, MovementKind.DEPOSIT, cents, "INR", key)


def told(act: Callable[[], object]) -> str:
    """What the caller learns: that it committed, why it was refused, or that nothing is known."""
    try:
        act()
    except errors.Refusal as refusal:
        return refusal.code
    except PyMongoError:
        return "unknown"
    return "committed"


KEYS = pytest.mark.parametrize("key", [None, "rent"], ids=["keyless", "keyed"])


@KEYS
def test_a_withdrawal_that_may_still_arrive_is_not_refused(
    network: LateNetwork, key: str | None
) -> None:
    user = funded(100)
    network.hold("findAndModify")

    answer = told(lambda: post(withdrawal(user, 150, key), commit))
    post(deposit(user, 100), commit)
    network.deliver()

    assert (answer, balance_of(user)) == ("unknown", 50)
    assert_books_balance(user)


@KEYS
def test_a_deposit_that_may_still_arrive_is_not_refused(
    network: LateNetwork, key: str | None
) -> None:
    user = funded(MAX_BALANCE_CENTS)
    network.hold("findAndModify")

    answer = told(lambda: post(deposit(user, 50, key), commit))
    post(withdrawal(user, 100), commit)
    network.deliver()

    assert (answer, balance_of(user)) == ("unknown", MAX_BALANCE_CENTS - 50)
    assert_books_balance(user)


@KEYS
def test_a_movement_that_may_still_arrive_is_not_made_a_second_time(
    network: LateNetwork, key: str | None
) -> None:
    """The outbox is full: the service would copy it, and send the order anew."""
    user = funded(0)
    for _ in range(config.settings().outbox_limit):
        post(deposit(user, 10), commit)
    before = balance_of(user)
    network.hold("findAndModify")

    answer = told(lambda: post(deposit(user, 7, key), commit))
    copy_outbox(user)
    network.deliver()

    assert (answer, balance_of(user)) == ("unknown", before + 7)
    assert_books_balance(user)


def test_movements_that_share_an_update_are_not_tried_alone_while_it_may_still_arrive(
    network: LateNetwork,
) -> None:
    user = funded(100)
    batch = [attempt_of(withdrawal(user, 80)), attempt_of(withdrawal(user, 70))]
    network.hold("findAndModify")

    outcomes = told(lambda: group.commit_batch(batch))
    post(deposit(user, 200), commit)
    network.deliver()

    assert (outcomes, balance_of(user)) == ("unknown", 150)
    assert_books_balance(user)


def test_of_a_command_for_several_wallets_only_what_has_found_nothing_is_unknown(
    network: LateNetwork,
) -> None:
    poor, rich = funded(10), funded(1000)
    batch = [attempt_of(withdrawal(poor, 50)), attempt_of(withdrawal(rich, 50))]
    network.hold("update")

    of_the_poor, of_the_rich = together(batch)
    post(deposit(poor, 100), commit)
    network.deliver()

    assert isinstance(of_the_poor, PyMongoError)
    assert isinstance(of_the_rich, Done)
    assert (balance_of(poor), balance_of(rich)) == (60, 950)
    assert_books_balance(poor)
    assert_books_balance(rich)


@KEYS
def test_a_movement_whose_second_sending_commits_is_told_and_made_once(
    network: LateNetwork, key: str | None
) -> None:
    user = funded(100)
    network.hold("findAndModify")

    answer = told(lambda: post(withdrawal(user, 30, key), commit))
    network.deliver()

    assert (answer, balance_of(user)) == ("committed", 70)
    assert_books_balance(user)


def test_the_same_key_sent_again_is_answered_and_the_late_attempt_commits_nothing(
    network: LateNetwork,
) -> None:
    user = funded(100)
    network.hold("findAndModify")
    first = told(lambda: post(withdrawal(user, 150, "rent"), commit))

    again = told(lambda: post(withdrawal(user, 150, "rent"), commit))
    post(deposit(user, 100), commit)
    copy_outbox(user)
    network.deliver()

    assert (first, again, balance_of(user)) == ("unknown", "insufficient_funds", 200)
    assert_books_balance(user)


HARNESS = {
    "alone": lambda network: test_a_withdrawal_that_may_still_arrive_is_not_refused(network, None),
    "sharing an update": lambda network: (
        test_movements_that_share_an_update_are_not_tried_alone_while_it_may_still_arrive(network)
    ),
    "sharing a command": lambda network: (
        test_of_a_command_for_several_wallets_only_what_has_found_nothing_is_unknown(network)
    ),
}


@pytest.mark.parametrize("case", HARNESS)
def test_the_harness_finds_a_service_that_believes_the_second_sending(
    network: LateNetwork, mutate: Callable[[Mutant], None], case: str
) -> None:
    mutate(writes.refused_though_sent_twice)

    with pytest.raises(AssertionError):
        HARNESS[case](network)


def test_the_client_is_told_that_the_outcome_is_unknown_and_what_to_do(
    network: LateNetwork, app: Flask
) -> None:
    ada = someone(app.test_client(), "ada@example.com")
    ada.deposits(1)
    network.hold("findAndModify")

    answer = ada.withdraws(2)

    assert answer.status_code == 503
    assert answer.get_json()["code"] == "unavailable"
    assert "GET /wallets/transactions before you send it again" in answer.get_json()["detail"]
