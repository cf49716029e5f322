"""MONGO_URI names the database that holds the money, or nothing starts."""

from collections.abc import Callable
from pathlib import Path

import pytest
from environs import Env

from tests.support.starting import WAYS_IN, started_in
from wallet_api import config, mongo_uri
from wallet_api.config import InvalidSettings, Settings

pytestmark = pytest.mark.slow


@pytest.fixture
def read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Settings]:
    def read_with(uri: str) -> Settings:
        monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
        monkeypatch.setenv("MONGO_URI", uri)
        return config.read(Env())

    return read_with


NO_DATABASE = [
    "mongodb://host",
    "mongodb://host/",
    "mongodb://host/?x",
    "mongodb://me:sekret@one,two/?replicaSet=rs0",
    "mongodb+srv://cluster.example.com",
    "mongodb+srv://cluster.example.com/?x=1",
    "mongodb://host/admin",
    "mongodb://host/LOCAL",
    "mongodb://host/config?x=1",
    "mongodb://host/wallet.wallets",
    "mongodb://host/a%20b",
    "mongodb://me:sek/sekret@host/wallet",
    f"mongodb://host/{'x' * 64}",
]


@pytest.mark.parametrize("uri", NO_DATABASE)
def test_a_database_without_a_name_of_its_own_is_refused(
    read: Callable[[str], Settings], uri: str
) -> None:
    """MongoEngine would put the money into `test`, and a server's own hold users and settings."""
    with pytest.raises(InvalidSettings, match=r"MONGO_URI.*name a database of its own") as no:
        read(uri)

    assert "sekret" not in str(no.value)


@pytest.mark.parametrize(
    ("uri", "told"),
    [
        ("mongodb://me:sek:sekret@host/wallet", "must be escaped"),
        ("mongodb://host:sekret/wallet", "must be escaped"),
        ("mongodb:///wallet", "Empty host"),
        ("mongodb://host/wallet?tls=yes", "tls must be"),
        ("mongodb://host/wallet?tls=true&tlsCAFile=/nowhere/ca.pem", "/nowhere/ca.pem"),
        ("mongodb://me@host/wallet", "password is required"),
        ("mongodb://one,two/wallet?directConnection=true", "multiple hosts"),
        ("mongodb+srv://cluster.invalid/wallet", "cluster.invalid|DNS"),
    ],
)
def test_a_uri_that_the_driver_would_refuse_later_is_refused_at_start(
    read: Callable[[str], Settings], uri: str, told: str
) -> None:
    with pytest.raises(InvalidSettings, match=f"MONGO_URI.*({told})") as no:
        read(uri)

    assert "sekret" not in str(no.value)


@pytest.mark.parametrize(
    "uri",
    [
        "mongodb://me:p%40ss@one:1,two:2/wallet?replicaSet=rs0&authSource=admin",
        "mongodb://host/wallet-api_2?useNewUrlParser=true",
        "mongodb://%2Ftmp%2Fmongodb-27017.sock/wallet",
    ],
)
def test_a_uri_that_names_its_database_is_accepted(
    read: Callable[[str], Settings], uri: str
) -> None:
    assert read(uri).mongo_uri == uri


def test_a_described_uri_has_hosts_and_database_and_nothing_else() -> None:
    uri = "mongodb://me:p%40ss@one:1,two:2/wallet?replicaSet=rs0&authSource=admin"

    assert mongo_uri.described(uri) == "database wallet at one:1,two:2"


@pytest.mark.parametrize("way", WAYS_IN)
@pytest.mark.parametrize("uri", ["mongodb://host/?x", "mongodb://host/admin"])
def test_no_way_in_starts_without_a_database_of_its_own(tmp_path: Path, way: str, uri: str) -> None:
    ended = started_in(tmp_path, way, MONGO_URI=uri)

    assert ended.returncode == (1 if way == "gunicorn" else 2)
    assert len(ended.stderr.splitlines()) == 1
    assert "MONGO_URI" in ended.stderr
    assert ended.stdout == ""
