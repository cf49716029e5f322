"""People who withdraw, send their requests again, and sometimes cancel."""

import http.client
import random
import threading
from dataclasses import dataclass, field
from typing import Any

from tests.faults.clients import Connection

USERS = 8
START = 1_000_000
"""Major units, which no run of ours uses up."""

PATIENCE = 60
"""Times that a request is sent until it is answered."""


@dataclass
class Asked:
    user: int
    key: str
    amount_cents: int
    ids: set[str] = field(default_factory=set)
    """Of every answer to it: one at most."""


class Crowd:
    def __init__(self, port: int, seed: int) -> None:
        self._port, self._seed = port, seed
        self.tokens = [self._joins(user) for user in range(USERS)]
        self.asked: list[Asked] = []

    def withdraw(self, count: int, clients: int) -> None:
        """`count` withdrawals by so many clients at once; returns once each is answered."""
        asked = [
            Asked(number % USERS, f"k{number}", random.Random(number).randint(100, 9900))
            for number in range(count)
        ]
        self.asked += asked
        threads = [
            threading.Thread(target=self._work, args=(asked[each::clients], each))
            for each in range(clients)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def balance_cents(self, user: int) -> int:
        _, wallet = Connection(self._port).call("GET", "/wallets", token=self.tokens[user])
        cents: int = wallet["balanceCents"]
        return cents

    def _joins(self, user: int) -> str:
        connection = Connection(self._port)
        who = {"email": f"payee{user}-{self._seed}@example.com", "password": "correct horse 1"}
        names = {"firstName": "A", "lastName": "B"}
        connection.call("POST", "/auth/register", who | names)
        token: str = connection.call("POST", "/auth/login", who)[1]["token"]
        status, told = connection.call(
            "POST", "/wallets/deposit", {"amount": START}, token, "start"
        )
        assert status == 200, told
        return token

    def _work(self, mine: list[Asked], number: int) -> None:
        connection = Connection(self._port, 15)
        choose = random.Random(f"{self._seed}-{number}")
        for each in mine:
            told = self._insist(connection, each)
            if choose.random() < 0.1:
                self._insist(connection, each)
            if choose.random() < 0.05:
                self._cancel(connection, each, told["id"])

    def _insist(self, connection: Connection, each: Asked) -> Any:
        body = {"amountCents": each.amount_cents, "destination": f"acct-{each.key}"}
        for _ in range(PATIENCE):
            try:
                status, told = connection.call(
                    "POST", "/withdrawals", body, self.tokens[each.user], each.key
                )
            except (OSError, http.client.HTTPException):
                continue
            if status == 201:
                each.ids.add(told["id"])
                return told
            assert status in (409, 429, 500, 503), told
            threading.Event().wait(0.2)
        raise AssertionError(f"{each.key} is never answered")

    def _cancel(self, connection: Connection, each: Asked, withdrawal: str) -> None:
        path = f"/withdrawals/{withdrawal}/cancel"
        try:
            connection.call("POST", path, None, self.tokens[each.user])
        except (OSError, http.client.HTTPException):
            return  # whatever became of it, the books at the end say it
