"""A message to a worker is a hint: it decides nothing, and nobody waits for it."""

import logging
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from threading import Event, Timer
from typing import Any

import pytest
from bson import ObjectId

from tests.mutants import messages as mutants
from tests.mutants.kinds import Mutant
from tests.payouts.paying import Paying
from tests.support.payout_simulator import eventually
from wallet_api import config
from wallet_api.config import InvalidSettings, settings
from wallet_api.documents.withdrawal import Withdrawal
from wallet_api.movements.relay import payouts_due
from wallet_api.payouts import waking
from wallet_api.payouts.worker import Worker

pytestmark = [pytest.mark.slow, pytest.mark.lengthy]

ROOT = Path(__file__).parents[2]


def told(withdrawal: ObjectId) -> None:
    """What a worker does with a message."""
    Worker(threads=0).take_up(withdrawal)


def id_of(created: Any) -> ObjectId:
    return ObjectId(created.get_json()["id"])


def document(created: Any) -> dict[str, Any]:
    return Withdrawal._get_collection().find_one({"_id": id_of(created)})


def a_message_takes_up_what_it_names(paying: Paying) -> None:
    ada = paying.person(100)
    first = ada.withdraws(30, destination="acct-1")
    second = ada.withdraws(20, destination="acct-1")
    paying.sweep()

    told(id_of(second))

    assert document(second)["status"] == "success"
    assert document(first)["status"] == "pending"
    assert paying.paid(first) == []


def a_late_message_asks_the_gateway_nothing(paying: Paying) -> None:
    ada = paying.person(100)
    created = ada.withdraws(30, destination="acct-1")
    paying.behaves(created, "forgets_its_key")
    paying.sweep()
    told(id_of(created))
    time.sleep(2.2)  # the gateway's memory
    ended = document(created)

    told(id_of(created))

    assert paying.paid(created) == [3000]
    assert document(created) == ended


def a_message_about_another_workers_payout_leaves_it(paying: Paying) -> None:
    ada = paying.person(100)
    created = ada.withdraws(30, destination="acct-1")
    paying.behaves(created, "settles_later")
    paying.sweep()
    told(id_of(created))
    waiting = document(created)

    told(id_of(created))

    assert document(created) == waiting
    assert waiting.get("tries") == 1


Promise = Callable[[Paying], None]

PROMISES = [
    a_message_takes_up_what_it_names,
    a_late_message_asks_the_gateway_nothing,
    a_message_about_another_workers_payout_leaves_it,
]


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.__name__)
def test_a_message_decides_nothing(
    paying: Paying, promise: Promise, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAYOUT_RETRY_SECONDS", "60")
    settings.cache_clear()

    promise(paying)


BROKEN = [
    (mutants.a_message_is_an_order, a_late_message_asks_the_gateway_nothing),
    (mutants.a_message_is_an_order, a_message_about_another_workers_payout_leaves_it),
    (mutants.a_message_wakes_whatever_is_due, a_message_takes_up_what_it_names),
]


@pytest.mark.parametrize(("mutant", "promise"), BROKEN)
def test_a_worker_that_obeys_messages_is_noticed(
    paying: Paying, mutant: Mutant, promise: Promise, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAYOUT_RETRY_SECONDS", "60")
    settings.cache_clear()
    mutant(monkeypatch.setattr)

    with pytest.raises(AssertionError):
        promise(paying)


def test_a_message_about_nothing_is_no_matter(paying: Paying) -> None:
    told(ObjectId())


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


def test_whoever_listens_is_told_of_each_copied_withdrawal_that_is_due(paying: Paying) -> None:
    heard: list[ObjectId] = []
    payouts_due.tell(heard.append)
    try:
        ada = paying.person(100)
        created = ada.withdraws(30, destination="acct-1")
        refused = ada.withdraws(500, destination="acct-1")
        paying.sweep()
    finally:
        payouts_due.tell(None)

    assert refused.status_code == 400
    assert heard == [id_of(created)]


def test_a_callback_sends_a_message(paying: Paying, monkeypatch: pytest.MonkeyPatch) -> None:
    ada = paying.person(100)
    created = ada.withdraws(30, destination="acct-1")
    paying.behaves(created, "settles_later")
    paying.run()
    sent: list[ObjectId] = []
    monkeypatch.setattr(waking, "send", sent.append)

    paying.wakes(created)

    assert sent == [id_of(created)]


WITHOUT_A_BROKER = """
import sys
from wallet_api.app import create_app
from wallet_api.payouts import waking, worker
create_app()
waking.start()
waking.send(None)
waking.stop()
print([name for name in sys.modules if name.partition(".")[0] in ("celery", "kombu")])
"""


def test_celery_is_not_imported_where_no_broker_is_configured(paying: Paying) -> None:
    run = [sys.executable, "-c", WITHOUT_A_BROKER]

    done = subprocess.run(run, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)

    assert done.stdout == "[]\n", done.stderr


def test_what_serves_needs_no_celery() -> None:
    pinned = (ROOT / "requirements.txt").read_text()

    assert not [name for name in ("celery", "kombu", "amqp") if f"\n{name}==" in pinned]


WRONG = ["rabbit", "http://:hunter2@host/", "amqp://", "amqp:///", "redis://:hunter2@host:x/0"]


@pytest.mark.parametrize("url", WRONG)
def test_what_is_no_broker_is_refused_without_its_password(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAYOUT_BROKER_URL", url)

    with pytest.raises(InvalidSettings, match="PAYOUT_BROKER_URL must be the URL") as refused:
        config.settings.__wrapped__()

    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize("scheme", ["amqp", "amqps", "redis", "rediss"])
def test_a_broker_is_rabbitmq_or_redis(scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAYOUT_BROKER_URL", f"{scheme}://user:hunter2@host.example/")

    chosen = config.settings.__wrapped__()

    assert chosen.payouts.broker_url.startswith(scheme)
    assert "hunter2" not in repr(chosen)


def test_a_broker_without_celery_is_told_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAYOUT_BROKER_URL", "redis://host.example/")
    for name in [each for each in sys.modules if each.partition(".")[0] == "celery"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [_Without(sys.meta_path)])

    with pytest.raises(InvalidSettings, match="needs Celery: install requirements-celery"):
        config.settings.__wrapped__()


class _Without:
    """Finds all that the others find, but for Celery."""

    def __init__(self, others: list[Any]) -> None:
        self._others = list(others)

    def find_spec(self, name: str, *arguments: Any) -> Any:
        if name.partition(".")[0] == "celery":
            return None
        for each in self._others:
            with suppress(AttributeError):
                if found := each.find_spec(name, *arguments):
                    return found
        return None
