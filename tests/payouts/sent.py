"""A withdrawal on its way, as an operator meets it."""

from typing import Any

from bson import ObjectId
from werkzeug.test import TestResponse

from tests.payouts.paying import Paying
from tests.support.books import entries_of, sweep_everything
from wallet_api import clock
from wallet_api.documents.withdrawal import Withdrawal


def id_of(created: TestResponse) -> str:
    id_: str = created.get_json()["id"]
    return id_


def record(created: TestResponse) -> dict[str, Any]:
    found = Withdrawal._get_collection().find_one({"_id": ObjectId(id_of(created))})
    assert found is not None
    return found


class Sent:
    """A withdrawal of 30.00 by somebody who had 100.00."""

    def __init__(self, paying: Paying, *behaviours: str, runs: bool = True) -> None:
        self.person = paying.person(100)
        self.created = self.person.withdraws(30, destination="acct-1")
        self.id = id_of(self.created)
        if behaviours:
            paying.behaves(self.created, *behaviours)
        if runs:
            paying.run()
        else:
            sweep_everything()

    @property
    def record(self) -> dict[str, Any]:
        return record(self.created)

    def balance(self) -> int:
        return self.person.balance()

    def made_due(self) -> None:
        """Now, and nobody is at it."""
        change = {"$set": {"dueAt": clock.now()}, "$unset": {"fence": ""}}
        finished = {"status": "failed", "refund": "paid"}
        Withdrawal._get_collection().update_one(
            {"_id": ObjectId(self.id), "$nor": [finished]}, change
        )

    def refunds(self) -> int:
        return sum(entry["type"] == "refund" for entry in entries_of(self.person.id))
