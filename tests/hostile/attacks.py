"""What one cheap client can do to a service: each attack a process of its own, for some seconds."""

import http.client
import itertools
import json
import os
import selectors
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
PASSWORD = "correct horse battery"


@dataclass
class Target:
    port: int
    seconds: float
    number: int
    """Of clients at once."""
    token: str
    """Of the attacker's own wallet."""
    seen: "Counter[str]" = field(default_factory=Counter)
    """What became of the attacker's requests."""

    def __post_init__(self) -> None:
        self.ends = time.monotonic() + self.seconds

    @property
    def goes_on(self) -> bool:
        return time.monotonic() < self.ends

    def written(self, target: str) -> bytes:
        lines = f"GET {target} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self.token}\r\n\r\n"
        return lines.encode()


def silent(target: Target) -> None:
    """Connections that never say a word, opened again as soon as they are closed."""
    _stay(target, b"")


def half_sent(target: Target) -> None:
    """Requests whose heads never end."""
    _stay(target, b"GET /healthz HTTP/1.1\r\nHost: x\r\nX: ")


def without_body(target: Target) -> None:
    """Requests whose bodies never come."""
    head = "POST /wallets/deposit HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    _stay(
        target, f"{head}Authorization: Bearer {target.token}\r\nContent-Length: 9\r\n\r\n".encode()
    )


def kept_open(target: Target) -> None:
    """Connections that are idle after one answer."""
    _stay(target, b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")


def slow_statements(target: Target) -> None:
    """A kilobyte every three seconds of a long statement."""
    _stay(target, target.written("/wallets/statement"), read=1024, pause=3.0)


def slow_assets(target: Target) -> None:
    """The same of a large answer that anybody may ask for."""
    _stay(target, target.written("/openapi.json") * 20, read=1024, pause=3.0, every=0.01)


def fast_statements(target: Target) -> None:
    """Long statements, read as fast as they come."""
    headers = {"Authorization": f"Bearer {target.token}"}
    _ask(target, lambda: ("GET", "/wallets/statement", None, headers))


def registrations(target: Target) -> None:
    _ask(target, lambda: _posted("/auth/register", _person()))


def wrong_logins(target: Target) -> None:
    _ask(target, lambda: _posted("/auth/login", {k: _person()[k] for k in ("email", "password")}))


def deposits(target: Target) -> None:
    headers = {"Authorization": f"Bearer {target.token}", "Content-Type": "application/json"}
    _ask(target, lambda: ("POST", "/wallets/deposit", '{"amount": 1}', headers))


ATTACKS: dict[str, Callable[[Target], None]] = {
    attack.__name__: attack
    for attack in (
        *(silent, half_sent, without_body, kept_open, slow_statements, slow_assets),
        *(fast_statements, registrations, wrong_logins, deposits),
    )
}


@contextmanager
def attacking(
    name: str, port: int, number: int, seconds: float, token: str
) -> Iterator["subprocess.Popen[str]"]:
    """The attack goes on within; afterwards its process says what it saw."""
    process = subprocess.Popen(
        [sys.executable, "-m", __name__, name, str(port), str(number), str(seconds), token],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


_numbers = itertools.count(1)


def _person() -> dict[str, str]:
    email = f"attacker-{os.getpid()}-{next(_numbers)}@example.com"
    return {"firstName": "A", "lastName": "B", "email": email, "password": PASSWORD}


def _posted(path: str, body: dict[str, str]) -> tuple[str, str, str, dict[str, str]]:
    return "POST", path, json.dumps(body), {"Content-Type": "application/json"}


def _stay(
    target: Target, sent: bytes, read: int = 65536, pause: float = 0.1, every: float = 0
) -> None:
    """Keep so many connections open, each of which has sent this and reads so much at a time.

    `every`: seconds from one to the next, where what they ask for at once would be an attack of its
    own.
    """
    poller = selectors.DefaultSelector()
    clients: set[socket.socket] = set()
    while target.goes_on:
        for _ in range(target.number - len(clients)):
            client = socket.socket()
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, min(read, 2048))
            client.settimeout(0.02)
            try:
                client.connect(("127.0.0.1", target.port))
                client.sendall(sent)
            except OSError:
                client.close()
                target.seen["not taken"] += 1
                break
            client.setblocking(False)
            clients.add(client)
            poller.register(client, selectors.EVENT_READ)
            target.seen["opened"] += 1
            time.sleep(every)
        for key, _ in poller.select(0.05):
            client = key.fileobj  # type: ignore[assignment]
            part = b""
            with suppress(BlockingIOError, ConnectionError):
                part = client.recv(read)
            if not part:
                poller.unregister(client)
                client.close()
                clients.discard(client)
                target.seen["closed"] += 1
        time.sleep(min(pause, max(0.0, target.ends - time.monotonic())))
    target.seen["open at the end"] = len(clients)


def _ask(
    target: Target, request: Callable[[], tuple[str, str, str | None, dict[str, str]]]
) -> None:
    """So many clients, each of which sends its next request once it has the answer to its last."""

    def client() -> None:
        while target.goes_on:
            connection = http.client.HTTPConnection("127.0.0.1", target.port, timeout=60)
            try:
                while target.goes_on:
                    since = time.monotonic()
                    connection.request(*request())
                    answer = connection.getresponse()
                    answer.read()
                    target.seen[str(answer.status)] += 1
                    target.seen["worst ms"] = max(
                        target.seen["worst ms"], int(1000 * (time.monotonic() - since))
                    )
                    if answer.status in (429, 503):
                        time.sleep(0.05)
            except (OSError, http.client.HTTPException) as error:
                target.seen[type(error).__name__] += 1
            finally:
                connection.close()

    threads = [threading.Thread(target=client, daemon=True) for _ in range(target.number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, target.ends + 45 - time.monotonic()))


if __name__ == "__main__":
    name, port, number, seconds, token = sys.argv[1:]
    target = Target(int(port), float(seconds), int(number), token)
    ATTACKS[name](target)
    print(json.dumps(target.seen))
