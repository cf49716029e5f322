"""How this service uses Celery and its broker; imports them only where a broker is configured."""

from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from celery import Celery

PAY = "wallet_api.pay"
"""The name of the one task. Its one argument is the id of a withdrawal."""

QUEUE = "wallet_api.payouts"

MOST_MESSAGES = 100_000
"""In RabbitMQ's queue; the oldest make place. What a message told of is found without it."""

CONNECT_SECONDS = 4
ANSWER_SECONDS = 10

_OPTIONS_OF_REDIS = {
    "socket_connect_timeout": CONNECT_SECONDS,
    "socket_timeout": ANSWER_SECONDS,
}
_OPTIONS_OF_RABBITMQ = {"write_timeout": ANSWER_SECONDS}


def celery_app(url: str, lease: timedelta) -> "Celery":
    """For those that send messages and for those that take them. Connects to nothing yet."""
    from celery import Celery
    from kombu import Queue

    app = Celery("wallet_api", broker=url)
    app.conf.update(
        task_queues=[Queue(QUEUE, routing_key=QUEUE, max_length=MOST_MESSAGES)],
        task_default_queue=QUEUE,
        # A message that a broker loses in a crash was only a wake-up.
        task_default_delivery_mode="transient",
        task_ignore_result=True,
        task_serializer="json",
        accept_content=["json"],
        task_acks_late=True,
        worker_prefetch_multiplier=1,
        # After it another worker may take the payout up anyway.
        task_time_limit=lease.total_seconds(),
        broker_connection_timeout=CONNECT_SECONDS,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_transport_options=(
            _OPTIONS_OF_REDIS if url.startswith("redis") else _OPTIONS_OF_RABBITMQ
        ),
        # Who reaches the broker could else end the workers.
        worker_enable_remote_control=False,
        worker_redirect_stdouts=False,
        # A process that begins while the machine is busy is not killed for it.
        worker_proc_alive_timeout=60,
    )
    return app
