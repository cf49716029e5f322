"""gunicorn as the service has it, over an application that does nothing."""

import gc

from gunicorn.workers.base import Worker

from wallet_api.server.settings import gunicorn_settings

_OF_THE_SERVICE = {"on_starting", "on_reload", "when_ready", "worker_exit", "on_exit"}

globals().update(
    {name: value for name, value in gunicorn_settings().items() if name not in _OF_THE_SERVICE}
)
wsgi_app = "benchmarks.noop:app"


def post_worker_init(worker: Worker) -> None:
    """As the service has it, but for the relay."""
    gc.collect()
    gc.freeze()
