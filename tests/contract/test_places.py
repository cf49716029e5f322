"""A process sends so many statements at once, and so many of one user: what comes then is told."""

import json

import pytest
from werkzeug.test import TestResponse

from tests.support.people import Person
from wallet_api.documents.ledger_entry import LedgerEntry
from wallet_api.errors import Busy, TooManyAtOnce
from wallet_api.ledger import routes
from wallet_api.places import Places


@pytest.fixture
def places(monkeypatch: pytest.MonkeyPatch) -> Places:
    found = Places(total=3, of_one_client=2)
    monkeypatch.setattr(routes, "PLACES", found)
    return found


def test_a_client_has_its_share_and_all_have_no_more_than_there_are(places: Places) -> None:
    with places.one_for("a"), places.one_for("a"):
        with pytest.raises(TooManyAtOnce), places.one_for("a"):
            pass
        with places.one_for("b"), pytest.raises(Busy), places.one_for("c"):
            pass


def test_a_place_is_free_again_and_its_client_forgotten(places: Places) -> None:
    for client in range(10):
        with places.one_for(client):
            pass

    assert places.taken == 0


def begun(person: Person, **headers: str) -> TestResponse:
    """A statement of which nothing has been read."""
    return person.get("/wallets/statement", **headers)


@pytest.mark.in_process("the places are counted in the process of the test")
class TestStatements:
    def test_one_too_many_of_a_user_is_told_when_to_come_again(
        self, alice: Person, places: Places
    ) -> None:
        sent = [begun(alice), begun(alice, Accept="text/csv")]

        refused = begun(alice)
        for each in sent:
            each.close()

        assert [each.status_code for each in sent] == [200, 200]
        assert (refused.status_code, refused.headers["Retry-After"]) == (429, "1")
        assert json.loads(refused.data)["code"] == "too_many_at_once"
        assert begun(alice).status_code == 200

    def test_another_user_has_places_too_until_none_is_free(
        self, alice: Person, bob: Person, places: Places
    ) -> None:
        sent = [begun(alice), begun(alice), begun(bob)]

        refused = begun(bob)
        for each in sent:
            each.close()

        assert [each.status_code for each in sent] == [200, 200, 200]
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "1")
        assert json.loads(refused.data)["code"] == "busy"

    def test_a_statement_that_fails_or_is_only_asked_about_keeps_no_place(
        self, alice: Person, places: Places, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for _ in range(5):
            alice.client.head("/wallets/statement", headers=alice.headers()).close()
            alice.get("/wallets/statement?from=2999-01-01T00:00:00Z").close()
        monkeypatch.setattr(LedgerEntry, "objects", None)
        for _ in range(5):
            alice.get("/wallets/statement").close()

        assert places.taken == 0
