"""Options that the operator's commands share."""

from collections.abc import Callable
from typing import Any

import click

from wallet_api.invisible import CONTROL, trimmed

MOST_CHARACTERS = 500


def reason(*, required: bool, shown: bool = False) -> Callable[[Any], Any]:
    """`--reason`: `shown` to the user too."""
    help_ = "Why. Kept in the operators' log" + (", and shown to the user." if shown else ".")
    return click.option("--reason", required=required, callback=_checked, help=help_)


def _checked(context: click.Context, option: click.Parameter, value: str | None) -> str | None:
    text = None if value is None else trimmed(value)
    if text is not None and not 1 <= len(text) <= MOST_CHARACTERS:
        raise click.BadParameter(f"Must have 1 to {MOST_CHARACTERS} characters.")
    if text is not None and CONTROL.search(text):
        raise click.BadParameter("Must not contain control characters, and be UTF-8.")
    return text
