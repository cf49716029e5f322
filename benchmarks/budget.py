"""`python -m benchmarks.budget`: where the microseconds of one request go, layer by layer."""

import io
import json
import secrets
import time
from collections.abc import Callable
from statistics import mean, median
from typing import Any, NamedTuple
from unittest.mock import patch

from bson import ObjectId

from benchmarks import noop, past, servers
from benchmarks.arena import Arena, arena
from benchmarks.cases import NOOP, People
from benchmarks.limit_operations import Operations
from benchmarks.usage import cpu_seconds
from benchmarks.wrk import demand_wrk, drive
from wallet_api.config import settings
from wallet_api.movements.relay.copy import copy_outbox

TIMES, PARTS = 400, 15
AMPLE_CENTS = 10**12


def main() -> None:
    demand_wrk()
    with arena() as place:
        from wallet_api import database, schema_version
        from wallet_api.app import create_app

        app = create_app()
        user = ObjectId()
        token = past.people([user])[0].token
        database.ensure_indexes()
        schema_version.is_current()  # an empty database gets the present version
        past.insert(place.database, [user])
        print(f"{'CPU microseconds a request':<46}{'balance':>10}{'withdraw':>10}")
        flask = _cpu_us(lambda: _call(noop.app, "GET", "/noop"))
        _row("gunicorn: socket, parsing, threads", *[_gunicorn_us(place) - flask] * 2)
        with patch("wallet_api.documents.wallet.Wallet._get_collection", _Collection):
            balance = _cpu_us(lambda: _call(app, "GET", "/wallets", token))
            withdraw = _cpu_us(lambda: _call(app, "POST", "/withdrawals", token, _body()))
        _row("application: Flask, token, JSON, schemas, rules", balance, withdraw)
        bare = Operations(place.database, settings().outbox_limit)
        reading = _database_us(place, lambda: bare.balance(user, ""), times=100)
        _row(
            "PyMongo: the one round trip", reading.own, (writing := _writing(place, bare, user)).own
        )
        _row("mongod", reading.mongod, writing.mongod)
        copying = _copying(place, bare, user)
        _row(f"copying out, by {settings().relay_batch}: service", 0, copying.own)
        _row(f"copying out, by {settings().relay_batch}: mongod", 0, copying.mongod)
        print(f"Plain Flask takes {flask:.0f} for a route that does nothing.")


def _row(name: str, *values: float) -> None:
    print(f"{name:<46}" + "".join(f"{value:>10.0f}" for value in values))


def _cpu_us(work: Callable[[], Any]) -> float:
    """This process's CPU for each call: of several parts the median, since the machine is busy."""
    taken = []
    for _ in range(PARTS + 1):
        before = time.process_time()
        for _ in range(TIMES):
            work()
        taken.append((time.process_time() - before) / TIMES * 1e6)
    return median(taken[1:])


class _Used(NamedTuple):
    own: float
    mongod: float


def _database_us(
    place: Arena, work: Callable[[], Any], times: int, before: Callable[[], Any] | None = None
) -> _Used:
    """CPU of this process and of mongod for each call; what is done `before` does not count."""
    own, mongod = [], []
    for _ in range(max(PARTS, PARTS * TIMES // times // 10)):
        if before is not None:
            before()
        # Looking at mongod costs this process CPU: it is outside of what this one measures.
        mongod_before = cpu_seconds(place.mongod)
        own_before = time.process_time()
        for _ in range(times):
            work()
        own.append((time.process_time() - own_before) / times * 1e6)
        mongod.append((cpu_seconds(place.mongod) - mongod_before) / times * 1e6)
    # The mean of mongod's: it is told in steps of 10 ms.
    return _Used(median(own), mean(mongod))


def _writing(place: Arena, bare: Operations, user: ObjectId) -> _Used:
    def empty() -> None:
        copy_outbox(user)

    batch = settings().relay_batch
    return _database_us(place, lambda: bare.withdraw(user, secrets.token_hex(8)), batch, empty)


def _copying(place: Arena, bare: Operations, user: ObjectId) -> _Used:
    """For each movement, by the service's own relay."""
    batch = settings().relay_batch

    def fill() -> None:
        copy_outbox(user)
        for _ in range(batch):
            bare.withdraw(user, secrets.token_hex(8))

    whole = _database_us(place, lambda: copy_outbox(user), 1, fill)
    return _Used(whole.own / batch, whole.mongod / batch)


def _gunicorn_us(place: Arena) -> float:
    """The no-op's whole CPU, its Flask included."""
    nobody = NOOP.requests(People([], [], []), 0)
    with servers.noop(place.environment, place.folder / "noop.log") as server:
        drive(server.url, nobody, "", 1, 16)
        before = cpu_seconds(server.pid)
        load = drive(server.url, nobody, "", 4, 16)
        return (cpu_seconds(server.pid) - before) / load.requests * 1e6


def _body() -> bytes:
    return json.dumps({"amount": 1, "currency": "INR", "destination": "bank-account-0001"}).encode()


def _call(app: Any, method: str, path: str, token: str = "", body: bytes = b"") -> None:
    environ = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "SCRIPT_NAME": "",
        "QUERY_STRING": "",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "127.0.0.1",
        "HTTP_AUTHORIZATION": f"Bearer {token}",
        "HTTP_IDEMPOTENCY_KEY": secrets.token_hex(8),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
    }
    if body:
        environ |= {"CONTENT_TYPE": "application/json", "CONTENT_LENGTH": str(len(body))}
    statuses: list[str] = []
    answer = app(environ, lambda status, headers, *_: statuses.append(status))
    b"".join(answer)
    if hasattr(answer, "close"):
        answer.close()
    if statuses[0][0] != "2":
        raise SystemExit(f"benchmarks: {path} answered {statuses[0]}")


class _Collection:
    """Answers at once what a wallet in MongoDB would."""

    def find_one(self, *_: Any, **__: Any) -> dict[str, Any]:
        return {"currency": "INR", "balanceCents": AMPLE_CENTS, "active": True, "outbox": []}

    def find_one_and_update(self, *_: Any, **__: Any) -> dict[str, Any]:
        chain = {"sequence": 0}
        return {"balanceCents": AMPLE_CENTS, "sequence": 1, "chain": chain, "sealedFilters": 0}


if __name__ == "__main__":
    main()
