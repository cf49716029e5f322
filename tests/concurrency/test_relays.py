"""Several processes' relays at one wallet: one does the work."""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from bson import ObjectId
from flask import Flask

from tests.support.people import Person
from wallet_api import clock, config
from wallet_api.documents.wallet import Wallet
from wallet_api.movements.relay import worker

BATCH = 3

Copy = Callable[[], None]


@pytest.fixture
def due(app: Flask, monkeypatch: pytest.MonkeyPatch, alice: Person) -> Iterator[Person]:
    """Someone of whom this process has heard that a batch waits."""
    monkeypatch.setenv("RELAY_BATCH", str(BATCH))
    config.settings.cache_clear()
    for _ in range(BATCH):
        assert alice.deposits(1).status_code == 200
    worker.due.put(alice.id)
    yield alice
    worker.due.take()
    config.settings.cache_clear()


def waiting(person: Person) -> int:
    return len(Wallet.objects.get(user=person.id).outbox)


def mark_copied_by_another(person: Person, ago: timedelta) -> None:
    began = ObjectId.from_datetime(clock.now() - ago)
    Wallet.objects(user=person.id).update(set__copying=began)


def test_a_whole_batch_is_copied(due: Person) -> None:
    worker.copy_due()
    assert waiting(due) == 0


def test_less_than_a_batch_waits_for_the_sweep(due: Person) -> None:
    worker.copy_due()
    due.deposits(1)
    worker.due.put(due.id)
    worker.copy_due()
    assert waiting(due) == 1
    worker.sweep(clock.now() + timedelta(seconds=1))
    assert waiting(due) == 0


def test_the_commit_that_fills_a_batch_has_it_copied_and_no_other_does(
    due: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[int] = []
    monkeypatch.setattr(worker, "enqueue", lambda user: calls.append(waiting(due)))

    for _ in range(2 * BATCH):
        due.deposits(1)

    assert calls == [2 * BATCH, 3 * BATCH]


def the_due() -> None:
    worker.copy_due()


def the_sweep() -> None:
    worker.sweep(clock.now() + timedelta(seconds=1), only_if=worker.no_other_copies())


@pytest.mark.parametrize("copy", [the_due, the_sweep])
class TestOfSeveralRelays:
    def test_one_that_is_at_it_is_left_to_it(
        self, due: Person, copy: Copy, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        moment = clock.now()
        monkeypatch.setattr(clock, "now", lambda: moment)
        mark_copied_by_another(due, timedelta(0))
        copy()
        assert waiting(due) == BATCH

    @pytest.mark.parametrize("ago", [3 * worker.LEASE, -2 * worker.CLOCK_TOLERANCE], ids=str)
    def test_one_that_has_died_is_not_waited_for(
        self, due: Person, copy: Copy, ago: timedelta
    ) -> None:
        mark_copied_by_another(due, ago)
        copy()
        assert waiting(due) == 0
        assert Wallet.objects.get(user=due.id).copying is None


def test_an_operators_sweep_asks_nobody(due: Person) -> None:
    mark_copied_by_another(due, timedelta(0))
    worker.sweep(clock.now() + timedelta(seconds=1))
    assert waiting(due) == 0


def test_the_background_relay_leaves_wallets_to_others(
    due: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    swept: list[Any] = []
    monkeypatch.setattr(worker, "sweep", lambda before, only_if: swept.append(only_if))
    worker.start()
    try:
        until = time.monotonic() + 5
        while not swept and time.monotonic() < until:
            time.sleep(0.01)
    finally:
        worker.stop()
    assert "copying" in swept[0]
