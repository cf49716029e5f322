"""Through Celery, each withdrawal is paid once or paid back, whatever becomes of the messages.

The oracle is the gateway's own books.
"""

import signal
import time
from pathlib import Path

import pytest
from bson import ObjectId
from redis import Redis

from tests.faults.clients import Connection
from tests.mutants import messages as mutants
from tests.payouts.engine.fleet import Broker, Fleet, Withdrawing
from tests.support.payout_simulator import eventually
from tests.support.rabbitmq import RabbitServer
from tests.support.redis import RedisServer

MIXED = "settles=4,settles_later=2,declines,declines_later,pays_then_500,pays_then_silent"

WITHOUT_SWEEP = "tests.payouts.engine.without_sweep"
BROKEN = "tests.payouts.engine.broken"


def test_every_withdrawal_ends_as_the_gateway_says(broker: Broker, tmp_path: Path) -> None:
    with Fleet(tmp_path, broker, MIXED, workers=2) as fleet:
        people = Withdrawing(fleet, 100)

        assert people.violations() == []


def test_a_message_alone_brings_a_payout_to_its_gateway(broker: Broker, tmp_path: Path) -> None:
    with Fleet(tmp_path, broker, engine=WITHOUT_SWEEP) as fleet:
        people = Withdrawing(fleet, 20)

        assert people.violations(20) == []


def test_a_killed_rabbitmq_loses_no_payout(rabbitmq: RabbitServer, tmp_path: Path) -> None:
    with Fleet(tmp_path, rabbitmq, MIXED, workers=2) as fleet:
        people = Withdrawing(fleet, 300)
        people.until_answered(0.2)

        rabbitmq.kill()
        people.until_answered(0.6)
        rabbitmq.start()

        assert people.violations() == []
        told = fleet.told_by_the_service
        assert 1 <= told.count("event=broker_unreachable") <= 2  # once by each process


def test_without_any_broker_the_sweep_pays(rabbitmq: RabbitServer, tmp_path: Path) -> None:
    with Fleet(tmp_path, rabbitmq, MIXED) as fleet:
        rabbitmq.kill()

        people = Withdrawing(fleet, 40)

        assert people.violations() == []


def test_a_flushed_redis_loses_no_payout(redis: RedisServer, tmp_path: Path) -> None:
    with Fleet(tmp_path, redis, MIXED, workers=2) as fleet, Redis(port=redis.port) as client:
        people = Withdrawing(fleet, 300)

        for share in (0.2, 0.4, 0.6, 0.8):
            people.until_answered(share)
            client.flushall()

        assert people.violations() == []


def test_a_killed_redis_loses_no_payout(redis: RedisServer, tmp_path: Path) -> None:
    with Fleet(tmp_path, redis, MIXED, workers=2) as fleet:
        people = Withdrawing(fleet, 300)
        people.until_answered(0.2)

        redis.kill()
        people.until_answered(0.6)
        redis.start()

        assert people.violations() == []


def told_again_and_again(fleet: Fleet, seconds: float = 60) -> list[str]:
    people = Withdrawing(fleet, 40)
    people.until_answered(0.3)
    fleet.tell([*people.ids, str(ObjectId()), "no id", "{}"], times=5)
    people.until_answered(1)
    fleet.tell(people.ids, times=3, seed=2)
    found = people.violations(seconds)
    time.sleep(2.2)  # the gateway's memory: a reference that it is told again, it pays again
    fleet.tell(people.ids, times=2, seed=3)
    time.sleep(3)
    return found + people.violations(seconds)


def test_messages_doubled_late_and_in_any_order_change_nothing(
    broker: Broker, tmp_path: Path
) -> None:
    with Fleet(tmp_path, broker, "forgets_its_key") as fleet:
        assert told_again_and_again(fleet) == []


def test_a_task_that_obeys_its_message_is_noticed(redis: RedisServer, tmp_path: Path) -> None:
    mutant = mutants.a_message_is_an_order.__name__
    with Fleet(tmp_path, redis, "forgets_its_key", engine=BROKEN, mutant=mutant) as fleet:
        found = told_again_and_again(fleet, 5)

    assert any("paid twice" in each for each in found), found


def test_a_machine_lost_in_mid_payout_loses_no_payout(broker: Broker, tmp_path: Path) -> None:
    with Fleet(tmp_path, broker, "drips,pays_then_late,settles") as fleet:
        people = Withdrawing(fleet, 40)

        for share in (0.2, 0.5):
            people.until_answered(share)
            eventually(lambda: fleet.database.withdrawals.find_one({"status": "processing"}))
            fleet.lose_a_machine()
            fleet.workers[0] = fleet.worker()

        assert people.violations() == []


@pytest.mark.parametrize("number", [signal.SIGSTOP, signal.SIGKILL], ids=["hangs", "is dead"])
def test_no_request_waits_for_the_broker(
    broker: Broker, number: signal.Signals, tmp_path: Path
) -> None:
    with Fleet(tmp_path, broker) as fleet:
        token = joined(fleet)
        broker.signal(number)
        try:
            took = [seconds_of_a_withdrawal(fleet, token) for _ in range(20)]
        finally:
            broker.signal(signal.SIGCONT)

    assert max(took) < 1


def joined(fleet: Fleet) -> str:
    connection = Connection(fleet.service.port)
    who = {"email": "ada@example.com", "password": "correct horse 1"}
    connection.call("POST", "/auth/register", {**who, "firstName": "A", "lastName": "B"})
    token: str = connection.call("POST", "/auth/login", who)[1]["token"]
    connection.call("POST", "/wallets/deposit", {"amount": 1000}, token)
    return token


def seconds_of_a_withdrawal(fleet: Fleet, token: str) -> float:
    body = {"amount": 1, "destination": "bank-account-0001"}
    begun = time.monotonic()
    status, told = Connection(fleet.service.port).call("POST", "/withdrawals", body, token)
    assert status == 201, told
    return time.monotonic() - begun
