"""What an error of the driver says about the database, in one line that an operator understands."""

import re
from enum import StrEnum
from typing import NamedTuple

from pymongo.errors import (
    ConfigurationError,
    ConnectionFailure,
    ExecutionTimeout,
    OperationFailure,
    ServerSelectionTimeoutError,
    WriteConcernError,
)

MAX_LENGTH = 300


class Kind(StrEnum):
    PASSING = "passing"
    """It may end by itself: the server goes away, changes its role, is late or has no room."""
    SILENCE = "silence"
    """The same, and the error does not even say what is wrong: others had failed before it."""
    LOGIN = "login"
    PERMISSION = "permission"
    REPLICA_SET = "replica set"
    TLS = "TLS"
    VERSION = "version"
    SCHEMA = "schema"
    INDEX = "index"
    OTHER = "other"


class Trouble(NamedTuple):
    kind: Kind
    reason: str
    """Names hosts, databases and indexes; no user, no password, no command's content."""

    @property
    def is_permanent(self) -> bool:
        """Whether it lasts until somebody changes the settings or the database."""
        return self.kind not in (Kind.PASSING, Kind.SILENCE, Kind.OTHER)

    def is_news_after(self, earlier: "Trouble | None") -> bool:
        """Whether it says more than the earlier one, and not only in other words."""
        if earlier is None:
            return True
        if self.kind is Kind.SILENCE or self.kind is earlier.kind:
            return False
        return {self.kind, earlier.kind} != {Kind.PASSING, Kind.SILENCE}


class IndexInTheWay(OperationFailure):
    """An index cannot be built; the message says which, and what to do."""


LOGIN_FAILED = {18, 8000}  # AuthenticationFailed; AtlasError: the same, of MongoDB Atlas
PASSING_FAILURES = {
    20,  # IllegalOperation: a standalone that restarts, taken for a member of a set for a moment
    64,  # WriteConcernFailed
    91,  # ShutdownInProgress
    189,  # PrimarySteppedDown
    211,  # KeyNotFound (of a starting replica set)
    10107,  # NotWritablePrimary
    11600,  # InterruptedAtShutdown
    11602,  # InterruptedDueToReplStateChange
    13435,  # NotPrimaryNoSecondaryOk
    13436,  # NotPrimaryOrSecondary
    14031,  # OutOfDiskSpace
}

_DRIVERS_OWN_REMARKS = re.compile(r" \(configured timeouts: [^)]*\)|, Timeout: .*|, full error: .*")
_END_OF_A_SERVERS_ERROR = re.compile(r" \(configured timeouts: [^)]*\),?")
_NO_MEMBER = re.compile(r'available for replica set name "(.*?)"')
_OTHER_SET = re.compile(r"replica set named '.*?' but this node belongs to a set named '.*?'")
# A server at which somebody's login has failed is selected by nobody until it is asked again.
_LOGIN_FAILED_BEFORE = re.compile(r"'code': (?:18|8000)\b")
_SILENCE = re.compile("No servers found yet|checking out a connection|connection pool paused")
_COMMAND = re.compile(r" to execute command .*", re.DOTALL)


def trouble_in(error: BaseException | None) -> Trouble | None:
    """None: the error says nothing against the database, it is a defect of this service."""
    text = _without_remarks(error)
    match error:
        case IndexInTheWay():
            return Trouble(Kind.INDEX, text)
        case OperationFailure(code=code) if code in LOGIN_FAILED:
            return _of_login(text)
        case OperationFailure(code=13):
            return Trouble(Kind.PERMISSION, f"this service is not allowed what it needs: {text}")
        case ConfigurationError():
            return Trouble(Kind.VERSION, text)
        case ConnectionFailure():
            return _of_connection(error, text)
        case ExecutionTimeout() | WriteConcernError():
            return Trouble(Kind.PASSING, text)
        case OperationFailure(code=code) if code in PASSING_FAILURES or error.has_error_label(
            "RetryableWriteError"
        ):
            return Trouble(Kind.PASSING, text)
    return None


def _of_login(text: str) -> Trouble:
    return Trouble(Kind.LOGIN, f"the login is refused ({text}): wrong user, password or authSource")


def _of_connection(error: ConnectionFailure, text: str) -> Trouble:
    whole = str(error)
    if _LOGIN_FAILED_BEFORE.search(whole):
        return _of_login(text)
    if found := _NO_MEMBER.search(whole):
        # Members that are only away are still listed, each with its error. None is: each that was
        # asked called itself a member of another set, or of none.
        name = found.group(1)
        return Trouble(Kind.REPLICA_SET, f'no server belongs to the replica set "{name}"')
    if found := _OTHER_SET.search(whole):
        return Trouble(Kind.REPLICA_SET, found.group())
    if isinstance(error, ServerSelectionTimeoutError) and _all_about_tls(whole):
        return Trouble(Kind.TLS, f"TLS cannot be agreed on: {text}")
    if _SILENCE.search(text):
        return Trouble(Kind.SILENCE, "no server answers in time")
    if "connection closed" in text:
        text += " (does the server ask for TLS?)"
    return Trouble(Kind.PASSING, text)


def _all_about_tls(whole: str) -> bool:
    """Whether every server failed at it, and not only one of several."""
    errors = _END_OF_A_SERVERS_ERROR.split(whole.partition(", Timeout:")[0])
    return all("SSL" in error for error in errors if error)


def _without_remarks(error: BaseException | None) -> str:
    text = _COMMAND.sub("", _DRIVERS_OWN_REMARKS.sub("", str(error)))
    return " ".join(text.split())[:MAX_LENGTH]
