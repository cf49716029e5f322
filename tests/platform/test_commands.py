"""An operator's command that cannot do its work says so in one line, soon, with exit code 2."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import click
import pytest

from tests.support.refusing_servers import (
    PASSWORD,
    READER,
    WRITER,
    RefusingServers,
    refusing_servers,
)
from wallet_api import plain_commands
from wallet_api.app import create_app
from wallet_api.embedded_mongo import EmbeddedMongo

pytestmark = pytest.mark.lengthy

ROOT = Path(__file__).parents[2]
VALID = {"email": "a@example.com", "scopes": "read"}
SECONDS = 30.0
"""For a command beside all the others on a busy machine; alone it takes 5 and its start."""


@dataclass(frozen=True)
class Ended:
    code: int
    lines: list[str]
    output: str
    seconds: float


@pytest.fixture(scope="module")
def servers(_no_settings_from_outside: None) -> Iterator[RefusingServers]:
    with refusing_servers() as servers:
        yield servers


@pytest.fixture(scope="module")
def silent() -> Iterator[int]:
    """A port that takes connections and says nothing."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


@pytest.fixture(scope="module")
def commands(mongo: EmbeddedMongo) -> list[list[str]]:
    """Every command of the app, with something for each argument that it wants."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("MONGO_URI", mongo.uri)
        return list(spelt_out(create_app().cli))


def spelt_out(group: click.Group, *before: str) -> Iterator[list[str]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from spelt_out(command, *before, name)
            continue
        arguments: list[str] = []
        for wanted in command.params:
            if wanted.required:
                option = [wanted.opts[0]] if isinstance(wanted, click.Option) else []
                arguments += [*option, VALID.get(str(wanted.name), "6b046635861acc021cd4e7ec")]
        yield [*before, name, *arguments]


def run(command: list[str], folder: Path, **environment: str) -> Ended:
    since = time.monotonic()
    ended = subprocess.run(
        [sys.executable, "-m", "flask", "--app", str(ROOT / "wsgi"), *command],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "DATA_DIR": str(folder), **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    lines = ended.stderr.splitlines()
    return Ended(ended.returncode, lines, ended.stdout, time.monotonic() - since)


def run_all(commands: list[list[str]], folder: Path, uri: str) -> dict[str, Ended]:
    with ThreadPoolExecutor(4) as pool:
        ended = pool.map(lambda command: run(command, folder, MONGO_URI=uri), commands)
        return dict(zip(map(" ".join, commands), ended, strict=True))


UNUSABLE: dict[str, tuple[Callable[[RefusingServers, int], str], str]] = {
    "no database": (lambda *_: "mongodb://127.0.0.1:1/wallet", "127.0.0.1:1"),
    "a silent one": (lambda _, port: f"mongodb://127.0.0.1:{port}/wallet", "127.0.0.1:"),
    "wrong password": (lambda at, _: at.guarded_uri(WRITER, f"{PASSWORD}2"), "login is refused"),
    "no login": (lambda at, _: f"mongodb://127.0.0.1:{at.guarded}/wallet", "authentication"),
    "wrong set": (
        lambda at, _: f"mongodb://127.0.0.1:{at.in_a_set}/wallet?replicaSet=rs1",
        'replica set "rs1"',
    ),
    "wrong settings": (lambda *_: f"mongodb://me:{PASSWORD}@127.0.0.1/?x=1", "names no database"),
}


def test_the_walk_finds_the_commands(commands: list[list[str]]) -> None:
    assert {"audit", "sweep", "activate", "deactivate", "reverse"} <= {
        name for name, *_ in commands
    }


@pytest.mark.parametrize("case", UNUSABLE)
def test_every_command_says_in_one_line_why_the_database_cannot_be_used(
    servers: RefusingServers, silent: int, commands: list[list[str]], tmp_path: Path, case: str
) -> None:
    uri, told = UNUSABLE[case]

    for command, ended in run_all(commands, tmp_path, uri(servers, silent)).items():
        assert ended.code == 2, (command, ended)
        assert len(ended.lines) == 1, (command, ended)
        assert told in ended.lines[0], (command, ended)
        assert PASSWORD not in ended.lines[0]
        assert ended.output == "", command
        assert ended.seconds < SECONDS, command


def test_a_command_that_may_not_write_says_so(servers: RefusingServers, tmp_path: Path) -> None:
    ended = run(["sweep"], tmp_path, MONGO_URI=servers.guarded_uri(READER, source="wallet"))

    assert (ended.code, len(ended.lines)) == (2, 1)
    assert "not allowed what it needs: not authorized on wallet" in ended.lines[0]


def test_an_audit_by_somebody_who_may_only_read_is_one(
    servers: RefusingServers, tmp_path: Path
) -> None:
    ended = run(["audit"], tmp_path, MONGO_URI=servers.guarded_uri(READER, source="wallet"))

    assert "Nothing to audit" in ended.lines[0]


@pytest.mark.parametrize("options", [[], ["--json"], ["--verify-chain"]])
def test_an_audit_of_nothing_says_of_which_database(
    mongo: EmbeddedMongo, tmp_path: Path, options: list[str]
) -> None:
    """Every cent adds up in a database that somebody has mistyped."""
    uri = mongo.uri.replace("/wallet_api", "/walet_api")

    ended = run(["audit", *options], tmp_path, MONGO_URI=uri)

    host = uri.removeprefix("mongodb://").partition("/")[0]
    assert ended.code == 2
    assert ended.lines == [
        f"Nothing to audit in database walet_api at {host}: no wallets and no ledger entries."
    ]
    assert ended.output == ""


def test_the_commands_of_a_group_are_plain_too() -> None:
    def fail() -> None:
        raise AssertionError("not to be called without a database")

    group = click.Group("outer", {"inner": click.Command("inner", callback=fail)})

    plain = plain_commands.plainly(group)

    assert isinstance(plain, click.Group)
    assert plain.commands["inner"].callback is not fail
    assert group.commands["inner"].callback is fail
