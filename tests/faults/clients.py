"""Real clients over HTTP: random deposits, withdrawals, replays and lists, all written down."""

import http.client
import json
import random
import threading
import time
from contextlib import suppress
from typing import Any

from tests.faults.journal import ACCEPTED, REFUSED, Asked, Journal, Told

USERS = 4
QUIET_USER = USERS
"""One whom the crowd leaves alone: nothing else of theirs moves."""
START_CENTS = 100_000
ANSWER_SECONDS = 25.0


class Connection:
    """One kept-alive connection, made again whenever it breaks."""

    def __init__(self, port: int, timeout: float = ANSWER_SECONDS) -> None:
        self._port, self._timeout = port, timeout
        self._connection: http.client.HTTPConnection | None = None
        self.replayed = False
        """Whether the latest answer was of a movement that had been made before."""

    def call(
        self, method: str, path: str, body: Any = None, token: str = "", key: str | None = None
    ) -> tuple[int, Any]:
        """Raises OSError, HTTPException: nobody knows what has happened."""
        headers = {"Content-Type": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        if key is not None:
            headers["Idempotency-Key"] = key
        if self._connection is None:
            self._connection = http.client.HTTPConnection(
                "127.0.0.1", self._port, timeout=self._timeout
            )
        try:
            payload = None if body is None else json.dumps(body)
            self._connection.request(method, path, payload, headers)
            answer = self._connection.getresponse()
            self.replayed = answer.getheader("Idempotent-Replayed") == "true"
            return answer.status, json.loads(answer.read())
        except BaseException:
            self._connection.close()
            self._connection = None
            raise


class Crowd:
    """A few users, each used by several clients at once."""

    def __init__(self, port: int, journal: Journal, seed: int, *, keyless_retry: bool = False):
        self.journal, self.tokens = journal, []
        self.port, self._seed, self._keyless_retry = port, seed, keyless_retry
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self._register()

    def _register(self) -> None:
        connection = Connection(self.port)
        for user in range(USERS + 1):
            who = {"email": f"u{user}-{self._seed}@example.com", "password": "correct horse 1"}
            names = {"firstName": "A", "lastName": "B"}
            # Where the fault is built in, it strikes here already.
            while connection.call("POST", "/auth/register", who | names)[0] not in (201, 409):
                time.sleep(0.1)
            while "token" not in (login := connection.call("POST", "/auth/login", who)[1]):
                time.sleep(0.1)
            self.tokens.append(login["token"])
            first = self.journal.asks(
                Asked(user, "/wallets/deposit", {"amount": START_CENTS / 100}, "start")
            )
            while self.send(connection, first) is None:
                time.sleep(0.1)

    def start(self, clients: int) -> None:
        for number in range(clients):
            thread = threading.Thread(target=self._live, args=(number,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(4 * ANSWER_SECONDS)

    def send(self, connection: Connection, asked: Asked) -> Told | None:
        """Send it once more; None where nobody knows what has happened."""
        try:
            status, answer = connection.call(
                "POST", asked.path, asked.body, self.tokens[asked.user], asked.key
            )
        except (OSError, http.client.HTTPException, ValueError):
            self.journal.counts(unknown=True)
            asked.unanswered += 1
            return None
        self.journal.counts(unknown=status == 503)
        if status >= 500:
            if status != 503:
                self.journal.accuses(f"C7: {status} to {asked.key}: {answer}")
            asked.told_unavailable = True
            return None
        told = Told(status, answer.get("id"), answer.get("balanceCents"))
        if status not in ACCEPTED and not (
            status == REFUSED and answer.get("code") == "insufficient_funds"
        ):
            self.journal.accuses(f"unexpected {status} to {asked.key}: {answer}")
        first = asked.acknowledged
        if first is not None and told != first:
            self.journal.accuses(f"C3: {asked.key} was told {first}, and then {told}")
        only_unanswered = first is None and asked.unanswered and not asked.told_unavailable
        if only_unanswered and connection.replayed:
            # It was one of those that moved it, and its answer never left.
            self.journal.drops()
        asked.told.append(told)
        self.journal.answered_at.append(time.monotonic())
        return told

    def _live(self, number: int) -> None:
        choose = random.Random(self._seed * 1000 + number)
        connection, mine = Connection(self.port), 0
        while not self._stop.is_set():
            user, cents = choose.randrange(USERS), choose.randint(1, 3000)
            kind = choose.random()
            if kind < 0.1:
                with suppress(OSError, http.client.HTTPException, ValueError):
                    connection.call("GET", "/wallets/transactions", token=self.tokens[user])
                continue
            body: dict[str, Any] = {"amount": cents / 100}
            path = "/wallets/deposit"
            if kind < 0.7:
                path, body = "/withdrawals", body | {"destination": "bank"}
            mine += 1
            asked = self.journal.asks(Asked(user, path, body, f"c{number}-{mine}"))
            self._insist(connection, asked, choose)
            if choose.random() < 0.15:
                self.send(connection, asked)

    def _insist(self, connection: Connection, asked: Asked, choose: random.Random) -> None:
        for _ in range(choose.randint(1, 4)):
            if self.send(connection, asked) is not None or self._stop.is_set():
                return
            if self._keyless_retry:
                asked.keys += 1
                asked.key += "+"
            self._stop.wait(0.2)
