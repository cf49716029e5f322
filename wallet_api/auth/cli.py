"""The operator's commands for users who cannot help themselves."""

import click

from wallet_api.auth import recovery
from wallet_api.auth.codes import LIFE
from wallet_api.plain_commands import on_present_version


@click.group("users")
def users_command() -> None:
    """Passwords and emails of users."""


@on_present_version
@click.command("reset")
@click.argument("email")
def reset(email: str) -> None:
    """Make a code by which the user sets another password. It is shown this once."""
    code = recovery.reset_code(email)
    minutes = int(LIFE.total_seconds()) // 60
    click.echo(
        f"{email} sets a new password with this code, once, within {minutes} minutes, by "
        "POST /auth/password/reset. An older code is void.",
        err=True,
    )
    # Alone on the standard output, for `CODE=$(flask users reset ...)`.
    click.echo(code)


@on_present_version
@click.command("prove")
@click.argument("email")
def prove(email: str) -> None:
    """Take the email as proved: you know that it is the user's."""
    recovery.prove(email)
    click.echo(f"{email} is proved")


for _command in (reset, prove):
    users_command.add_command(_command)
