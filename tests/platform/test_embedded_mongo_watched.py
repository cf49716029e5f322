"""A service's embedded mongod that dies is replaced within seconds, and the log says so twice."""

import http.client
import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.faults.service import Service
from wallet_api.embedded_mongo import EmbeddedMongo, EmbeddedMongoError, watcher

pytestmark = pytest.mark.lengthy

BACK_SECONDS = 5.0
PERSON = {"firstName": "A", "lastName": "B", "email": "a@example.com", "password": "correct horse"}


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "service.log"


@pytest.fixture
def service(
    _no_settings_from_outside: None, tmp_path: Path, log: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Service]:
    """As `make run` starts it on a machine without MongoDB."""
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("WORKERS", "2")
    monkeypatch.delenv("MONGO_URI", raising=False)
    service = Service(None, log, hooks={})
    service.start()
    try:
        service.wait()
        yield service
    finally:
        service.kill_tree()


def ask(service: Service, method: str, path: str, body: Any = None, token: str = "") -> Any:
    with closing(http.client.HTTPConnection("127.0.0.1", service.port, timeout=30)) as client:
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
        client.request(method, path, body and json.dumps(body), headers)
        answer = client.getresponse()
        return answer.status, json.loads(answer.read())


def logged_in(service: Service) -> str:
    ask(service, "POST", "/auth/register", PERSON)
    login = {"email": PERSON["email"], "password": PERSON["password"]}
    return str(ask(service, "POST", "/auth/login", login)[1]["token"])


def mongod_of(folder: Path) -> int:
    return int(json.loads((folder / "data" / "mongo" / "server").read_text())[0])


def exists(pid: int) -> bool:
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def wait_until(condition: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.05)


def test_one_that_is_killed_again_and_again_is_back_with_all_its_money(
    service: Service, tmp_path: Path, log: Path
) -> None:
    token = logged_in(service)
    for number in range(1, 4):
        status, answer = ask(service, "POST", "/wallets/deposit", {"amount": 10}, token)
        assert (status, answer["balanceCents"]) == (200, 1000 * number)

        os.kill(mongod_of(tmp_path), signal.SIGKILL)
        time.sleep(0.1)
        wait_until(lambda: ask(service, "GET", "/readyz")[0] == 200, BACK_SECONDS)

        assert ask(service, "GET", "/wallets", token=token)[1]["balanceCents"] == 1000 * number
        time.sleep(watcher.STABLE_SECONDS)

    lines = log.read_text().splitlines()
    assert sum("ended with signal 9; starting it again" in line for line in lines) == 3
    assert sum("MongoDB is back after" in line for line in lines) == 3
    for worker_line in ("cannot be used", "can be used again"):
        assert sum(worker_line in line for line in lines) <= 3 * 2, "one a worker and a death"
    assert not any("Traceback" in line for line in lines)
    assert len(lines) <= 1 + 3 * (2 + 2 * 2), lines


def test_it_ends_with_a_service_that_is_killed(service: Service, tmp_path: Path) -> None:
    server = mongod_of(tmp_path)

    os.kill(service.pid, signal.SIGKILL)

    wait_until(lambda: not exists(server), 20)


def test_it_ends_with_a_service_that_is_asked_to_stop(service: Service, tmp_path: Path) -> None:
    server = mongod_of(tmp_path)

    service.terminate()

    assert not exists(server)


def test_a_second_service_over_the_same_data_names_the_first(
    service: Service, tmp_path: Path
) -> None:
    other = Service(None, tmp_path / "other.log", hooks={})
    other.start()
    try:
        wait_until(lambda: not exists(other.pid), 30)
    finally:
        other.kill_tree()

    (line,) = (tmp_path / "other.log").read_text().splitlines()
    assert f"in use by another wallet_api (process {service.pid})" in line


def test_one_that_dies_as_soon_as_it_starts_is_started_ever_more_rarely(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    with EmbeddedMongo(tmp_path) as server:
        restart = server.restart

        def start_in_vain() -> None:
            if len(pauses) < 7:
                raise EmbeddedMongoError("mongod ended with code 14")
            restart()

        monkeypatch.setattr(server, "restart", start_in_vain)
        uri = server.uri
        os.kill(server.pid, signal.SIGKILL)

        after = watcher.keep(server, 0.0, pauses.append)

        assert pauses == [0, 1, 2, 4, 8, 16, 30]
        assert after == watcher.LONGEST_PAUSE_SECONDS
        assert server.uri == uri
        told = capfd.readouterr().err.splitlines()
        assert len(told) == 1 + 6 + 1
        assert "trying again in 16 s" in told[5]


def test_its_folder_is_its_owners_alone(tmp_path: Path) -> None:
    folder = tmp_path / "mongo"
    folder.mkdir(mode=0o755)

    with EmbeddedMongo(folder):
        assert folder.stat().st_mode & 0o777 == 0o700
