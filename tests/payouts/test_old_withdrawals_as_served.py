"""A database of before payouts, served by the code of now, with a gateway and without one."""

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from pymongo import MongoClient

from tests.faults.clients import Connection
from tests.faults.service import ROOT, Service
from tests.moving_in.before_payouts import OLD, Body, Old, withdrawal
from tests.support.payout_simulator import TOKEN, Http, eventually
from wallet_api.embedded_mongo import EmbeddedMongo

pytestmark = [pytest.mark.slow, pytest.mark.lengthy]
# Each test leaves to the next what a service has after it: they run in their order.

NEW = withdrawal(3)


class Served(Service):
    """By gunicorn, after `flask migrate`, as `make run` does it."""

    @property
    def simulator(self) -> str:
        found = re.search(r"simulated payouts: (http://[\d.:]+)", self._log.read_text())
        assert found, self._log.read_text()
        return found[1]

    def flask(self, *command: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "flask", "--app", "wsgi", *command],
            cwd=ROOT,
            env=self.environment | {"FLASK_SKIP_DOTENV": "1", **more},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


@dataclass(frozen=True)
class Ada:
    connection: Connection
    token: str

    def asks(self, method: str, path: str, body: Any = None, key: str | None = None) -> Any:
        return self.connection.call(method, path, body, self.token, key)

    def withdraws(self, body: Body, key: str) -> tuple[int, Any, bool]:
        """The last: whether it was said before."""
        status, told = self.asks("POST", "/withdrawals", body, key)
        return status, told, self.connection.replayed

    def balance(self) -> int:
        cents: int = self.asks("GET", "/wallets")[1]["balanceCents"]
        return cents

    def ends(self, created: Any) -> Any:
        def ended() -> Any:
            _, shown = self.asks("GET", f"/withdrawals/{created['id']}")
            return shown if shown["status"] in ("success", "failed") else None

        return eventually(ended, 20)


@dataclass(frozen=True)
class Situation:
    old: Old
    gateway: str
    service: Served
    old_ids: frozenset[str]

    @property
    def ada(self) -> Ada:
        connection = Connection(self.service.port, 10)
        who = {"email": self.old.email, "password": self.old.password}
        return Ada(connection, connection.call("POST", "/auth/login", who)[1]["token"])

    def books(self) -> dict[str, Any]:
        """The gateway's payouts, by reference."""
        if self.gateway == "none":
            return {}
        return {each["reference"]: each for each in Http(self.service.simulator).books()["payouts"]}


@pytest.fixture(
    scope="module",
    params=[(old, gateway) for old in OLD for gateway in ("simulated", "none")],
    ids=lambda param: ", ".join(param),
)
def situation(
    mongo: EmbeddedMongo,
    tmp_path_factory: pytest.TempPathFactory,
    request: pytest.FixtureRequest,
    _no_settings_from_outside: None,
) -> Iterator[Situation]:
    old, gateway = OLD[request.param[0]], request.param[1]
    folder = tmp_path_factory.mktemp("old")
    uri = re.sub(r"/\w+(\?.*)?$", "", mongo.uri) + "/before_payouts"
    settings = {
        "PAYOUT_GATEWAY": gateway,
        "DATA_DIR": str(folder / "data"),
        "LOG_LEVEL": "info",
        "WORKERS": "2",
    }
    service = Served(uri, folder / "service.log", {}, settings=settings)
    with MongoClient[dict[str, Any]](uri) as client:
        db = client.get_default_database()
        old.load(db, lambda db: client.drop_database(db.name))
        moved = service.flask("migrate")
        assert (moved.returncode, moved.stdout.splitlines()[0]) == (0, "Done:"), moved.stderr
        waiting = db.wallets.distinct("outbox.id", {"outbox.kind": "withdrawal"})
        ids = frozenset(f"wd{id_}" for id_ in db.withdrawals.distinct("_id") + waiting)
        service.start()
        try:
            service.wait()
            yield Situation(old, gateway, service, ids)
        finally:
            service.kill_tree()
            client.drop_database(db.name)


def test_old_keys_get_their_first_answers_and_pay_nothing(situation: Situation) -> None:
    ada, old = situation.ada, situation.old
    before = ada.balance()

    paid = {key: ada.withdraws(body, key) for key, body in old.paid.items()}
    came_back = {key: ada.withdraws(body, key) for key, body in old.reversed.items()}
    refused = {key: ada.withdraws(body, key) for key, body in old.refused.items()}

    for wanted, answers in ("success", paid), ("failed", came_back):
        for key, (status, told, replayed) in answers.items():
            assert (key, status, told["status"], replayed) == (key, 201, wanted, True)
    for key, (status, told, replayed) in refused.items():
        assert (key, status, told["code"], replayed) == (key, 400, "insufficient_funds", True)
    assert ada.balance() == before
    assert not situation.old_ids & situation.books().keys()


def test_a_new_withdrawal_of_an_old_wallet_is_paid_once(situation: Situation) -> None:
    ada = situation.ada
    before, there = ada.balance(), situation.books().keys()

    status, created, _ = ada.withdraws(NEW, "new")
    again = ada.withdraws(NEW, "new")
    ended = ada.ends(created)

    first = "success" if situation.gateway == "none" else "pending"
    assert (status, created["status"]) == (201, first)
    assert (again[1]["id"], again[2], ended["status"]) == (created["id"], True, "success")
    assert ada.balance() == before - 300
    paid = [each["paidMinor"] for name, each in situation.books().items() if name not in there]
    assert paid == ([] if situation.gateway == "none" else [300])


def test_an_old_one_that_came_back_is_refunded_by_the_operator_and_once(
    situation: Situation,
) -> None:
    ada, (key, body) = situation.ada, next(iter(situation.old.paid.items()))
    _, old, _ = ada.withdraws(body, key)
    before = ada.balance()

    done = [
        situation.service.flask("reverse", old["id"], "--reason", "no such account")
        for _ in range(2)
    ]

    assert [each.returncode for each in done] == [0, 0], done
    assert "Nothing was moved" in done[1].stdout
    assert ada.balance() == before + old["amountCents"]
    assert ada.asks("GET", f"/withdrawals/{old['id']}")[1]["status"] == "failed"
    assert not situation.old_ids & situation.books().keys()


# The last one: it looks at what the others have left.
def test_both_books_and_the_audit_agree(situation: Situation) -> None:
    service = situation.service
    there = {"PAYOUT_HTTP_TOKEN": TOKEN}
    if situation.gateway == "simulated":
        there["PAYOUT_HTTP_URL"] = service.simulator

    audited = service.flask("audit", "--verify-chain")
    listed = service.flask("payouts", "list", **there)
    compared = service.flask("reconcile", "--gateway", "--from", "2026-01-01", **there)

    assert (audited.returncode, "Every cent adds up." in audited.stdout) == (0, True), audited
    assert (listed.stdout, listed.stderr.strip()) == ("", "0 payouts")
    if situation.gateway == "none":
        assert (compared.returncode, compared.stdout) == (2, ""), compared
    else:
        assert (compared.returncode, "Both books agree." in compared.stdout) == (0, True), compared
