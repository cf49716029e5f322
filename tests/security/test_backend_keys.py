"""A back end acts for the company's users by its key: as far as its scopes, and no further."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from bson import ObjectId
from flask.testing import FlaskClient
from pymongo.database import Database
from werkzeug.test import TestResponse

from tests.mutants import Mutant, back_ends
from tests.support.back_ends import BackEnd, back_end
from tests.support.people import Person
from wallet_api import clock
from wallet_api.auth import service as auth
from wallet_api.backend_keys import known, service
from wallet_api.backend_keys.scopes import Scope
from wallet_api.backend_keys.secret import digest_of
from wallet_api.movements import wallets
from wallet_api.users import service as users


@pytest.fixture
def shop(client: FlaskClient) -> BackEnd:
    return back_end(client)


def told(answer: TestResponse) -> tuple[int, str]:
    return answer.status_code, answer.get_json().get("code", "")


def test_a_back_end_puts_money_in_sees_it_and_takes_it_out(shop: BackEnd, alice: Person) -> None:
    deposited = shop.deposits(alice.id, 100)
    withdrawn = shop.withdraws(alice.id, 30)

    assert (deposited.status_code, withdrawn.status_code) == (200, 201)
    assert shop.get("/wallets", alice.id).get_json()["balanceCents"] == 7000
    assert alice.balance() == 7000
    listed = shop.get("/withdrawals", alice.id).get_json()["data"]
    assert [each["id"] for each in listed] == [withdrawn.get_json()["id"]]


def test_it_acts_for_the_user_whom_it_names_and_no_other(
    shop: BackEnd, alice: Person, bob: Person
) -> None:
    shop.deposits(alice.id, 100)
    withdrawal = shop.withdraws(alice.id, 1).get_json()["id"]

    assert (alice.balance(), bob.balance()) == (9900, 0)
    assert told(shop.get(f"/withdrawals/{withdrawal}", bob.id)) == (404, "not_found")


@pytest.mark.parametrize("scope", [Scope.READ, Scope.WITHDRAWALS, Scope.USERS])
def test_without_the_scope_a_key_puts_nothing_in(
    client: FlaskClient, alice: Person, scope: Scope
) -> None:
    answer = back_end(client, scope).deposits(alice.id, 1)

    assert told(answer) == (403, "missing_scope")
    assert answer.get_json()["scope"] == "deposits"
    assert "`deposits`" in answer.get_json()["detail"]
    assert alice.balance() == 0


@pytest.mark.parametrize(
    ("header", "why"),
    [
        (None, "send On-Behalf-Of with the user's id"),
        ("", "must be one user's id"),
        ("alice@example.com", "must be one user's id"),
        ("6B046635861ACC021CD4E7EC", "must be one user's id"),
        ("6b046635861acc021cd4e7e", "must be one user's id"),
        ('{"$gt": ""}', "must be one user's id"),
        ("6b046635861acc021cd4e7ec, 6b046635861acc021cd4e7ec", "must be one user's id"),
    ],
)
def test_a_key_without_a_users_id_is_told_so(shop: BackEnd, header: str | None, why: str) -> None:
    answer = shop.get("/wallets", header)

    assert told(answer) == (400, "invalid_on_behalf_of")
    assert "On-Behalf-Of" in answer.get_json()["detail"]
    assert why in answer.get_json()["detail"]


def test_for_an_unknown_deactivated_or_erased_user_it_can_do_nothing_and_is_told_why(
    shop: BackEnd, alice: Person, bob: Person
) -> None:
    users.set_active("alice@example.com", False)
    auth.erase("bob@example.com")
    nobody = ObjectId()

    for user, why in ((alice.id, "deactivated"), (bob.id, "erased"), (nobody, "there is no user")):
        for answer in (
            shop.get("/wallets", user),
            shop.get("/wallets/statement", user),
            shop.deposits(user, 1),
            shop.withdraws(user, 1, "k"),
        ):
            assert told(answer) == (403, "user_unavailable")
            assert answer.get_json()["detail"].startswith("On-Behalf-Of: ")
            assert why in answer.get_json()["detail"]


def test_with_a_users_token_the_header_is_refused_and_not_ignored(
    alice: Person, bob: Person
) -> None:
    alice.deposits(100)

    for user in (alice, bob):
        headers = alice.headers() | {"On-Behalf-Of": str(user.id)}
        body = {"amount": 1, "destination": "bank-1"}
        answer = alice.client.post("/withdrawals", json=body, headers=headers)
        assert told(answer) == (400, "invalid_on_behalf_of")
    assert alice.balance() == 10_000


def test_no_other_token_is_a_key(client: FlaskClient, shop: BackEnd, alice: Person) -> None:
    last = "0" if shop.secret[-1] != "0" else "1"
    for secret in (
        f"{shop.secret[:-1]}{last}",
        f"{shop.secret},{shop.secret}",
        shop.secret.upper(),
        f"wk_{alice.token}",
        "wk_",
        "wk_" + "0" * 72,
        shop.secret.removeprefix("wk_"),
        shop.secret.replace("wk_", "wr_"),
    ):
        answer = BackEnd("", secret, client).deposits(alice.id, 1)
        assert told(answer) == (401, "unauthenticated"), secret
        assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert alice.balance() == 0


@pytest.mark.in_process("holds the clock")
def test_an_expired_key_stops_at_its_instant(
    client: FlaskClient, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    expires_at = clock.now() + timedelta(hours=1)
    shop = back_end(client, expires_at=expires_at)
    moment = timedelta(milliseconds=1)

    monkeypatch.setattr(clock, "now", lambda: expires_at - moment)
    before = shop.get("/wallets", alice.id)
    monkeypatch.setattr(clock, "now", lambda: expires_at)
    after = shop.get("/wallets", alice.id)

    assert before.status_code == 200
    assert told(after) == (401, "unauthenticated")


@pytest.mark.in_process("makes its process read the key anew")
def test_a_revoked_key_opens_nothing(shop: BackEnd, alice: Person) -> None:
    assert shop.deposits(alice.id, 1).status_code == 200

    first = service.revoke(shop.name)
    known.forget()

    assert told(shop.deposits(alice.id, 1)) == (401, "unauthenticated")
    assert service.revoke(shop.name) == first, "of a second time, the first instant is told"
    assert alice.balance() == 100


def test_what_ends_the_users_logins_does_not_end_the_back_end(shop: BackEnd, alice: Person) -> None:
    wallets.end_logins(alice.id)

    assert alice.get("/wallets").status_code == 401
    assert shop.deposits(alice.id, 1).status_code == 200
    assert shop.withdraws(alice.id, 1).status_code == 201


def test_the_database_holds_no_secret(shop: BackEnd, db: Database) -> None:
    (stored,) = db.backendKeys.find()

    assert shop.secret not in str(stored)
    assert shop.secret.removeprefix("wk_")[:64] not in str(stored)
    assert stored["digest"] == digest_of(shop.secret)
    assert stored["scopes"] == ["deposits", "read", "users", "withdrawals"]


CAUGHT_BY: dict[Mutant, Callable[..., None]] = {
    back_ends.any_scope_opens_all: test_without_the_scope_a_key_puts_nothing_in,
    back_ends.the_header_of_a_user_is_ignored: (
        test_with_a_users_token_the_header_is_refused_and_not_ignored
    ),
    back_ends.an_expiry_is_read_and_not_looked_at: test_an_expired_key_stops_at_its_instant,
}


@pytest.mark.in_process("breaks its process")
@pytest.mark.parametrize("mutant", CAUGHT_BY, ids=lambda mutant: mutant.__name__)
def test_a_guard_that_is_broken_is_seen(
    client: FlaskClient,
    alice: Person,
    bob: Person,
    monkeypatch: pytest.MonkeyPatch,
    mutate: Callable[[Mutant], None],
    mutant: Mutant,
) -> None:
    broken = CAUGHT_BY[mutant]
    given = {"client": client, "alice": alice, "bob": bob, "scope": Scope.READ}
    given["monkeypatch"] = monkeypatch
    mutate(mutant)

    with pytest.raises(AssertionError):
        broken(**{name: given[name] for name in broken.__annotations__ if name in given})
