"""A transfer that dies at any one of its operations, or sleeps there while others go on."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from itertools import count
from typing import Any

from pymongo.errors import AutoReconnect, PyMongoError

from tests.payouts.transfers.sending import all_cents, go_on
from tests.support.books import entries_of, withdrawals_of
from tests.support.interleaving import around_operations, crashing, held_before
from tests.support.people import funded
from wallet_api import clock
from wallet_api.callers import ANY_EPOCH, Caller
from wallet_api.documents.wallet import Wallet
from wallet_api.documents.withdrawal import Withdrawal
from wallet_api.errors import Refusal
from wallet_api.money import MinorUnits
from wallet_api.movements.used_keys import recent
from wallet_api.withdrawals import service

AMOUNT = 3000
MOST_OPERATIONS = 60
TURNS = 12


class Pair:
    """Two wallets, and a transfer from one to the other."""

    def __init__(self) -> None:
        self.sender, self.recipient = funded(10_000), funded(0)

    def send(self) -> None:
        destination = f"wallet:{self.recipient}"
        asked = MinorUnits(AMOUNT)
        service.request(Caller(self.sender, ANY_EPOCH), asked, "INR", destination, "k")

    def refuse(self) -> None:
        Wallet.objects(user=self.recipient).update_one(set__active=False)

    def accept(self) -> None:
        Wallet.objects(user=self.recipient).update_one(set__active=True)

    def lease_is_over(self) -> None:
        """For whoever has taken the transfer up."""
        Withdrawal.objects(user=self.sender, due_at__exists=True).update_one(
            set__due_at=clock.now() - timedelta(seconds=1)
        )

    def goes_on(self) -> None:
        """Until nothing is due, by processes that remember nothing."""
        for _ in range(TURNS):
            recent.clear()
            self.lease_is_over()
            if not go_on() and not self.is_open():
                return

    def is_open(self) -> bool:
        return any("dueAt" in record for record in withdrawals_of(self.sender))

    def problems(self) -> list[str]:
        """What is wrong once all is done."""
        records = withdrawals_of(self.sender)
        arrived = [each["amountCents"] for each in entries_of(self.recipient)]
        back = [e["amountCents"] for e in entries_of(self.sender) if e["type"] == "refund"]
        expected = {"success": ([AMOUNT], []), "failed": ([], [AMOUNT])}
        found = []
        if records and (arrived, back) != expected.get(records[0]["status"]):
            found.append(f"{records[0]['status']}: arrived {arrived}, came back {back}")
        if len(records) > 1 or (not records and arrived):
            found.append(f"{len(records)} transfers")
        if (cents := all_cents(self.sender, self.recipient)) != 10_000:
            found.append(f"{cents} in all")
        return found


def killed_at_each_operation(*, after: bool, refused: bool = False) -> list[str]:
    found = []
    for n in count(1):
        assert n < MOST_OPERATIONS
        pair = Pair()
        if refused:
            pair.refuse()
        struck = crashing(n, after=after, action=pair.send)
        pair.goes_on()
        pair.send()
        pair.goes_on()
        found += [f"killed at {n}: {problem}" for problem in pair.problems()]
        if not struck:
            return found
    return found


class TroubleAt:
    """The n-th operation fails, after its effect; the process lives on."""

    def __init__(self, n: int) -> None:
        self.n, self.seen = n, 0

    def __call__(self, operation: Callable[[], Any]) -> Any:
        self.seen += 1
        result = operation()
        if self.seen == self.n:
            raise AutoReconnect("the answer is lost")
        return result


def in_trouble_at_each_operation() -> list[str]:
    """The answer to one operation is lost, and the request goes on as it can."""
    found = []
    for n in count(1):
        assert n < MOST_OPERATIONS
        pair, trouble = Pair(), TroubleAt(n)
        with around_operations(trouble), suppress(PyMongoError, Refusal):
            pair.send()
        pair.goes_on()
        pair.send()
        pair.goes_on()
        found += [f"trouble at {n}: {problem}" for problem in pair.problems()]
        if trouble.seen < n:
            return found
    return found


def asleep_at_each_operation(
    *, refused: bool = False, refused_meanwhile: bool = False
) -> list[str]:
    """The request sleeps past its lease, a worker does its work, and then it wakes up.

    `refused`: the recipient takes no money. `refused_meanwhile`: nor when the worker comes, but
    does again when the request wakes up.
    """
    found = []
    for n in count(1):
        assert n < MOST_OPERATIONS
        pair = Pair()
        if refused:
            pair.refuse()

        def meanwhile(pair: Pair = pair) -> None:
            if refused_meanwhile:
                pair.refuse()
            pair.goes_on()
            if refused_meanwhile:
                pair.accept()

        held = held_before(n, pair.send, meanwhile)
        pair.goes_on()
        found += [f"asleep at {n}: {problem}" for problem in pair.problems()]
        if not held:
            return found
    return found
