"""MongoDB servers that ask for a login, for TLS, or for another replica set's name."""

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree

from pymongo import MongoClient

from tests.faults.servers import Mongod, free_port

WRITER, READER, PASSWORD = "writer", "reader", "sekret"


@dataclass(frozen=True)
class RefusingServers:
    guarded: int
    """The port of a server with logins: `writer` is kept in `admin`, `reader` in `wallet`."""
    in_a_set: int
    """Of the only member of the replica set rs0."""
    encrypted: int
    """Of a server that speaks TLS only, with a certificate of its own for `localhost`."""

    def guarded_uri(self, user: str, password: str = PASSWORD, source: str = "admin") -> str:
        return f"mongodb://{user}:{password}@127.0.0.1:{self.guarded}/wallet?authSource={source}"


@contextmanager
def refusing_servers() -> Iterator[RefusingServers]:
    folder = Path(tempfile.mkdtemp(prefix="wallet-refusing-"))
    certificate = _certificate(folder)
    guarded = Mongod(folder / "guarded", free_port(), "--auth")
    in_a_set = Mongod(folder / "set", free_port(), "--replSet", "rs0")
    tls = ("--tlsMode", "requireTLS", "--tlsCertificateKeyFile", str(certificate))
    encrypted = Mongod(folder / "encrypted", free_port(), *tls)
    members = (guarded, in_a_set, encrypted)
    try:
        for member in members:
            member.start()
        guarded.wait()
        _create_users(guarded)
        in_a_set.wait()
        host = f"127.0.0.1:{in_a_set.port}"
        with in_a_set.client() as client:
            client.admin.command(
                "replSetInitiate", {"_id": "rs0", "members": [{"_id": 0, "host": host}]}
            )
        yield RefusingServers(guarded.port, in_a_set.port, encrypted.port)
    finally:
        for member in members:
            member.kill()
        rmtree(folder, ignore_errors=True)


def _create_users(server: Mongod) -> None:
    with server.client() as client:  # the first user may be created without a login
        client.admin.command("createUser", "root", pwd=PASSWORD, roles=["root"])
    with MongoClient(f"mongodb://root:{PASSWORD}@127.0.0.1:{server.port}/admin") as client:
        writes = [{"role": "readWrite", "db": "wallet"}]
        client.admin.command("createUser", WRITER, pwd=PASSWORD, roles=writes)
        client.wallet.command("createUser", READER, pwd=PASSWORD, roles=["read"])


def _certificate(folder: Path) -> Path:
    request = "req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2"
    subprocess.run(
        ["openssl", *request.split(), "-subj", "/CN=localhost"],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    both = folder / "both.pem"
    both.write_text((folder / "key.pem").read_text() + (folder / "cert.pem").read_text())
    return both
