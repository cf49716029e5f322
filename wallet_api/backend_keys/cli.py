"""The operator's commands for the keys of back ends."""

from datetime import UTC, datetime

import click

from wallet_api import clock
from wallet_api.backend_keys import service
from wallet_api.backend_keys.known import REMEMBERED_SECONDS
from wallet_api.backend_keys.scopes import Scope
from wallet_api.documents.backend_key import BackendKey
from wallet_api.plain_commands import on_present_version

_SCOPES = ", ".join(Scope)


class _Scopes(click.ParamType[list[Scope]]):
    name = "scopes"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> list[Scope]:
        named = [part.strip() for part in str(value).split(",")]
        if unknown := [name for name in named if name not in tuple(Scope)]:
            self.fail(f"no such scope: {', '.join(unknown) or '(none)'}. There are {_SCOPES}.")
        return [Scope(name) for name in named]


@click.group("keys")
def keys_command() -> None:
    """Keys by which back ends act for users."""


@on_present_version
@click.command("create")
@click.argument("name")
@click.option("--scopes", required=True, type=_Scopes(), help=f"Some of {_SCOPES}, with commas.")
@click.option(
    "--expires",
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ"]),
    help="From when on it does not work any more, in UTC. Default: never.",
)
def create(name: str, scopes: list[Scope], expires: datetime | None) -> None:
    """Make a key. Its secret is shown this once."""
    secret = service.create(name, scopes, expires and expires.replace(tzinfo=UTC))
    click.echo(f"The key {name} may do: {', '.join(sorted(scopes))}.", err=True)
    click.echo("Its secret, which nobody can show again:", err=True)
    # Alone on the standard output, for `KEY=$(flask keys create ...)`.
    click.echo(secret)


@on_present_version
@click.command("list")
def list_keys() -> None:
    """Show all keys there have ever been, the newest first, without their secrets."""
    keys = service.newest()
    if not keys:
        click.echo("No keys.", err=True)
    rows = [_row(key) for key in keys]
    if rows:
        rows.insert(0, ("NAME", "STATE", "SCOPES", "CREATED", "LAST USED"))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        click.echo("  ".join(cells).rstrip())


@on_present_version
@click.command("revoke")
@click.argument("name")
def revoke(name: str) -> None:
    """End a key for good."""
    at = service.revoke(name)
    click.echo(
        f"{name} is revoked, since {_shown(at)}. "
        f"Every process refuses it {REMEMBERED_SECONDS:.0f} seconds later at the latest."
    )


for _command in (create, list_keys, revoke):
    keys_command.add_command(_command)


def _row(key: BackendKey) -> tuple[str, str, str, str, str]:
    used = "never" if key.last_used_at is None else _shown(key.last_used_at)
    return key.name, _state(key), ",".join(key.scopes), _shown(key.created_at), used


def _state(key: BackendKey) -> str:
    if key.revoked_at is not None:
        return f"revoked {_shown(key.revoked_at)}"
    if key.expires_at is None:
        return "good"
    ended = key.expires_at <= clock.now()
    return f"{'expired' if ended else 'good until'} {_shown(key.expires_at)}"


def _shown(instant: datetime) -> str:
    return f"{instant:%Y-%m-%dT%H:%M:%SZ}"
