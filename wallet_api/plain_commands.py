"""How a command of the operator fails: in one line, soon, and with an exit code that says why."""

import sys
from collections.abc import Callable
from copy import copy
from functools import wraps
from typing import Any, NoReturn

import click
from mongoengine.errors import OperationError
from pymongo.errors import PyMongoError

from wallet_api import database, mongo_uri, schema_version
from wallet_api.config import settings
from wallet_api.database_trouble import trouble_in
from wallet_api.errors import Refusal

NOT_RUN = 2
"""The exit code of a command that could not do its work: 1 is a refusal, or the audit's finding."""

ANSWER_SECONDS = 5.0
"""How long a command waits for a database before it starts. A request waits longer."""


def plainly(command: click.Command) -> click.Command:
    """The same command, or group of them, without a traceback for what is no defect."""
    plain = copy(command)
    if isinstance(plain, click.Group):
        plain.commands = {name: plainly(each) for name, each in plain.commands.items()}
    elif plain.callback is not None:
        plain.callback = _plainly(plain.callback)
    return plain


def on_present_version(command: click.Command) -> click.Command:
    """The same command, which changes nothing in a database of another version than the code."""
    guarded = copy(command)
    if command.callback is not None:
        guarded.callback = _on_present_version(command.callback)
    return guarded


def present_database() -> str:
    """Which database the settings mean, for a message. It names no user and no password."""
    return mongo_uri.described(settings().mongo_uri or "")


def broke_off(error: Exception) -> NoReturn:
    """Say in one line which database could not be used, and why; exit code 2."""
    cause = error.__cause__ if isinstance(error, OperationError) else error
    trouble = trouble_in(cause)
    reason = trouble.reason if trouble else f"{type(error).__name__}: {error!s:.200}"
    click.echo(f"wallet_api: {present_database()} cannot be used: {reason}", err=True)
    sys.exit(NOT_RUN)


def _plainly(callback: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(callback)
    def run(*args: Any, **options: Any) -> Any:
        try:
            database.check_answers(ANSWER_SECONDS)
            return callback(*args, **options)
        except Refusal as refusal:
            raise click.ClickException(refusal.detail) from None
        except (PyMongoError, OperationError) as error:
            broke_off(error)

    return run


def _on_present_version(callback: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(callback)
    def run(*args: Any, **options: Any) -> Any:
        if problem := schema_version.problem():
            click.echo(f"wallet_api: {present_database()}: {problem}", err=True)
            sys.exit(NOT_RUN)
        return callback(*args, **options)

    return run
