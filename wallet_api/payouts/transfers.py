"""Transfers between wallets: payouts whose gateway is this very ledger."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bson import ObjectId
from pymongo import ReturnDocument

from wallet_api.callers import ANY_EPOCH
from wallet_api.database_trouble import trouble_in
from wallet_api.documents.kinds import MovementKind
from wallet_api.documents.ledger_entry import LedgerEntry
from wallet_api.documents.wallet import Wallet
from wallet_api.errors import (
    BalanceLimitExceeded,
    CurrencyMismatch,
    IdempotencyKeyReused,
    OutOfService,
    Unauthenticated,
    Unavailable,
    WalletFrozen,
)
from wallet_api.movements import Order, post
from wallet_api.movements.relay.copy import copy_outbox
from wallet_api.payouts.destinations import WALLET, Kind, NoDestination, parse
from wallet_api.payouts.gateway import Answer, CannotPay, Event, Forged, Payout, Traits, Verdict
from wallet_api.payouts.record import PayoutRecord

CANNOT_RECEIVE = "recipient_cannot_receive"
"""No such user, a deactivated or an erased one, too large a balance, a frozen or a damaged wallet:
which of these is nobody's business but the recipient's."""
OTHER_CURRENCY = "currency_differs"

TRAITS = Traits(
    name=WALLET,
    currencies=None,
    destinations=frozenset({Kind.WALLET}),
    key_life=timedelta(days=36_500),
    not_found_is_final_after=None,
)


@dataclass(frozen=True, slots=True)
class Transfer:
    """The gateway of one transfer: the recipient's wallet, which takes each withdrawal once."""

    record: PayoutRecord

    @property
    def traits(self) -> Traits:
        return TRAITS

    def check(self, amount_cents: int, currency: str, destination: str) -> None:
        try:
            parse(destination)
        except NoDestination as none:
            raise CannotPay(str(none)) from None

    def submit(self, payout: Payout) -> Answer:
        """One round trip, as a deposit with a key; where it is refused there, three more or so."""
        order = self.arrival()
        try:
            receipt = post(order)
        except CurrencyMismatch:
            return self.refused(order, OTHER_CURRENCY)
        except (BalanceLimitExceeded, OutOfService, Unauthenticated, WalletFrozen):
            return self.refused(order, CANNOT_RECEIVE)
        except IdempotencyKeyReused as reused:
            return Answer(
                verdict=Verdict.UNKNOWN, needs_review=f"it has arrived otherwise: {reused}"
            )
        except Unavailable:
            return Answer(verdict=Verdict.UNKNOWN)
        except Exception as error:
            if trouble_in(error) is None:
                raise
            return Answer(verdict=Verdict.UNKNOWN)
        return self._settled(receipt.id)

    def inquire(self, payout: Payout) -> Answer:
        """Two round trips, and those of a copy where the arrival waits in an outbox."""
        order = self.arrival()
        members = _waiting(order) | {"refusedTransfers": {"$elemMatch": {"$eq": order.withdrawal}}}
        wallet = Wallet._get_collection().find_one({"user": order.user}, members) or {}
        if (entry := _arrived(order, wallet)) is not None:
            return self._settled(entry)
        if wallet.get("refusedTransfers"):
            return Answer(verdict=Verdict.DECLINED, reason=CANNOT_RECEIVE)
        return Answer(verdict=Verdict.NOT_FOUND)

    def parse_callback(
        self, headers: Mapping[str, str], body: bytes, received_at: datetime
    ) -> Sequence[Event]:
        raise Forged

    def close(self) -> None:
        """There is no connection of its own."""

    def arrival(self) -> Order:
        """The movement of the recipient's wallet."""
        record = self.record
        return Order(
            user=ObjectId(parse(record.destination).account),
            kind=MovementKind.TRANSFER_IN,
            amount_cents=record.amount_cents,
            currency=record.currency,
            # By the withdrawal, and nothing else: however often it is sent, one arrives.
            key=str(record.id),
            withdrawal=record.id,
            counterpart=record.user,
            epoch=ANY_EPOCH,
        )

    def refused(self, order: Order, reason: str) -> Answer:
        """Declined, unless an earlier submission has arrived.

        One that another worker has begun may still arrive, when the recipient takes money again.
        So the wallet first notes that it takes nothing of this withdrawal any more, in the document
        whose update would commit it; then it is looked for. A worker who has taken it up as the
        first knows that there is no other.
        """
        wallets = Wallet._get_collection()
        if self.record.attempts[-1].fence == self.record.fence:
            wallet = wallets.find_one({"user": order.user}, _waiting(order))
        else:
            wallet = wallets.find_one_and_update(
                {"user": order.user},
                {"$addToSet": {"refusedTransfers": order.withdrawal}},
                _waiting(order),
                return_document=ReturnDocument.AFTER,
            )
        if (entry := _arrived(order, wallet or {})) is not None:
            return self._settled(entry)
        return Answer(verdict=Verdict.DECLINED, reason=reason)

    def _settled(self, entry: ObjectId) -> Answer:
        return Answer(
            verdict=Verdict.SETTLED,
            amount_cents=self.record.amount_cents,
            currency=self.record.currency,
            gateway_reference=str(entry),
        )


def _waiting(order: Order) -> dict[str, Any]:
    """Of the wallet's outbox, the arrival alone."""
    return {"outbox": {"$elemMatch": {"idempotencyKey": order.scoped_key}}}


def _arrived(order: Order, wallet: Mapping[str, Any]) -> ObjectId | None:
    """The ledger entry of the arrival; None: there is none.

    The wallet was read before: what had left its outbox by then is in the ledger. What waits there
    may still be lost in a failover, and counts once it is copied.
    """
    if wallet.get("outbox"):
        copy_outbox(order.user)
    wanted = {"user": order.user, "idempotencyKey": order.scoped_key}
    entry = LedgerEntry._get_collection().find_one(wanted, {"_id": 1})
    return None if entry is None else entry["_id"]
