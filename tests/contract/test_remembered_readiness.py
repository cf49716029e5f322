"""That all is well is remembered for a second, so that probes are cheap; a failure never is."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask.testing import FlaskClient
from pymongo.database import Database
from pymongo.errors import AutoReconnect

from tests.support.commands import recorder
from wallet_api import database, database_watch
from wallet_api.health import readiness

pytestmark = pytest.mark.in_process("the commands of the test's own process are recorded")

PROBERS = 20


def test_probes_within_a_second_take_no_round_trip(client: FlaskClient) -> None:
    with recorder.recording() as first:
        client.get("/readyz")
    with recorder.recording() as later:
        answers = [client.get("/readyz") for _ in range(PROBERS)]

    assert len([command for command in first if "update" in command]) == 1
    assert later == []
    assert {answer.status_code for answer in answers} == {200}


def test_after_a_second_the_database_is_asked_again(client: FlaskClient) -> None:
    client.get("/readyz")
    time.sleep(readiness.REMEMBERED_SECONDS)

    with recorder.recording() as commands:
        client.get("/readyz")

    assert len([command for command in commands if "update" in command]) == 1


def test_probers_that_come_at_once_share_one_probe(client: FlaskClient) -> None:
    with recorder.recording() as commands, ThreadPoolExecutor(PROBERS) as pool:
        answers = list(pool.map(lambda _: readiness.failures(), range(PROBERS)))

    assert answers == [[]] * PROBERS
    assert len([command for command in commands if "update" in command]) == 1


def test_a_failure_is_not_remembered(client: FlaskClient, db: Database) -> None:
    db.wallets.drop_index("user_1")
    failed = client.get("/readyz")

    with recorder.recording() as commands:
        again = client.get("/readyz")
    database.ensure_indexes()
    mended = client.get("/readyz")

    assert (failed.status_code, again.status_code, mended.status_code) == (503, 503, 200)
    assert len([command for command in commands if "update" in command]) == 1


def test_a_trouble_that_a_request_meets_is_told_within_the_second(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: float) -> None:
        raise AutoReconnect("mongo-7.internal:27017: connection refused")

    well = client.get("/readyz")
    monkeypatch.setattr(database, "check_writable", refuse)

    unnoticed = client.get("/readyz")
    database_watch.notice(AutoReconnect("mongo-7.internal:27017: connection refused"))
    met = client.get("/readyz")

    assert (well.status_code, unnoticed.status_code, met.status_code) == (200, 200, 503)
