"""Sessions and logins that end while two processes are at work, over real sockets."""

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from bson import ObjectId
from pymongo import MongoClient
from pymongo.database import Database

from tests.faults.service import Service
from wallet_api import clock
from wallet_api.auth import sessions
from wallet_api.embedded_mongo import EmbeddedMongo

PASSWORD, NEW = "correct horse battery", "tidal-lantern-42-moss"
MOST_DEBITS = 3000


@pytest.fixture(scope="module")
def service(
    mongo: EmbeddedMongo,
    _no_settings_from_outside: None,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Service]:
    uri = mongo.uri.replace("/wallet_api", "/sessions_at_once")
    folder: Path = tmp_path_factory.mktemp("sessions")
    service = Service(uri, folder / "service.log", hooks={}, settings={"WORKERS": "2"})
    service.start()
    try:
        service.wait()
        yield service
        service.terminate()
    finally:
        service.kill_tree()


@pytest.fixture
def db(mongo: EmbeddedMongo, service: Service) -> Iterator[Database[dict[str, Any]]]:
    uri = mongo.uri.replace("/wallet_api", "/sessions_at_once")
    with MongoClient[dict[str, Any]](uri, tz_aware=True) as client:
        yield client.get_default_database()


class Ada:
    """A new person, who calls each time over a new connection, to either process."""

    def __init__(self, service: Service) -> None:
        self._address = f"http://127.0.0.1:{service.port}"
        self.email = f"ada-{uuid4()}@example.com"
        names = {"firstName": "Ada", "lastName": "Lovelace"}
        who = {"email": self.email, "password": PASSWORD}
        self.id = ObjectId(self.call("POST", "/auth/register", who | names)[1]["userId"])

    def call(self, method: str, path: str, body: Any = None, token: str = "") -> tuple[int, Any]:
        request = urllib.request.Request(
            self._address + path,
            None if body is None else json.dumps(body).encode(),
            {"Content-Type": "application/json", "Authorization": f"Bearer {token}"},
            method=method,
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as refused:
            return refused.code, json.load(refused)

    def log_in(self, password: str = PASSWORD) -> Any:
        status, login = self.call(
            "POST", "/auth/login", {"email": self.email, "password": password}
        )
        assert status == 200
        return login

    def refresh(self, token: str) -> tuple[int, Any]:
        return self.call("POST", "/auth/refresh", {"refreshToken": token})


@pytest.fixture
def ada(service: Service) -> Ada:
    return Ada(service)


def test_a_refresh_token_sent_by_twenty_threads_has_one_successor(ada: Ada) -> None:
    token = ada.log_in()["refreshToken"]

    for _ in range(5):
        with ThreadPoolExecutor(20) as pool:
            answers = list(pool.map(ada.refresh, [token] * 20))

        assert {status for status, _ in answers} == {200}
        (token,) = {answer["refreshToken"] for _, answer in answers}


def test_once_a_reuse_is_refused_nothing_of_the_session_is_refreshed(
    ada: Ada, db: Database[dict[str, Any]]
) -> None:
    """The owner goes on refreshing while a thief uses an old token in eight threads."""
    for _ in range(5):
        stolen = ada.log_in()["refreshToken"]
        held = [ada.refresh(stolen)[1]["refreshToken"]]
        before = clock.now() - timedelta(seconds=sessions.GRACE_SECONDS + 1)
        db.sessions.update_many({"user": ada.id}, {"$set": {"rotatedAt": before}})

        def go_on(held: list[str] = held) -> None:
            for _ in range(20):
                status, answer = ada.refresh(held[-1])
                if status != 200:
                    assert status == 401
                    return
                held.append(answer["refreshToken"])

        with ThreadPoolExecutor(9) as pool:
            owner = pool.submit(go_on)
            thieves = list(pool.map(ada.refresh, [stolen] * 8))
            owner.result(60)

        assert {status for status, _ in thieves} == {401}
        assert {ada.refresh(token)[0] for token in (stolen, *held)} == {401}
        assert db.sessions.count_documents({"user": ada.id}) == 0


@pytest.mark.parametrize("way", ["password", "everywhere"])
def test_no_debit_of_an_old_token_commits_after_the_answer(
    ada: Ada, db: Database[dict[str, Any]], way: str
) -> None:
    """Under load: eight threads withdraw with tokens of before, and never stop by themselves."""
    logins = [ada.log_in() for _ in range(2)]
    old = [login["token"] for login in logins]
    assert ada.call("POST", "/wallets/deposit", {"amount": 100_000}, old[0])[0] == 200
    begun, over = threading.Barrier(9, timeout=30), threading.Event()

    def withdraw(number: int) -> list[int]:
        statuses = []
        begun.wait()
        for debit in range(MOST_DEBITS):
            body = {"amount": 1, "destination": "bank"}
            status, _ = ada.call("POST", "/withdrawals", body, old[(number + debit) % 2])
            statuses.append(status)
            if over.is_set() and statuses[-3:] == [401] * 3:
                break
        return statuses

    with ThreadPoolExecutor(8) as pool:
        threads = [pool.submit(withdraw, number) for number in range(8)]
        begun.wait()
        threading.Event().wait(0.5)
        if way == "password":
            body: Any = {"password": PASSWORD, "newPassword": NEW}
            status, new = ada.call("POST", "/auth/password", body, old[0])
        else:
            status, new = ada.call("POST", "/auth/logout", {"everywhere": True}, old[0])
            new = ada.log_in()
        answered = db.wallets.find_one({"user": ada.id})
        token = new["token"]
        assert ada.call("GET", "/wallets", token=token)[0] == 200, "the new one works at once"
        threading.Event().wait(0.3)
        over.set()
        statuses = [status for thread in threads for status in thread.result(60)]

    assert status == 200
    assert answered is not None
    assert 201 in statuses
    assert set(statuses) == {201, 401}
    now = db.wallets.find_one({"user": ada.id})
    assert now is not None
    assert (now["balanceCents"], now["sequence"]) == (
        answered["balanceCents"],
        answered["sequence"],
    )
    assert now["sequence"] == 1 + statuses.count(201)
    assert ada.call("POST", "/withdrawals", {"amount": 1, "destination": "b"}, token)[0] == 201


@pytest.mark.parametrize("again", range(3))
def test_of_changes_of_the_password_at_once_one_wins_and_its_tokens_work(
    ada: Ada, again: int
) -> None:
    token = ada.log_in()["token"]

    def change(number: int) -> tuple[int, Any]:
        body = {"password": PASSWORD, "newPassword": f"{NEW}-{number}"}
        return ada.call("POST", "/auth/password", body, token)

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(change, range(6)))

    assert {status for status, _ in answers} == {200, 401}
    (winner,) = (number for number, (status, _) in enumerate(answers) if status == 200)
    assert ada.call("GET", "/wallets", token=answers[winner][1]["token"])[0] == 200
    assert ada.log_in(f"{NEW}-{winner}")
