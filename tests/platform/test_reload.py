"""SIGHUP to a running service: new settings, and new code."""

import json
import socket
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.service import Service, copied_to
from tests.support.reloading import reload, running
from wallet_api.embedded_mongo import EmbeddedMongo

pytestmark = pytest.mark.lengthy


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A copy of the service, to be upgraded where it runs."""
    return copied_to(tmp_path)


@pytest.fixture
def service(
    installed: Path, mongo: EmbeddedMongo, _no_settings_from_outside: None
) -> Iterator[Service]:
    with running(installed, mongo.uri, "reload") as service:
        yield service


def health(service: Service) -> dict[str, str]:
    with urllib.request.urlopen(f"http://127.0.0.1:{service.port}/healthz", timeout=5) as answer:
        return json.load(answer)


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert text.count(old) == 1, (path, old)
    path.write_text(text.replace(old, new))


def test_new_code_that_needs_new_settings_is_served(service: Service, installed: Path) -> None:
    package = installed / "wallet_api"
    change(package / "config.py", "    log_level: str\n", "    log_level: str\n    motto: str\n")
    change(
        package / "config.py",
        "        log_level=env",
        '        motto="new",\n        log_level=env',
    )
    gunicorn_settings = package / "server" / "settings.py"
    change(gunicorn_settings, '"proc_name": "wallet_api"', '"proc_name": chosen.motto')
    change(
        package / "health" / "schemas.py",
        "class HealthResponse(OutputSchema):\n",
        HEALTH_OF_A_MOTTO,
    )
    change(package / "health" / "routes.py", '{"status": "ok"}', '{"status": "ok", "motto": MOTTO}')
    routes = package / "health" / "routes.py"
    routes.write_text(routes.read_text() + "\n\nfrom wallet_api.config import settings\n" + MOTTO)

    reload(service)

    assert health(service) == {"status": "ok", "motto": "new"}


HEALTH_OF_A_MOTTO = "class HealthResponse(OutputSchema):\n    motto = fields.String()\n"
MOTTO = "MOTTO = settings().motto\n"


def test_new_settings_are_used(service: Service, installed: Path) -> None:
    with (installed / ".env").open("a") as settings:
        settings.write("REQUEST_SECONDS=0.5\n")
    reload(service)
    with socket.create_connection(("127.0.0.1", service.port)) as client:
        client.sendall(b"GET /healthz HTTP/1.1\r\n")
        client.settimeout(5)
        assert client.recv(1024) == b"", "a request that stays unfinished ends after half a second"


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (b"DEFAULT_CURRENCY=nonsense\n", "DEFAULT_CURRENCY"),
        (b"MONGO_URI=mongodb://127.0.0.1/?x\n", "names no database"),
        (b"MONGO_URI=mongodb://127.0.0.1/admin\n", "MongoDB's own"),
        ("PORT=3001\n".encode("utf-16"), "is UTF-16"),
    ],
    ids=["currency", "no database", "admin", "UTF-16"],
)
def test_settings_that_are_refused_change_nothing(
    service: Service, installed: Path, settings: bytes, told: str
) -> None:
    (installed / ".env").write_bytes(settings)
    reload(service)
    assert health(service) == {"status": "ok"}
    (line,) = [
        line
        for line in (installed / "service.log").read_text().splitlines()
        if line.startswith("wallet_api: ")
    ]
    assert told in line
