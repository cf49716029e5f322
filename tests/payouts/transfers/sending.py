"""People who send each other money, and what the two wallets say of it."""

from typing import Any

from bson import ObjectId
from werkzeug.test import TestResponse

from tests.support.books import entries_of, sweep_everything
from tests.support.people import Person
from wallet_api.documents.wallet import Wallet
from wallet_api.payouts import worker


def to(person: Person) -> str:
    return f"wallet:{person.id}"


def sends(sender: Person, amount: Any, recipient: Person, key: str | None = None) -> TestResponse:
    return sender.withdraws(amount, key, destination=to(recipient))


def arrivals(person: Person) -> list[int]:
    """Minor units, of every transfer that has come."""
    sweep_everything()
    return [e["amountCents"] for e in entries_of(person.id) if e["type"] == "transfer_in"]


def all_cents(*users: ObjectId) -> int:
    found = Wallet._get_collection().find({"user": {"$in": list(users)}})
    return sum(wallet["balanceCents"] for wallet in found)


def go_on() -> int:
    """What the relay and a worker do."""
    sweep_everything()
    return worker.run_once()
