"""Whether what has left one wallet by a transfer has arrived in another, or is on its way."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from bson import ObjectId

from wallet_api.audit.differences import DIFFERENCES_PER_WALLET, Difference, Findings
from wallet_api.audit.lenient import collection
from wallet_api.audit.wallet_as_read import WalletAsRead
from wallet_api.documents.kinds import MovementKind, RefundState, WithdrawalStatus
from wallet_api.documents.ledger_entry import LedgerEntry
from wallet_api.documents.wallet import Wallet
from wallet_api.documents.withdrawal import Withdrawal
from wallet_api.payouts.destinations import TO_A_WALLET, WALLET

BATCH = 1000
"""So many transfers are looked up at once."""

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Arrival:
    """An entry or a movement `transfer_in`, of which the sender's record must know."""

    user: ObjectId
    source: Document
    currency: str

    @property
    def id(self) -> Any:
        return self.source.get("_id") or self.source.get("id")

    @property
    def withdrawal(self) -> Any:
        return self.source.get("withdrawal")


@dataclass(frozen=True, slots=True)
class Departure:
    """The record of a transfer. What has failed, and arrived all the same, is the arrival's."""

    user: ObjectId
    record: Document
    currency: str

    @property
    def recipient(self) -> ObjectId | None:
        digits = str(self.record.get("destination")).removeprefix(TO_A_WALLET)
        return ObjectId(digits) if ObjectId.is_valid(digits) else None

    @property
    def key(self) -> str:
        return key_of(self.record["_id"])


@dataclass(slots=True)
class Transfers:
    """Those of one wallet, or of some, that are still to be compared with the other side."""

    arrivals: list[Arrival] = field(default_factory=list)
    departures: list[Departure] = field(default_factory=list)

    def include(self, others: "Transfers") -> None:
        self.arrivals += others.arrivals
        self.departures += others.departures

    @property
    def are_many(self) -> bool:
        return len(self.arrivals) + len(self.departures) >= BATCH

    def compared(self) -> Iterator[Difference]:
        """What differs. They are forgotten. Round trips and errors as `differences`."""
        arrivals, departures = self.arrivals, self.departures
        self.arrivals, self.departures = [], []
        yield from differences(arrivals, departures)


class TransferMatch:
    """The transfers of a wallet, as they are read; however many, BATCH of them are kept."""

    def __init__(self, wallet: WalletAsRead, found: Findings) -> None:
        self.under_way_cents = 0
        self.back_cents = 0
        self.transfers = Transfers()
        self._user, self._currency, self._found = wallet.user, wallet.currency, found

    def move(self, kind: str, source: Document) -> None:
        """Of the wallet's ledger, or of its outbox."""
        if kind == MovementKind.TRANSFER_IN:
            self.transfers.arrivals.append(Arrival(self._user, source, self._currency))
            self._compare_some()
        elif kind == MovementKind.REFUND and is_transfer(source):
            self.back_cents += source["amountCents"]

    def record(self, withdrawal: Document) -> None:
        cents = withdrawal.get("amountCents")
        if not is_transfer(withdrawal) or not isinstance(cents, int):
            return
        if is_under_way(withdrawal):
            self.under_way_cents += cents
        else:
            self.transfers.departures.append(Departure(self._user, withdrawal, self._currency))
            self._compare_some()

    def _compare_some(self) -> None:
        if self.transfers.are_many:
            room = DIFFERENCES_PER_WALLET - len(self._found.differences)
            self._found.differences += islice(self.transfers.compared(), max(room, 0))


def key_of(withdrawal: Any) -> str:
    return f"transfer:{withdrawal}"


def is_transfer(record: Document) -> bool:
    return record.get("gateway") == WALLET


def is_under_way(record: Document) -> bool:
    """Neither there nor back, by its record."""
    status = record.get("status")
    if status == WithdrawalStatus.FAILED:
        return record.get("refund") == RefundState.OWED
    return status in (WithdrawalStatus.PENDING, WithdrawalStatus.PROCESSING)


