"""`make run PAYOUT_GATEWAY=simulated`: a withdrawal is soon at its gateway, and settled."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.faults.clients import Connection
from tests.faults.service import Service
from tests.support.mailbox import free_port
from tests.support.payout_simulator import ROOT, Http, eventually
from wallet_api.embedded_mongo import EmbeddedMongo

pytestmark = pytest.mark.slow


class Served(Service):
    @property
    def log(self) -> str:
        return self._log.read_text()

    @property
    def simulator(self) -> str:
        found = re.search(r"simulated payouts: (http://[\d.:]+)", self.log)
        assert found, self.log
        return found[1]


class Person:
    def __init__(self, port: int) -> None:
        self._connection = Connection(port, 10)
        self._token = ""
        who = {"email": f"ada-{time.monotonic_ns()}@example.com", "password": "correct horse 9"}
        self.asks("POST", "/auth/register", {**who, "firstName": "Ada", "lastName": "L"})
        self._token = self.asks("POST", "/auth/login", who)["token"]
        self.asks("POST", "/wallets/deposit", {"amount": 100})

    def asks(self, method: str, path: str, body: Any = None) -> Any:
        status, told = self._connection.call(method, path, body, self._token)
        assert status < 400, told
        return told

    def withdraws(self, amount: float) -> Any:
        body = {"amount": amount, "destination": "bank-account-0001"}
        return self.asks("POST", "/withdrawals", body)

    def withdraws_to_the_end(self, amount: float) -> Any:
        withdrawal = self.withdraws(amount)
        return eventually(lambda: self.has_ended(withdrawal), 20)

    def has_ended(self, withdrawal: Any) -> Any:
        shown = self.asks("GET", f"/withdrawals/{withdrawal['id']}")
        return shown if shown["status"] in ("success", "failed") else None


@pytest.fixture(scope="module")
def service(
    mongo: EmbeddedMongo, tmp_path_factory: pytest.TempPathFactory, _no_settings_from_outside: None
) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("served")
    host = re.sub(r"/\w+(\?.*)?$", "", mongo.uri)
    settings = {
        "PAYOUT_GATEWAY": "simulated",
        "PAYOUT_SIMULATOR_BEHAVIOURS": "settles,declines_later",
        "DATA_DIR": str(folder / "data"),
        "LOG_LEVEL": "info",
        "WORKERS": "2",
    }
    running = Served(f"{host}/payouts_served", folder / "service.log", {}, settings=settings)
    running.start()
    try:
        running.wait()
        yield running
    finally:
        running.kill_tree()


def test_every_withdrawal_ends_as_the_gateway_says(service: Served) -> None:
    ada = Person(service.port)
    gateway = Http(service.simulator)
    before = {each["reference"] for each in gateway.books()["payouts"]}

    asked = [ada.withdraws(amount) for amount in (1, 2, 3, 4, 5, 6)]
    ended = [eventually(lambda each=each: ada.has_ended(each), 20) for each in asked]

    assert {each["status"] for each in asked} == {"pending"}
    books = {each["reference"]: each for each in gateway.books()["payouts"]}
    for each in ended:
        told = books.pop(f"wd{each['id']}")
        paid = each["amountCents"] if each["status"] == "success" else 0
        assert told["paidMinor"] - told["returnedMinor"] == paid
    assert books.keys() == before
    left = 10000 - sum(each["amountCents"] for each in ended if each["status"] == "success")
    wallet = ada.asks("GET", "/wallets")
    assert wallet == {"balanceCents": left, "heldCents": 0, "currency": "INR"}


def test_it_is_at_its_gateway_before_the_relay_would_sweep(service: Served) -> None:
    ada = Person(service.port)
    time.sleep(1)  # idle

    shown = ada.withdraws_to_the_end(1)

    pending, processing = (datetime.fromisoformat(each["at"]) for each in shown["history"][:2])
    # 0.3 s on a machine that has nothing else to do.
    assert (processing - pending).total_seconds() < 2


def test_the_gateways_callbacks_are_taken(service: Served) -> None:
    ada = Person(service.port)
    for amount in (1, 2, 3, 4):
        ada.withdraws_to_the_end(amount)

    taken = eventually(lambda: re.findall(r"POST /payouts/callbacks/\S+ (\d+)", service.log))

    assert set(taken) == {"204"}


@pytest.mark.parametrize(
    ("behaviours", "wrong"),
    [
        ("settles,declinse", "no behaviour is called 'declinse'"),
        ("settles=many", "settles=many: the weight must be a whole number"),
    ],
)
def test_a_behaviour_that_is_none_is_told_in_one_line(
    mongo: EmbeddedMongo, tmp_path: Path, behaviours: str, wrong: str
) -> None:
    settings = {"PAYOUT_GATEWAY": "simulated", "PAYOUT_SIMULATOR_BEHAVIOURS": behaviours}
    folder = {"DATA_DIR": str(tmp_path), "LOG_LEVEL": "warning", "FLASK_SKIP_DOTENV": "1"}

    ended = subprocess.run(
        [sys.executable, "-m", "gunicorn"],
        cwd=ROOT,
        env={**os.environ, **settings, **folder, "MONGO_URI": mongo.uri, "PORT": str(free_port())},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert ended.returncode == 1
    assert ended.stderr.splitlines() == [f"wallet_api: PAYOUT_SIMULATOR_BEHAVIOURS: {wrong}"]


# The last one: it ends the service.
def test_the_simulator_ends_with_the_service_however_that_ends(service: Served) -> None:
    (simulator,) = simulators_of(service)

    os.killpg(service.pid, signal.SIGKILL)

    eventually(lambda: not is_alive(simulator), 10)


def simulators_of(service: Served) -> list[int]:
    children = Path(f"/proc/{service.pid}/task/{service.pid}/children").read_text().split()
    return [
        int(pid)
        for pid in children
        if b"wallet_api.payouts.simulator" in Path(f"/proc/{pid}/cmdline").read_bytes()
    ]


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except FileNotFoundError:
        return False
