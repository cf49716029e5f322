"""How gunicorn serves: its settings, taken from ours, and how its master and workers begin."""

import gc
import os
import sys
from pathlib import Path
from typing import Any

import gunicorn.http.wsgi

# No module named `config` here: gunicorn would take the name for its setting.
from wallet_api import embedded_mongo
from wallet_api.config import InvalidSettings, Settings, reread, settings
from wallet_api.web import patience
from wallet_api.web.keep_alive_worker import KeepAliveWorker


def _settings() -> Settings:
    """The settings of a start or a reload; a reload that they would fail keeps the old ones."""
    reloading = settings.cache_info().currsize > 0
    try:
        return reread()
    except InvalidSettings as error:
        print(f"wallet_api: {error}", file=sys.stderr)
        if not reloading:
            sys.exit(1)
        return settings()


_chosen = _settings()
_host = f"[{_chosen.host}]" if ":" in _chosen.host else _chosen.host

bind = f"{_host}:{_chosen.port}"
wsgi_app = "wsgi:app"
proc_name = "wallet_api"
worker_class = KeepAliveWorker
workers = _chosen.workers or max(2, os.cpu_count() or 1)
threads = _chosen.threads
keepalive = 15
timeout = 60
# Longer than a request that waits for the database as long as it may.
graceful_timeout = int(2 * _chosen.database_timeout_seconds) + 5
loglevel = _chosen.log_level
# gunicorn would believe a SCRIPT_NAME header from this machine, where a proxy passes on anybody's.
forwarder_headers = ""
limit_request_line = 4094
limit_request_fields = 64
limit_request_field_size = 8190
control_socket_disable = True
# The heartbeat is a file: on a busy disk it would make gunicorn kill workers that are well.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108

patience.install(_chosen.request_seconds)

# The C parser: a missing one should be noticed here, not in the latencies.
http_parser = "fast"

# gunicorn has no setting for it, and which server this is concerns nobody outside.
gunicorn.http.wsgi.SERVER = "wallet_api"


def on_starting(server: Any) -> None:
    """Before the workers are forked, so that they inherit MONGO_URI."""
    try:
        embedded_mongo.ensure(share=False)
    except (embedded_mongo.EmbeddedMongoError, InvalidSettings) as error:
        print(f"wallet_api: {error}", file=sys.stderr)
        sys.exit(1)


def on_reload(server: Any) -> None:
    """A reload keeps the embedded MongoDB, or replaces it if it died."""
    try:
        embedded_mongo.ensure(share=False)
    except (embedded_mongo.EmbeddedMongoError, InvalidSettings) as error:
        print(f"wallet_api: {error}", file=sys.stderr)


def when_ready(server: Any) -> None:
    print(f"wallet_api on http://{bind}  docs: /docs", flush=True)


def post_worker_init(worker: Any) -> None:
    from wallet_api.movements import sweeper

    # What was loaded stays: the collector need not look at it again with every collection.
    gc.collect()
    gc.freeze()
    # A request makes some thousand objects and few cycles: not a collection for each.
    gc.set_threshold(20_000, 20, 20)
    sweeper.start()


def worker_exit(server: Any, worker: Any) -> None:
    from wallet_api.movements import sweeper

    sweeper.stop()


def on_exit(server: Any) -> None:
    """After the last worker, whose last request may still have needed it."""
    embedded_mongo.stop()