def differences(
    arrivals: Sequence[Arrival], departures: Sequence[Departure]
) -> Iterator[Difference]:
    """What of them contradicts the other side. Three round trips at most, for BATCH of each.

    No other wallet need be of the same instant. A withdrawal is recorded before it is sent, and its
    end is written after it has arrived, or once it cannot any more: what is looked up after what
    was read must be there, however fast money moves.

    Raises PyMongoError.
    """
    records = _records([each.withdrawal for each in arrivals])
    for arrival in arrivals:
        yield from _of_arrival(arrival, records.get(arrival.withdrawal))
    done = [each for each in departures if each.record.get("status") == WithdrawalStatus.SUCCESS]
    arrived = _arrived(done)
    for departure in done:
        if (departure.recipient, departure.key) not in arrived:
            yield from _missing(departure)


def _of_arrival(arrival: Arrival, record: Document | None) -> Iterator[Difference]:
    cents = arrival.source["amountCents"]
    found = Findings(arrival.user, arrival.currency)
    if record is None:
        detail = f"it has come by the withdrawal {arrival.withdrawal}, which there is not"
        found.add("transfer_unfounded", detail, entry=arrival.id, amount_cents=cents)
    else:
        said = {
            "idempotencyKey": key_of(arrival.withdrawal),
            "amountCents": record.get("amountCents"),
            "currency": record.get("currency"),
            "counterpart": record.get("user"),
            "user": str(record.get("destination")).removeprefix(TO_A_WALLET),
        }
        told = arrival.source | {"currency": arrival.currency, "user": str(arrival.user)}
        differing = [name for name, value in said.items() if told.get(name) != value]
        if not is_transfer(record):
            differing.append("gateway")
        if differing:
            detail = f"its withdrawal {arrival.withdrawal} tells another {', '.join(differing)}"
            found.add("transfer_differs", detail, entry=arrival.id, amount_cents=cents)
        elif record.get("status") == WithdrawalStatus.FAILED:
            detail = f"its withdrawal {arrival.withdrawal} has failed: the money is there twice"
            found.add("transfer_twice", detail, entry=arrival.id, amount_cents=cents)
    yield from found.differences


def _missing(departure: Departure) -> Iterator[Difference]:
    record, found = departure.record, Findings(departure.user, departure.currency)
    detail = "a transfer that has succeeded, and is not in the recipient's wallet"
    cents = -record["amountCents"]
    found.add("transfer_missing", detail, entry=record["_id"], amount_cents=cents)
    yield from found.differences


def _records(withdrawals: list[Any]) -> dict[Any, Document]:
    if not withdrawals:
        return {}
    members = dict.fromkeys(
        ("user", "amountCents", "currency", "destination", "status", "gateway"), 1
    )
    found = collection(Withdrawal).find({"_id": {"$in": withdrawals}}, members)
    return {each["_id"]: each for each in found}


def _arrived(departures: list[Departure]) -> set[tuple[Any, str]]:
    """Which have arrived, by recipient and key: in the outboxes, and *then* in the ledger."""
    if not departures:
        return set()
    keys = [each.key for each in departures]
    users = list({each.recipient for each in departures})
    members = {"user": 1, "outbox.idempotencyKey": 1}
    found: set[tuple[Any, str]] = set()
    wanted = {"user": {"$in": users}, "outbox.idempotencyKey": {"$in": keys}}
    for wallet in collection(Wallet).find(wanted, members):
        for movement in wallet["outbox"]:
            found.add((wallet["user"], str(movement.get("idempotencyKey"))))
    wanted = {"user": {"$in": users}, "idempotencyKey": {"$in": keys}}
    members = {"user": 1, "idempotencyKey": 1}
    for entry in collection(LedgerEntry).find(wanted, members):
        found.add((entry["user"], str(entry["idempotencyKey"])))
    return found
