"""What we replace of gunicorn, so that a version that lacks it is refused at the start."""

from inspect import signature
from typing import Any

import gunicorn
from gunicorn.http import wsgi
from gunicorn.http.message import Request
from gunicorn.http.parser import RequestParser
from gunicorn.http.unreader import SocketUnreader
from gunicorn.http.wsgi import Response
from gunicorn.workers.gthread import TConn, ThreadWorker

VERSION = "27.0.1"
"""The one that this was written and tested with."""

REPLACED: dict[type, tuple[str, ...]] = {
    TConn: ("init", "close"),
    RequestParser: ("mesg_class", "__next__", "finish_body"),
    Request: ("read_into", "should_close"),
    SocketUnreader: ("chunk",),
    Response: ("send_headers", "process_headers", "close", "_emit_body"),
    ThreadWorker: (
        *("init_process", "enqueue_req", "handle", "handle_request", "handle_error", "accept"),
        *("set_accept_enabled", "wait_for_and_dispatch_events", "finish_request"),
        "murder_pending",
    ),
}
"""By class of gunicorn's: what our subclass of it overrides, and gunicorn calls; or the reverse."""


class SeamGone(Exception):
    """This gunicorn would call nothing of ours in some place, and serve as if we had not been."""


def check() -> None:
    """Raise SeamGone, naming all that is missing."""
    missing = [
        f"{kind.__name__}.{name}"
        for kind, names in REPLACED.items()
        for name in names
        if not hasattr(kind, name)
    ]
    if not hasattr(wsgi, "base_environ"):
        missing.append("wsgi.base_environ")
    if "response_class" not in signature(wsgi.create).parameters:
        missing.append("wsgi.create(response_class)")
    if missing:
        raise SeamGone(
            f"gunicorn {gunicorn.__version__} lacks {', '.join(missing)}: "
            f"install gunicorn=={VERSION}, as requirements.txt says."
        )


def settle_environ(config: Any) -> None:
    """Make what is the same in the WSGI environment of every request once, in a worker.

    The only assignment into a module of gunicorn's: 2.5 of the 25 microseconds that it takes from
    the socket to the application and back.
    """
    constants = wsgi.base_environ(config)
    wsgi.base_environ = lambda _: constants.copy()
