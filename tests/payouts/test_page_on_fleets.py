"""What docs/payouts-at-scale.md says of Celery's settings is what Celery is told."""

from datetime import timedelta
from pathlib import Path

from wallet_api.payouts.broker import celery_app
from wallet_api.payouts.waking import MOST_WAITING

PAGE = (Path(__file__).parents[2] / "docs/payouts-at-scale.md").read_text()


def test_the_bounds_of_the_page_are_those_of_the_code() -> None:
    (queue,) = celery_app("amqp://127.0.0.1:1/", timedelta(seconds=60)).conf.task_queues

    assert f"RabbitMQ keeps {queue.max_length:,} messages at most" in PAGE
    assert f"Up to {MOST_WAITING:,} ids wait in a process" in PAGE


def test_a_step_is_killed_after_the_lease_and_no_message_gives_orders() -> None:
    conf = celery_app("redis://127.0.0.1:1/0", timedelta(seconds=7)).conf

    assert conf.task_time_limit == 7
    assert (conf.worker_enable_remote_control, conf.accept_content) == (False, ["json"])
