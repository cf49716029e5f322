"""Several processes' copiers at one wallet: one does the work."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from bson import ObjectId
from flask import Flask

from tests.support.people import Person
from wallet_api import clock, config
from wallet_api.movements import sweeper
from wallet_api.wallets.documents import Wallet

BATCH = 3


@pytest.fixture
def due(app: Flask, monkeypatch: pytest.MonkeyPatch, alice: Person) -> Iterator[Person]:
    """Someone of whom this process has heard that a round waits."""
    monkeypatch.setenv("COPY_OUT_BATCH", str(BATCH))
    config.settings.cache_clear()
    for _ in range(BATCH):
        assert alice.deposits(1).status_code == 200
    monkeypatch.setattr(sweeper, "_due", {alice.id: None})
    yield alice
    config.settings.cache_clear()


def waiting(person: Person) -> int:
    return len(Wallet.objects.get(user=person.id).outbox)


def mark_copied_by_another(person: Person, ago: timedelta) -> None:
    began = ObjectId.from_datetime(clock.now() - ago)
    Wallet.objects(user=person.id).update(set__copying=began)


def test_a_whole_round_is_copied(due: Person) -> None:
    sweeper._copy_out_the_due()
    assert waiting(due) == 0


def test_less_than_a_round_waits_for_the_sweep(due: Person) -> None:
    sweeper._copy_out_the_due()
    due.deposits(1)
    sweeper._due[due.id] = None
    sweeper._copy_out_the_due()
    assert waiting(due) == 1
    sweeper.sweep(clock.now() + timedelta(seconds=1))
    assert waiting(due) == 0


def test_a_round_that_another_copies_is_left_to_it(due: Person) -> None:
    mark_copied_by_another(due, timedelta(0))
    sweeper._copy_out_the_due()
    assert waiting(due) == BATCH


def test_a_copier_that_died_is_not_waited_for(due: Person) -> None:
    mark_copied_by_another(due, 3 * sweeper.ONE_ROUND)
    sweeper._copy_out_the_due()
    assert waiting(due) == 0


def test_the_sweep_asks_nobody(due: Person) -> None:
    mark_copied_by_another(due, timedelta(0))
    sweeper.sweep(clock.now() + timedelta(seconds=1))
    assert waiting(due) == 0
    assert Wallet.objects.get(user=due.id).copying is None
