"""Acknowledged means journaled and on a majority, whatever the URI asks for."""

import dataclasses

import pytest
from flask.testing import FlaskClient

from tests.support.commands import recorder
from tests.support.people import Person
from wallet_api import database
from wallet_api.config import settings

WEAK = ("w=1", "w=0", "journal=false", "w=1&journal=false&retryWrites=false&readPreference=nearest")


@pytest.mark.parametrize("options", WEAK)
def test_a_weak_uri_is_overruled(alice: Person, options: str) -> None:
    uri = settings().mongo_uri
    weak = dataclasses.replace(settings(), mongo_uri=f"{uri}?{options}")

    client = database.connect(weak)

    assert client.write_concern.document["w"] == "majority"
    assert client.write_concern.document["j"] is True
    assert client.options.retry_writes is True
    assert client.read_preference.mode == 0


@pytest.mark.parametrize("options", WEAK)
def test_money_moves_durably_under_a_weak_uri(alice: Person, options: str) -> None:
    uri = settings().mongo_uri
    database.connect(dataclasses.replace(settings(), mongo_uri=f"{uri}?{options}"))

    with recorder.recording() as commands:
        assert alice.deposits(10, "k").status_code == 200

    commit = commands[-1]
    assert next(iter(commit)) == "findAndModify"
    assert (commit["writeConcern"]["w"], commit["writeConcern"]["j"]) == ("majority", True)


@pytest.mark.usefixtures("both_commits")
def test_every_write_is_sent_with_that_concern(client: FlaskClient, alice: Person) -> None:
    with recorder.recording() as commands:
        alice.deposits(10, "k")
        alice.withdraws(5, "k")
        alice.withdraws(500, "k2")
        alice.get("/withdrawals")

    writes = [c for c in commands if next(iter(c)) in ("findAndModify", "insert", "update")]
    assert len(writes) > 5
    for command in writes:
        concern = dict(command["writeConcern"])
        assert concern.pop("wtimeout") > 0
        assert concern == {"w": "majority", "j": True}
