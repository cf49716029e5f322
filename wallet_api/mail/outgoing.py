"""Mails wait here for the one thread of the process that writes and sends them."""

import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, Full, Queue

from wallet_api import logs
from wallet_api.mail.delivery import deliver
from wallet_api.mail.letter import Letter

WAITING = 1000
"""At most so many mails wait in a process; those that come then are lost."""

STOP_SECONDS = 5.0
"""How long a process that stops goes on sending. gunicorn waits longer for its workers."""

Writer = Callable[[], Letter | None]
"""Writes a letter when its turn has come, or finds that there is none to be written."""

_waiting: Queue[Writer] = Queue(WAITING)
_starting = threading.Lock()
_thread: threading.Thread | None = None


def send_later(writer: Writer) -> None:
    """Have the letter written and sent, and wait for neither: no round trip, in equal time
    whether there is a letter to be written or not.

    Each is tried once. One that is lost leaves a line in the log, and its user asks again.
    """
    _start()
    try:
        _waiting.put_nowait(writer)
    except Full:
        _lost("too many are waiting")


def wait_until_sent() -> None:
    """Wait for all that have been given to `send_later` before."""
    _waiting.join()


def stop() -> None:
    """Send those that wait, for STOP_SECONDS at most; each one that is left leaves a line in the
    log. Nothing may be given to `send_later` any more."""
    # Queue.join waits for as long as it takes.
    sent = threading.Thread(target=_waiting.join, name="last-mails", daemon=True)
    sent.start()
    sent.join(STOP_SECONDS)
    with suppress(Empty):
        while True:
            _waiting.get_nowait()
            _lost("the process has stopped")
            _waiting.task_done()
    sent.join(0.1)
    if sent.is_alive():
        _lost("the process has stopped while it was sent")


def _start() -> None:
    """In the process that sends: a thread does not come along into a forked worker."""
    global _thread
    with _starting:
        if _thread is None or not _thread.is_alive():
            _thread = threading.Thread(target=_run, name="mail", daemon=True)
            _thread.start()


def _run() -> None:
    while True:
        writer = _waiting.get()
        try:
            letter = writer()
            if letter is not None:
                deliver(letter)
                logs.event("mail_sent", "A mail has been handed to the mail server")
        except Exception as error:
            # Whatever it was, the next ones go out. Its text may quote an address or a code.
            _lost(type(error).__name__)
        finally:
            _waiting.task_done()


def _lost(reason: str) -> None:
    logs.event("mail_lost", "A mail was not sent", logging.WARNING, reason=reason)
