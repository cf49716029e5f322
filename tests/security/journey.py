"""A journey through the running service whose every word is one that no log line may hold."""

import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bson import ObjectId
from pymongo.database import Database

from tests.faults.service import Service, copied_to
from wallet_api import clock

EMAIL = "zebulon.quixote@example.com"
PASSWORD = "vermilion-accordion-7719"
WRONG_PASSWORD = "marzipan-telescope-4406"
KEY = "invoice-kumquat-2291"
DESTINATION = "GB29NWBK60161331926819"
NAMES = ("Zebulonius", "Quixotheus")
QUOTED = "DE89370400440532013000"
QUOTED_TOKEN = "wr_" + "kumquat-" * 8
IN_BULK = "FR7630006000011234567890189"
RELAY_SECONDS = 15
FORGED = "2026-01-01T00:00:00.000Z info 1 forged"
PERSONAL = (
    *("zebulon", "quixote", "Zebulon", "Quixot", PASSWORD, WRONG_PASSWORD, "kumquat"),
    *(DESTINATION[:-4], QUOTED[:-4], IN_BULK[:-4]),
)

# What is appended to wsgi.py: defects that tell all they know.
DEFECTS = f"""
from wallet_api.auth import service as auth
from wallet_api.documents.withdrawal import Withdrawal
from wallet_api.users import service as users
from wallet_api.withdrawals import routes

users.NotUniqueError = ZeroDivisionError
request = routes.service.request

def defective(caller, asked, currency, destination, key):
    if destination == "{QUOTED}":
        email = users.User.objects(id=caller.user).first().email
        raise ValueError(f"\\n{FORGED}\\n{{asked}} {{destination}} {{key}} {{email}}")
    if destination == "{IN_BULK}":
        document = {{"_id": 1, "destination": destination, "idempotencyKey": key}}
        Withdrawal._get_collection().insert_many([document, document])
    return request(caller, asked, currency, destination, key)

routes.service.request = defective

refresh = auth.sessions.rotate

def defective_refresh(text):
    if text == "{QUOTED_TOKEN}":
        raise ValueError(f"{{text}}")
    return refresh(text)

auth.sessions.rotate = defective_refresh
"""


