"""Users of the service under test, made by its own API."""

import http.client
import json
import secrets
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import urlsplit

from bson import ObjectId

AMOUNT_EACH = 10_000_000
"""Major units: more than a run can withdraw."""

THREADS = 8


@dataclass(frozen=True, slots=True)
class Person:
    id: ObjectId
    email: str
    password: str
    token: str


def join(url: str, how_many: int) -> list[Person]:
    """Register them, log them in, and fund their wallets."""
    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(lambda _: _one(url), range(how_many)))


def withdraw(url: str, person: Person, key: str | None = None) -> None:
    """One withdrawal of one major unit."""
    headers = {"Idempotency-Key": key} if key is not None else {}
    body = {"amount": 1, "currency": "INR", "destination": "bank-account-0001"}
    call(url, "/withdrawals", body, person.token, headers)


def withdraw_often(url: str, people: list[Person], times: int) -> None:
    """So many withdrawals by each of them."""

    def all_of(person: Person) -> None:
        for number in range(times):
            withdraw(url, person, f"before-{number}")

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(all_of, people))


def _one(url: str) -> Person:
    email = f"{secrets.token_hex(8)}@example.com"
    password = secrets.token_urlsafe(12)
    name = {"firstName": "Ada", "lastName": "Lovelace"}
    proof: dict[str, object] = {"email": email, "password": password}
    joined = call(url, "/auth/register", proof | name)
    token = call(url, "/auth/login", proof)["token"]
    call(url, "/wallets/deposit", {"amount": AMOUNT_EACH}, token)
    return Person(ObjectId(joined["userId"]), email, password, token)


def call(
    url: str,
    path: str,
    body: dict[str, object],
    token: str = "",
    headers: dict[str, str] | None = None,
) -> dict[str, str]:
    """The answer to one POST; anything but a 2xx ends the benchmark."""
    sent = {"Content-Type": "application/json", **(headers or {})}
    if token:
        sent["Authorization"] = f"Bearer {token}"
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
    try:
        connection.request("POST", path, json.dumps(body), sent)
        answer = connection.getresponse()
        content = answer.read()
    finally:
        connection.close()
    if answer.status // 100 != 2:
        raise SystemExit(f"benchmarks: {path} answered {answer.status}\n{content.decode()}")
    decoded: dict[str, str] = json.loads(content)
    return decoded
