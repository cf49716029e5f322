"""How gunicorn serves: its settings, taken from ours, and how its master and workers begin."""

import gc
import logging
import resource
import sys
from contextlib import suppress
from tempfile import TemporaryFile
from typing import Any

from wallet_api import embedded_mongo, logs
from wallet_api.config import InvalidSettings, Settings, reread, settings
from wallet_api.payouts import unencrypted
from wallet_api.payouts.simulator import beside
from wallet_api.server import cpu_affinity, overdue, seams, simulated_payouts
from wallet_api.server import worker as gunicorn_worker
from wallet_api.server.log import ServerLog

MAX_CONNECTIONS = 1000
"""Of a worker at once."""

OTHER_DESCRIPTORS = 140
"""Of a worker, beside one for each thread: connections to MongoDB, files, pipes."""

SHARED_MEMORY = "/dev/shm"  # noqa: S108

_keeps_old_settings = False


def gunicorn_settings() -> dict[str, Any]:
    """What gunicorn reads at its start, and again with each reload."""
    _check_gunicorn()
    chosen = _settings()
    logs.configure(chosen)
    _warn_of_free_money(chosen)
    _warn_of_no_limits(chosen)
    unencrypted.warn(chosen)
    host = f"[{chosen.host}]" if ":" in chosen.host else chosen.host
    return {
        "bind": f"{host}:{chosen.port}",
        "wsgi_app": "wsgi:app",
        "proc_name": "wallet_api",
        "worker_class": overdue.PromptWorker,
        "workers": chosen.workers or max(2, len(cpu_affinity.available())),
        "threads": chosen.threads,
        "worker_connections": _connections(chosen.threads),
        "keepalive": 15,
        "timeout": 60,
        # Longer than a request that waits for the database as long as it may.
        "graceful_timeout": int(2 * chosen.database_timeout_seconds) + 5,
        "loglevel": chosen.log_level,
        # No handler of gunicorn's own: see ServerLog.
        "errorlog": None,
        "logger_class": ServerLog,
        # gunicorn would believe a SCRIPT_NAME header from this machine, where a proxy passes on
        # anybody's; nor is a scheme believed, from anyone. That leaves nothing to ask a peer's
        # address for, which took 0.02 ms a request.
        "forwarder_headers": "",
        "secure_scheme_headers": {},
        "forwarded_allow_ips": "*",
        "limit_request_line": 4094,
        "limit_request_fields": 64,
        "limit_request_field_size": 8190,
        "control_socket_disable": True,
        "worker_tmp_dir": heartbeat_folder(),
        # The C parser: a missing one should be noticed here, not in the latencies.
        "http_parser": "fast",
        "on_starting": on_starting,
        "on_reload": on_reload,
        "when_ready": when_ready,
        "pre_fork": pre_fork,
        "post_fork": post_fork,
        "post_worker_init": post_worker_init,
        "worker_exit": worker_exit,
        "child_exit": child_exit,
        "on_exit": on_exit,
    }


def _check_gunicorn() -> None:
    try:
        seams.check()
    except seams.SeamGone as error:
        print(f"wallet_api: {error}", file=sys.stderr)
        sys.exit(1)


def _warn_of_free_money(chosen: Settings) -> None:
    """At each start and reload, by the master alone."""
    if chosen.is_production and chosen.deposits == "user":
        logs.event(
            "deposits_by_users",
            "DEPOSITS=user: every user can put any amount into his or her own wallet. "
            "DEPOSITS=backend leaves that to a back end's key: docs/backend-keys.md",
            logging.WARNING,
        )


def _warn_of_no_limits(chosen: Settings) -> None:
    limits = {
        "RATE_LIMIT_USER": chosen.rate_limits.user,
        "RATE_LIMIT_ADDRESS": chosen.rate_limits.address,
    }
    without = [name for name, rate in limits.items() if rate is None]
    if chosen.is_production and without:
        logs.event(
            "no_rate_limit",
            f"Not set: {', '.join(without)}. Nothing limits how many requests a client makes: "
            "docs/rate-limits.md",
            logging.WARNING,
        )


