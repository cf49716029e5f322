"""gunicorn as the service has it, over an application that does nothing."""

import runpy

globals().update(
    {
        name: value
        for name, value in runpy.run_path("gunicorn.conf.py").items()
        if not name.startswith("_") and name not in ("on_starting", "on_reload", "on_exit")
    }
)
wsgi_app = "benchmarks.noop:app"


def when_ready(server: object) -> None:
    """It has no address to announce."""


def post_worker_init(worker: object) -> None:
    """The collector's part of the service's own; there is nothing to copy out."""
    import gc

    gc.collect()
    gc.freeze()


def worker_exit(server: object, worker: object) -> None:
    """Nothing to stop."""
