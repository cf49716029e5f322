"""Many requests at the same instant: the money moves as often as it may, and no oftener."""

import contextlib
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from bson import ObjectId
from flask import Flask

from tests.support.books import assert_books_balance, balance_of, entries_of, withdrawals_of
from tests.support.committing import commit_by
from tests.support.people import Person, funded, someone
from wallet_api import errors
from wallet_api.config import settings
from wallet_api.documents.kinds import MovementKind
from wallet_api.documents.user import User
from wallet_api.documents.wallet import Wallet
from wallet_api.movements import post, wallets
from wallet_api.movements.attempts import Attempt
from wallet_api.movements.commit import Committed, commit
from wallet_api.movements.orders import Order
from wallet_api.movements.relay import worker
from wallet_api.movements.relay.copy import copy_outbox
from wallet_api.movements.used_keys import recent

pytestmark = [pytest.mark.usefixtures("app", "either_way"), pytest.mark.slow]


def at_once(times: int, action: Callable[[int], Any]) -> list[Any]:
    """What `times` threads that start together get."""
    start = Barrier(times)

    def run(number: int) -> Any:
        start.wait(30)
        return action(number)

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(run, range(times)))


def of_their_own(person: Person) -> Person:
    """The same person at a client that no other thread uses."""
    return Person(person.id, person.client.application.test_client(), person.token)


@pytest.fixture
def rich(app: Flask) -> Person:
    person = someone(app.test_client(), "rich@example.com")
    assert person.deposits(25).status_code == 200
    return person


def test_200_withdrawals_from_funds_for_25_succeed_25_times(rich: Person) -> None:
    answers = at_once(200, lambda n: of_their_own(rich).withdraws(1, key=f"k{n}"))

    assert Counter(answer.status_code for answer in answers) == {201: 25, 400: 175}
    assert rich.balance() == 0
    assert_books_balance(rich.id)
    assert Counter(w["status"] for w in withdrawals_of(rich.id)) == {"success": 25, "failed": 175}


def test_200_withdrawals_without_a_key_are_counted_alike(rich: Person) -> None:
    answers = at_once(200, lambda _: of_their_own(rich).withdraws(1))

    assert Counter(answer.status_code for answer in answers) == {201: 25, 400: 175}
    assert rich.balance() == 0
    assert_books_balance(rich.id)


@pytest.mark.parametrize("path", ["/withdrawals", "/wallets/deposit"])
def test_one_key_50_times_at_once_is_one_movement_and_one_answer(rich: Person, path: str) -> None:
    body = {"amount": 3, **({"destination": "bank"} if path == "/withdrawals" else {})}

    answers = at_once(50, lambda _: of_their_own(rich).post(path, body, "same"))

    assert {answer.status_code for answer in answers} == {201 if path == "/withdrawals" else 200}
    assert len({answer.data for answer in answers}) == 1
    replayed = Counter(answer.headers.get("Idempotent-Replayed") for answer in answers)
    assert replayed == {None: 1, "true": 49}
    assert_books_balance(rich.id)
    assert len(entries_of(rich.id)) == 2


def test_one_key_for_too_much_50_times_at_once_is_one_refusal(rich: Person) -> None:
    answers = at_once(50, lambda _: of_their_own(rich).withdraws(26, key="same"))

    assert {answer.status_code for answer in answers} == {400}
    assert {answer.get_json()["code"] for answer in answers} == {"insufficient_funds"}
    assert len(withdrawals_of(rich.id)) == 1
    assert_books_balance(rich.id)


def test_one_key_with_two_meanings_at_once_is_one_movement(rich: Person) -> None:
    answers = at_once(20, lambda n: of_their_own(rich).withdraws(1 + n % 2, key="same"))

    assert Counter(answer.status_code for answer in answers) == {201: 10, 422: 10}
    assert len(entries_of(rich.id)) == 2
    assert_books_balance(rich.id)


def test_many_keys_through_a_small_outbox_and_many_relays_move_once_each(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Batch 2 and room for 6, so that every race between committing and copying happens often."""
    monkeypatch.setenv("OUTBOX_LIMIT", "6")
    monkeypatch.setenv("RELAY_BATCH", "2")
    settings.cache_clear()
    user = funded(1_000_000)
    keys = [f"k{n}" for n in range(60)]

    def act(number: int) -> None:
        for turn in range(30):
            key = keys[(number * 7 + turn * 11) % len(keys)]
            with contextlib.suppress(errors.Unavailable):
                post(Order(user, MovementKind.WITHDRAWAL, -1, "INR", key, "bank"))
            if turn % 5 == number % 5:
                copy_outbox(user)
                recent.clear()

    at_once(12, act)

    assert_books_balance(user)
    assert balance_of(user) == 1_000_000 - len(withdrawals_of(user))
    assert len(withdrawals_of(user)) == len(keys)


def test_the_background_relay_empties_the_outboxes(rich: Person) -> None:
    worker.start()
    try:
        at_once(8, lambda n: [of_their_own(rich).withdraws(0.01, key=f"{n}-{m}") for m in range(9)])
        copied = _eventually(lambda: Wallet.objects(user=rich.id, outbox__size=0).count() == 1)
    finally:
        worker.stop()

    assert copied
    assert len(entries_of(rich.id)) == 73


def test_a_user_deactivated_between_the_door_and_the_debit_moves_no_money(
    rich: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    def deactivated_just_now(attempt: Attempt) -> Committed | None:
        wallets.set_active(rich.id, False)
        return commit(attempt)

    commit_by(deactivated_just_now, monkeypatch)

    answer = rich.withdraws(1, key="k")

    assert answer.status_code == 401
    assert balance_of(rich.id) == 2500


def test_50_registrations_of_one_email_make_one_user_and_one_wallet(app: Flask) -> None:
    body = {
        "firstName": "A",
        "lastName": "B",
        "email": "Race@Example.com",
        "password": "correct horse battery",
    }

    answers = at_once(50, lambda _: app.test_client().post("/auth/register", json=body))

    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 49}
    (user,) = User.objects()
    assert [wallet.user for wallet in Wallet.objects()] == [user.id]


def _eventually(condition: Callable[[], bool]) -> bool:
    import time

    for _ in range(200):
        if condition():
            return True
        time.sleep(0.1)
    return False


def test_a_stranger_to_the_wallet_cannot_open_one(app: Flask) -> None:
    with pytest.raises(errors.Unauthenticated):
        post(Order(ObjectId(), MovementKind.WITHDRAWAL, -1, "INR", "k", "bank"))
