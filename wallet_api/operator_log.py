"""What operators have done by commands, and why: signed, in a chain, and only ever added to."""

import getpass
import json
import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from bson import ObjectId
from pymongo.errors import DuplicateKeyError

from wallet_api import clock, ledger_signing
from wallet_api.clock import rfc3339
from wallet_api.documents.operator_act import OperatorAct
from wallet_api.documents.schema_record import SCHEMA_VERSION
from wallet_api.errors import Refusal, Unavailable

START = bytes(32)
"""Before the first act."""

MOST_TRIES = 50
"""So many other commands may be faster, one after the other."""


@contextmanager
def acting(
    command: str, subject: str | ObjectId, reason: str | None, **details: str
) -> Iterator[None]:
    """Write down what is about to be done. A refusal of it is written down too. Two round trips.

    Before it is done, so that nothing is done without a line: what dies between has a line, and may
    not have been done.

    Raises Unavailable: so many commands run at once that none of this one was written down.
    """
    number = append(command, str(subject), reason, details)
    try:
        yield
    except Refusal as refusal:
        told = {"act": str(number), "refused": refusal.detail}
        append(command, str(subject), None, told)
        raise


def append(command: str, subject: str, reason: str | None, details: Mapping[str, str]) -> int:
    """One more act; returns its number. Two round trips, and two more for each that was faster."""
    acts = OperatorAct._get_collection()
    act: dict[str, Any] = {"by": _by(), "command": command, "subject": subject}
    if reason is not None:
        act["reason"] = reason
    if details:
        act["details"] = dict(details)
    for _ in range(MOST_TRIES):
        last = acts.find_one({}, sort=[("number", -1)]) or {"number": 0, "mac": START}
        number = int(last["number"]) + 1
        version = ledger_signing.present_version()
        # The clock once more each time, so that their times have their order too, on one host.
        act |= {"number": number, "at": clock.now(), "previous": bytes(last["mac"])}
        act |= {"digestVersion": version, "schemaVersion": SCHEMA_VERSION}
        try:
            acts.insert_one({"_id": ObjectId(), **act, "mac": mac_of(act)})
        except DuplicateKeyError:
            continue
        return number
    raise Unavailable("Too many commands at once. Nothing has been done.")


def mac_of(act: Mapping[str, Any]) -> bytes:
    """The signature on all that an act says, and on the act before it.

    Raises UnknownSecret; KeyError, TypeError, AttributeError: it is damaged.
    """
    content = [
        act["number"],
        rfc3339(act["at"]),
        act["by"],
        act["command"],
        act["subject"],
        act.get("reason"),
        sorted((act.get("details") or {}).items()),
        bytes(act["previous"]).hex(),
    ]
    text = json.dumps(content).encode()
    return ledger_signing.digest(act["digestVersion"], "operator", text)


def _by() -> str:
    """As `sudo` tells it, where the command runs in an account of the service."""
    try:
        account = os.environ.get("SUDO_USER") or getpass.getuser()
    except (KeyError, OSError):  # the account has no name
        account = str(os.getuid())
    return f"{account}@{socket.gethostname()}"