def _connections(threads: int) -> int:
    """How many clients a worker takes at once: what comes after them waits at the listening socket.

    Fewer than the process may have descriptors. gunicorn lets a failed `accept` end the worker, and
    the next one after it.
    """
    descriptors, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(1, min(MAX_CONNECTIONS, descriptors - threads - OTHER_DESCRIPTORS))


def heartbeat_folder() -> str | None:
    """Where the workers' heartbeats are; None: in the system's folder for temporary files.

    They are files: on a busy disk they would make gunicorn kill workers that are well. But a
    container may have no shared memory, or one that it may only read.
    """
    with suppress(OSError), TemporaryFile(dir=SHARED_MEMORY):
        return SHARED_MEMORY
    return None


def _settings() -> Settings:
    """The settings of a start or a reload; a reload that they would fail keeps the old ones."""
    global _keeps_old_settings
    reloading = settings.cache_info().currsize > 0
    _keeps_old_settings = False
    try:
        return reread()
    except InvalidSettings as error:
        print(f"wallet_api: {error}", file=sys.stderr)
        if not reloading:
            sys.exit(1)
        _keeps_old_settings = True
        return settings()


def on_starting(server: Any) -> None:
    """Before the workers are forked, so that they inherit MONGO_URI."""
    try:
        embedded_mongo.serve()
        simulated_payouts.start(settings())
    except (embedded_mongo.EmbeddedMongoError, InvalidSettings, beside.NotStarted) as error:
        print(f"wallet_api: {error}", file=sys.stderr)
        sys.exit(1)


def on_reload(server: Any) -> None:
    """A reload keeps the embedded MongoDB, or replaces it if it died."""
    try:
        embedded_mongo.serve()
    except (embedded_mongo.EmbeddedMongoError, InvalidSettings) as error:
        print(f"wallet_api: {error}", file=sys.stderr)


def when_ready(server: Any) -> None:
    address = f"http://{server.cfg.bind[0]}"
    logs.event("started", f"wallet_api on {address}  docs: {address}/docs")


def pre_fork(server: Any, worker: Any) -> None:
    worker.request_seconds = settings().request_seconds
    worker.answer_seconds = settings().database_timeout_seconds
    one_each = server.num_workers == len(cpu_affinity.available())
    if settings().pin_workers and one_each:
        cpu_affinity.assign(worker, server.WORKERS.values())


def post_fork(server: Any, worker: Any) -> None:
    """A worker takes the whole of its code from the disk, where there may be a newer version.

    Half of it would else be the master's, from before the upgrade, and a worker that cannot start
    makes gunicorn end the service.
    """
    cpu_affinity.keep_to(worker.processor)
    if _keeps_old_settings:
        return  # they are in the master's modules only
    for name in [name for name in sys.modules if name.partition(".")[0] == "wallet_api"]:
        del sys.modules[name]


def post_worker_init(worker: Any) -> None:
    from wallet_api import database_watch
    from wallet_api.config import settings
    from wallet_api.movements.relay import worker as relay_worker
    from wallet_api.payouts import waking
    from wallet_api.payouts import worker as payout_worker
    from wallet_api.rate_limits import in_force
    from wallet_api.web.request_log import RequestLog

    worker.log.on_answer = RequestLog(settings())
    # What was loaded stays: the collector need not look at it again with every collection.
    gc.collect()
    gc.freeze()
    # A request makes some thousand objects and few cycles: not a collection for each.
    gc.set_threshold(20_000, 20, 20)
    database_watch.start()
    waking.start()
    relay_worker.start()
    payout_worker.start()
    in_force.start(settings())


def worker_exit(server: Any, worker: Any) -> None:
    from wallet_api import logs
    from wallet_api.mail import outgoing
    from wallet_api.movements.relay import worker as relay_worker
    from wallet_api.payouts import waking
    from wallet_api.payouts import worker as payout_worker
    from wallet_api.rate_limits import in_force

    payout_worker.stop()
    relay_worker.stop()
    waking.stop()
    in_force.stop()
    outgoing.stop()
    logs.flush()


def child_exit(server: Any, worker: Any) -> None:
    gunicorn_worker.forget(worker)


def on_exit(server: Any) -> None:
    """After the last worker, whose last request may still have needed it."""
    simulated_payouts.stop()
    embedded_mongo.stop()
    logs.event("stopped", "wallet_api has stopped")
