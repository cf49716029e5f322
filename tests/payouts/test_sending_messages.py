"""Nobody waits for the broker to which messages are sent, and its trouble is told once."""

import logging
import time
from collections.abc import Callable, Iterator
from threading import Event, Timer

import pytest
from bson import ObjectId

from tests.mutants import messages as mutants
from tests.mutants.kinds import Mutant
from tests.support.payout_simulator import eventually
from wallet_api.payouts import waking

pytestmark = pytest.mark.slow


class Broker:
    """What publishes, as the sender sees it."""

    def __init__(self) -> None:
        self.sent: list[ObjectId] = []
        self.answers = Event()
        self.answers.set()
        self.is_down = False
        self.asked = 0

    def publish(self, withdrawal: ObjectId) -> None:
        self.asked += 1
        self.answers.wait(10)
        if self.is_down:
            raise ConnectionRefusedError("connection refused")
        self.sent.append(withdrawal)


@pytest.fixture
def broker() -> Broker:
    return Broker()


@pytest.fixture
def sender(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> Iterator[waking.Sender]:
    monkeypatch.setattr(waking, "PAUSE_AFTER_FAILURE_SECONDS", 0.01)
    running = waking.Sender(broker.publish)
    running.start()
    yield running
    broker.answers.set()
    running.stop(5)


def nobody_waits(broker: Broker, sender: waking.Sender) -> None:
    broker.answers.clear()
    Timer(2, broker.answers.set).start()
    begun = time.monotonic()

    for _ in range(100):
        sender.send(ObjectId())

    assert time.monotonic() - begun < 1


def what_waits_is_bounded(broker: Broker, sender: waking.Sender) -> None:
    broker.answers.clear()
    for _ in range(waking.MOST_WAITING + 2000 if waking.MOST_WAITING else 12_000):
        sender.send(ObjectId())

    broker.answers.set()
    sender.stop(20)

    assert len(broker.sent) <= 10_001


def a_trouble_is_told_once(
    broker: Broker, sender: waking.Sender, log: pytest.LogCaptureFixture
) -> None:
    broker.is_down = True
    for number in (1, 2, 3):
        sender.send(ObjectId())
        eventually(lambda number=number: broker.asked >= number)
        time.sleep(0.05)
    broker.is_down = False
    sender.send(ObjectId())
    eventually(lambda: broker.sent)
    eventually(lambda: "broker_reachable" in events(log))

    assert events(log) == ["broker_unreachable", "broker_reachable"]


def events(log: pytest.LogCaptureFixture) -> list[str]:
    return [record.event for record in log.records if hasattr(record, "event")]


def test_nobody_waits_for_a_broker_that_hangs(broker: Broker, sender: waking.Sender) -> None:
    nobody_waits(broker, sender)


def test_messages_that_wait_are_bounded(broker: Broker, sender: waking.Sender) -> None:
    what_waits_is_bounded(broker, sender)


def test_a_trouble_of_the_broker_is_told_once_and_its_end(
    broker: Broker, sender: waking.Sender, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "wallet_api")

    a_trouble_is_told_once(broker, sender, caplog)


def test_a_sender_that_lets_others_wait_is_noticed(
    broker: Broker, sender: waking.Sender, mutate: Callable[[Mutant], None]
) -> None:
    mutate(mutants.whoever_sends_waits_for_the_broker)

    with pytest.raises(AssertionError):
        nobody_waits(broker, sender)


def test_a_sender_that_tells_every_loss_is_noticed(
    broker: Broker,
    sender: waking.Sender,
    mutate: Callable[[Mutant], None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "wallet_api")
    mutate(mutants.each_lost_message_is_told)

    with pytest.raises(AssertionError):
        a_trouble_is_told_once(broker, sender, caplog)


def test_a_sender_without_a_bound_is_noticed(
    broker: Broker, mutate: Callable[[Mutant], None]
) -> None:
    mutate(mutants.what_waits_has_no_bound)
    running = waking.Sender(broker.publish)
    running.start()

    with pytest.raises(AssertionError):
        what_waits_is_bounded(broker, running)
