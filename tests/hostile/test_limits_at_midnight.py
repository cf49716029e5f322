"""Fifty clients of two processes race for what a day allows, while midnight passes."""

import struct
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from bson import ObjectId
from flask import Flask

from tests.conftest import FOR_TESTS
from tests.faults.clients import Connection
from tests.faults.service import Service
from tests.mutants import SELECTED, limits
from tests.support.books import assert_books_balance
from tests.support.people import someone
from wallet_api.documents.wallet import Wallet
from wallet_api.embedded_mongo import EmbeddedMongo

pytestmark = [
    pytest.mark.lengthy,
    pytest.mark.in_process("starts a service of its own, with settings of its own"),
]

CLIENTS = 50
PER_DAY = 30
"""Withdrawals are of 1.00."""
START_SECONDS = 12
"""In which the service is up, on a busy machine too."""
ZONE = "Test/Soon"


def zone_with_midnight_at(instant: datetime, folder: Path) -> None:
    """A time zone as the system has them (RFC 9636), whose next midnight is then."""
    seconds = instant.hour * 3600 + instant.minute * 60 + instant.second
    offset = -seconds if seconds <= 43200 else 86400 - seconds
    hours, rest = divmod(abs(offset), 3600)
    sign = "-" if offset > 0 else "+"  # POSIX counts westwards
    footer = f"<SOON>{sign}{hours:02}:{rest // 60:02}:{rest % 60:02}"
    block = struct.pack(">4sc15x6l", b"TZif", b"2", 0, 0, 0, 0, 1, 5)
    block += struct.pack(">lBB", offset, 0, 0) + b"SOON\0"
    path = folder / ZONE
    path.parent.mkdir(parents=True)
    path.write_bytes(block * 2 + f"\n{footer}\n".encode())


@dataclass(frozen=True)
class Race:
    """What came of it."""

    midnight: datetime
    paid: list[dict[str, Any]]
    refused: list[dict[str, Any]]
    user: ObjectId

    def paid_by_day(self) -> list[int]:
        second = sum(datetime.fromisoformat(p["createdAt"]) >= self.midnight for p in self.paid)
        return [len(self.paid) - second, second]


def raced(app: Flask, mongo: EmbeddedMongo, folder: Path, **hooks: str) -> Race:
    """All clients withdraw from one wallet, from two seconds before midnight to two after."""
    rich = someone(app.test_client(), "rich@example.com")
    assert rich.deposits(1000).status_code == 200
    midnight = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=START_SECONDS + 3)
    zone_with_midnight_at(midnight, folder / "zones")
    settings = FOR_TESTS | {
        "WORKERS": "2",
        "RELAY_BATCH": "64",
        "OUTBOX_LIMIT": "256",
        "LIMIT_PER_DAY": f"INR:{PER_DAY}",
        "LIMIT_TIME_ZONE": ZONE,
        "PYTHONTZPATH": str(folder / "zones"),
    }
    service = Service(mongo.uri, folder / "log", hooks=hooks, settings=settings)
    keys, start = count(), Barrier(CLIENTS)

    def withdraw_until_the_next_day() -> list[tuple[int, Any]]:
        connection, answers = Connection(service.port), []
        start.wait(20)
        while datetime.now(UTC) < midnight + timedelta(seconds=2):
            body = {"amount": 1, "destination": "bank"}
            key = f"k{next(keys)}"
            answers.append(connection.call("POST", "/withdrawals", body, rich.token, key))
        return answers

    service.start()
    try:
        service.wait(START_SECONDS)
        assert len(service.workers()) == 2
        time.sleep(max(0.0, (midnight - datetime.now(UTC)).total_seconds() - 2))
        with ThreadPoolExecutor(CLIENTS) as pool:
            turns = [pool.submit(withdraw_until_the_next_day) for _ in range(CLIENTS)]
            answers = [answer for turn in turns for answer in turn.result(60)]
    finally:
        service.kill_tree()
    paid = [body for status, body in answers if status == 201]
    refused = [body for status, body in answers if status != 201]
    return Race(midnight, paid, refused, rich.id)


def test_no_race_passes_the_limit_of_a_day(
    app: Flask, mongo: EmbeddedMongo, tmp_path: Path
) -> None:
    race = raced(app, mongo, tmp_path)

    assert race.paid_by_day() == [PER_DAY, PER_DAY]
    assert {each["code"] for each in race.refused} == {"limit_exceeded"}
    assert all(each["leftCents"] == 0 for each in race.refused)
    renewals = {datetime.fromisoformat(each["renewsAt"]) for each in race.refused}
    assert renewals == {race.midnight, race.midnight + timedelta(days=1)}
    assert_books_balance(race.user)
    wallet = Wallet._get_collection().find_one({"user": race.user}) or {}
    assert list(wallet["spent"].values()) == [{"cents": 100 * PER_DAY, "count": PER_DAY}] * 2


def test_a_limit_that_is_looked_at_before_loses_the_race(
    app: Flask, mongo: EmbeddedMongo, tmp_path: Path
) -> None:
    race = raced(app, mongo, tmp_path, **{SELECTED: limits.look_then_withdraw.__name__})

    assert max(race.paid_by_day()) > PER_DAY
