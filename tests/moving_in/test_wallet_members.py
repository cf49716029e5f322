"""A wallet that lacks a member, or holds something else there, moves no money or answers for it.

No movement may commit whose answer cannot be built: the money would have moved, and nobody would
know. Each member of the wallet's document is tried, so that one that is added later is tried too.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from bson import ObjectId
from mongoengine import EmbeddedDocumentField
from pymongo.database import Database

from tests.support.batches import attempt_of
from tests.support.committing import Commit, commit_by
from tests.support.people import Person, funded
from wallet_api.documents.kinds import MovementKind
from wallet_api.documents.wallet import Wallet
from wallet_api.movements import Order
from wallet_api.movements import commit as alone
from wallet_api.movements.attempts import Attempt
from wallet_api.movements.commit import Committed
from wallet_api.movements.group_commit import group
from wallet_api.movements.used_keys import recent

pytestmark = [
    pytest.mark.in_process("the wallet is spoiled while the service knows it"),
    pytest.mark.lengthy,
]

FUNDS_CENTS = 100_00
MOVED = {200, 201}
DOCUMENTED = {400, 401, 404, 409, 422, 503}
"""Of refusals: nothing has moved."""


def members(document: Any, path: str = "") -> Iterator[str]:
    for field in document._fields.values():
        if field.db_field == "_id":
            continue
        yield path + field.db_field
        if isinstance(field, EmbeddedDocumentField):
            yield from members(field.document_type, f"{path}{field.db_field}.")


MISSING = object()
SPOILED = {"missing": MISSING, "null": None, "text": "x", "a list": ["x"], "a document": {"x": 1}}


class WithACent:
    """Commits in a batch with a cent for a wallet, which may be the attempt's own."""

    def __init__(self, user: ObjectId) -> None:
        self.user, self.cents = user, 0

    def __call__(self, attempt: Attempt) -> Committed | None:
        cent = attempt_of(Order(self.user, MovementKind.DEPOSIT, 1, "INR"))
        outcomes = group.commit_batch([cent, attempt])
        if isinstance(outcomes[0], Committed):
            self.cents += attempt.order.user == self.user
        if isinstance(outcomes[1], Exception):
            raise outcomes[1]
        return outcomes[1]


@pytest.fixture(params=["alone", "with another's", "with its own"])
def at_once(
    request: pytest.FixtureRequest, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> WithACent | None:
    """What commits beside the movement, if anything."""
    with_a_cent = None
    if request.param != "alone":
        with_a_cent = WithACent(funded(0) if request.param == "with another's" else alice.id)
    commit: Commit = with_a_cent or alone.commit
    commit_by(commit, monkeypatch)
    return with_a_cent


@pytest.mark.parametrize(
    ("key", "remembered"),
    [(None, True), ("a key", True), ("a key", False)],
    ids=["keyless", "keyed", "keyed, and new to the process"],
)
@pytest.mark.parametrize("member", list(members(Wallet)))
def test_a_spoiled_member_moves_no_money_or_is_answered_for(
    alice: Person,
    db: Database,
    at_once: WithACent | None,
    member: str,
    key: str | None,
    remembered: bool,
) -> None:
    alice.deposits(100)
    whole = db.wallets.find_one({"user": alice.id})
    for named, value in SPOILED.items():
        for call in alice.deposits, alice.withdraws:
            spoil(db, whole, member, value)
            recent.clear()
            if remembered:
                recent.wallets.put(alice.id, recent.WalletHint("INR", 0))
            before, cents = balance_of(db, alice.id), at_once.cents if at_once else 0

            answer = call(1, key)

            what = f"{named}: {answer.status_code} {answer.get_json()}"
            after = balance_of(db, alice.id)
            cents = at_once.cents - cents if at_once else 0
            assert answer.status_code in MOVED | DOCUMENTED, what
            if answer.status_code in MOVED:
                sign = 1 if call == alice.deposits else -1
                assert after - before == sign * 100 + cents, what
                assert answer.get_json()["balanceCents"] == after, what
            else:
                assert after == before or after - before == cents, what


def spoil(db: Database, whole: Any, member: str, value: Any) -> None:
    for name in "wallets", "withdrawals", "ledger_entries", "sealed_key_filters":
        db[name].delete_many({})
    db.wallets.insert_one(whole)
    change = {"$unset": {member: ""}} if value is MISSING else {"$set": {member: value}}
    db.wallets.update_one({"_id": whole["_id"]}, change)


def balance_of(db: Database, user: ObjectId) -> Any:
    wallet = db.wallets.find_one({"user": user}) or {}
    balance = wallet.get("balanceCents", 0)
    return balance if isinstance(balance, int) else 0