@dataclass
class Journey:
    port: int
    path_of_log: Path
    answers: dict[str, tuple[int, str]] = field(default_factory=dict)
    """Status and request id of each step."""
    user_id: str = ""
    token: str = ""
    tokens: list[str] = field(default_factory=list)
    """Of both kinds, all that were given."""
    log: str = ""

    def __call__(
        self,
        step: str,
        method: str,
        path: str,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        sent = dict(headers or {})
        if self.token:
            sent["Authorization"] = f"Bearer {self.token}"
        if body is not None:
            sent["Content-Type"] = "application/json"
        try:
            client.request(method, path, None if body is None else json.dumps(body), sent)
            answer = client.getresponse()
            content = answer.read()
        finally:
            client.close()
        self.answers[step] = (answer.status, answer.getheader("X-Request-Id", ""))
        told: dict[str, Any] = json.loads(content) if content[:1] == b"{" else {}
        return told

    def withdraw(self, step: str, destination: str, amount: int = 1, suffix: str = "") -> None:
        body = {"amount": amount, "destination": destination}
        self(step, "POST", "/withdrawals", body, {"Idempotency-Key": KEY + suffix})

    def log_so_far(self) -> str:
        return self.path_of_log.read_text()

    def lines(self, **members: Any) -> list[dict[str, Any]]:
        """Of a log in JSON, those with these members."""
        every = [json.loads(line) for line in self.log.splitlines()]
        return [line for line in every if members.items() <= line.items()]


def travel(
    database: Database[dict[str, Any]], folder: Path, settings: Mapping[str, str]
) -> Journey:
    """Start a service with defects, do in it whatever can be done, stop it, and read its log."""
    root = copied_to(folder)
    with (root / "wsgi.py").open("a") as entry:
        entry.write(DEFECTS)
    host, port = database.client.address or ("", 0)
    uri = f"mongodb://{host}:{port}/{database.name}"
    settings = {"WORKERS": "2", "LOGIN_TRIES": "2", "TRUSTED_PROXIES": "127.0.0.1", **settings}
    service = Service(uri, folder / "log", hooks={}, root=root, settings=settings)
    service.start()
    try:
        service.wait()
        journey = Journey(service.port, folder / "log")
        _with_the_service(journey)
        _leave_a_movement_that_cannot_be_copied(journey, database)
        service.terminate()
    finally:
        service.kill_tree()
    _with_the_operators_commands(root, uri, settings)
    journey.log = journey.log_so_far()
    return journey


def _with_the_service(at: Journey) -> None:
    proof = {"email": EMAIL, "password": PASSWORD}
    names = {"firstName": NAMES[0], "lastName": NAMES[1]}
    client = {"X-Forwarded-For": "203.0.113.9, 192.0.2.7", "X-Request-Id": "trace-of-the-journey"}
    at.user_id = at("register", "POST", "/auth/register", proof | names, client)["userId"]
    at("register again", "POST", "/auth/register", proof | names)
    at("wrong password", "POST", "/auth/login", proof | {"password": WRONG_PASSWORD})
    login = at("log in", "POST", "/auth/login", proof)
    at.tokens += [login["token"], login["refreshToken"]]
    for step in ("guess", "guess again", "guess too often"):
        at(step, "POST", "/auth/login", proof | {"password": WRONG_PASSWORD})
    at.token = login["token"]
    at("deposit", "POST", "/wallets/deposit", {"amount": 100}, {"Idempotency-Key": KEY + "-in"})
    at("balance", "GET", "/wallets")
    at.withdraw("withdraw", DESTINATION)
    at.withdraw("withdraw again", DESTINATION)
    at.withdraw("withdraw too much", DESTINATION, 10_000, "-too-much")
    at.withdraw("reuse the key", DESTINATION, 2)
    at.withdraw("a defect", QUOTED, suffix="-quoted")
    at.withdraw("a defect in bulk", IN_BULK, suffix="-in-bulk")
    at("list", "GET", f"/withdrawals?idempotencyKey={KEY}")
    at("bad query", "GET", f"/withdrawals?status={EMAIL}&{DESTINATION}={PASSWORD}")
    at("no such page", "GET", f"/nowhere/{EMAIL}%0A{FORGED.replace(' ', '%20')}")
    at("statement", "GET", "/wallets/statement")
    _through_a_session(at, login["refreshToken"], proof)
    _in_no_language(at)


def _through_a_session(at: Journey, first: str, proof: Mapping[str, str]) -> None:
    """Refreshed, doubled, with tokens of the wrong kind, stolen; a password that is no secret."""
    for step in ("refresh", "refresh again"):
        told = at(step, "POST", "/auth/refresh", {"refreshToken": first})
        at.tokens += [told["token"], told["refreshToken"]]
    at("a defect in refreshing", "POST", "/auth/refresh", {"refreshToken": QUOTED_TOKEN})
    at("an access token", "POST", "/auth/refresh", {"refreshToken": at.token})
    at("a query", "GET", f"/auth/me?refreshToken={first}")
    at("refresh twice", "POST", "/auth/refresh", {"refreshToken": told["refreshToken"]})
    at("reuse", "POST", "/auth/refresh", {"refreshToken": first})
    passwords = {"password": WRONG_PASSWORD, "newPassword": PASSWORD + "-2"}
    at("change the password", "POST", "/auth/password", passwords)
    at("log out", "POST", "/auth/logout", {})


def _in_no_language(at: Journey) -> None:
    """What no parser takes, with a word of each kind in it."""
    heads = (
        f"GET /wallets?{KEY} HTTP/9.9\r\n\r\n",
        f"GET /wallets?{KEY} HTTP/1.1\r\nAuthorization Bearer {at.token}\r\n\r\n",
        f"GET /{EMAIL} HTTP/1.1\r\nHost: a\r\nHost: b\r\nIdempotency-Key: {KEY}\x01\r\n\r\n",
        f"GET / HTTP/1.1\r\nHost: a\r\n{KEY}\n{FORGED}: {PASSWORD}\r\n\r\n",
    )
    for head in heads:
        with socket.create_connection(("127.0.0.1", at.port), timeout=10) as client:
            client.sendall(head.encode())
            client.settimeout(10)
            client.recv(4096)


def _leave_a_movement_that_cannot_be_copied(
    at: Journey, database: Database[dict[str, Any]]
) -> None:
    damaged = {"at": clock.now(), "destination": DESTINATION, "idempotencyKey": f"withdrawal:{KEY}"}
    database.wallets.update_one({"user": ObjectId(at.user_id)}, {"$push": {"outbox": damaged}})
    at("statement of a damaged wallet", "GET", "/wallets/statement")
    deadline = time.monotonic() + RELAY_SECONDS
    while at.user_id not in at.log_so_far() or "cannot be copied" not in at.log_so_far():
        assert time.monotonic() < deadline, "the relay does not say that it cannot copy"
        time.sleep(0.1)


def _with_the_operators_commands(root: Path, uri: str, settings: Mapping[str, str]) -> None:
    secret = "a secret of the journey, and of nobody else"
    environment = os.environ | {"MONGO_URI": uri, "JWT_SECRET_KEY": secret, **settings}
    flask = shutil.which("flask", path=str(Path(sys.executable).parent))
    for command in (["deactivate"], ["activate"], ["erase", "--yes"]):
        with (root / "log").open("ab") as log:
            subprocess.run(
                [str(flask), "--app", "wsgi", *command, EMAIL],
                cwd=root,
                env=environment,
                stdout=subprocess.DEVNULL,
                stderr=log,
                check=True,
                timeout=60,
            )
