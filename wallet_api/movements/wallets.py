"""A user's wallet: opened, closed to money, and read as it is now."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from bson import ObjectId
from mongoengine.errors import NotUniqueError

from wallet_api import clock
from wallet_api.batcher import Batcher
from wallet_api.callers import ANY_EPOCH, Caller, Epoch
from wallet_api.documents.user import User
from wallet_api.documents.wallet import Wallet
from wallet_api.errors import NotFound, Unauthenticated
from wallet_api.movements import freezing
from wallet_api.movements.limits.left import Left, left_of
from wallet_api.movements.members import member
from wallet_api.movements.used_keys import bloom_filter, recent


@dataclass(frozen=True, slots=True)
class WalletView:
    user: ObjectId
    currency: str
    balance_cents: int
    uncopied: bool
    """Whether a movement of it may still lack its ledger entry or withdrawal record."""
    limits: Left | None = None
    """On its withdrawals; None: there are none."""
    email_proved: bool = False
    """Whether its user has proved the email."""
    held_cents: int | None = None
    """Minor units: debited, with the payout still under way; None: not asked for."""


# Of the outbox one movement at most: whether there is any.
MEMBERS = {
    "user": 1,
    "currency": 1,
    "balanceCents": 1,
    "active": 1,
    "frozen": 1,
    "tokenEpoch": 1,
    "emailProved": 1,
    "limits": 1,
    "spent": 1,
    "outbox": {"$slice": 1},
    "_id": 0,
}


def read_wallet(caller: Caller) -> WalletView:
    """One round trip; under load it is shared with the wallets that are read at the same time.

    Raises Unauthenticated: the user is deactivated, or unknown, or the caller's login has ended;
    OutOfService: the document is damaged; PyMongoError.
    """
    user = caller.user
    # Each caller has a key of its own: two reads of one wallet do not disturb each other.
    wallet = _reads.do(object(), user)
    if wallet is None:
        open_missing_wallet(user)
        return read_wallet(caller)
    is_let_in = member(user, wallet, "active", bool) or freezing.is_frozen(wallet)
    if not (is_let_in and caller.is_heard(wallet.get("tokenEpoch"))):
        raise Unauthenticated
    currency = member(user, wallet, "currency", str)
    return WalletView(
        user=user,
        currency=currency,
        balance_cents=member(user, wallet, "balanceCents", int),
        uncopied=bool(member(user, wallet, "outbox", list)),
        limits=left_of(user, wallet, currency),
        email_proved=wallet.get("emailProved") is True,
    )


def find_wallets(users: Sequence[ObjectId]) -> list[dict[str, Any] | None]:
    """The documents of these users' wallets, in their order; None where there is none.

    One round trip. On the collection, not by a queryset, which costs twice the CPU.
    """
    wallets = Wallet._get_collection()
    if len(users) == 1:
        return [wallets.find_one({"user": users[0]}, MEMBERS)]
    wanted = {"user": {"$in": list(dict.fromkeys(users))}}
    found = {wallet["user"]: wallet for wallet in wallets.find(wanted, MEMBERS)}
    return [found.get(user) for user in users]


_reads = Batcher(find_wallets)
"""A read is sent after its request has come, whoever sends it: it misses nothing that was answered
before. (`find_wallets([user])[0]` in place of `_reads.do` switches it off.)"""


def currency_of(caller: Caller) -> str:
    """No round trip where this process has committed or looked up in the wallet before, else one.

    Raises what `read_wallet` raises.
    """
    hint = recent.wallets.get(caller.user)
    return hint.currency if hint is not None else read_wallet(caller).currency


def open_wallet(user: ObjectId, currency: str) -> None:
    """Give the user a wallet, unless there is one. One round trip."""
    with suppress(NotUniqueError):
        seen_keys = bloom_filter.empty()
        Wallet(user=user, currency=currency, seen_keys=seen_keys).save(force_insert=True)


def open_missing_wallet(user: ObjectId) -> None:
    """Finish a registration that died between the user and the wallet. Two round trips.

    Raises Unauthenticated: there is no such user, or a deactivated one.
    """
    owner = User.objects(id=user, is_active=True).only("currency").first()
    if owner is None:
        raise Unauthenticated
    open_wallet(user, owner.currency)


def set_active(user: ObjectId, active: bool) -> int | None:
    """Let money move, or stop it at once: the condition of every deposit and withdrawal
    checks the flag. To stop it also ends the user's logins, so that no token of before works again
    when money may move again.

    Returns the number of this decision among all on the wallet, by which the user's own flag
    follows: the last one holds. None: there is no such wallet, or it is closed for good and was to
    be opened. One round trip.
    """
    return freezing.decide_active(user, active, {"erasedAt": None} if active else {})


def close_for_good(user: ObjectId) -> int:
    """Stop the user's money, so that nobody can let it move again. One round trip.

    Returns the number of this decision, as `set_active`. Raises NotFound: there is no such wallet.
    """
    row = Wallet.objects(user=user).modify(
        returning=("active_changes",),
        set__active=False,
        set__token_epoch=ObjectId(),
        set__erased_at=clock.now(),
        unset__frozen=True,
        inc__active_changes=1,
    )
    if row is None:
        raise NotFound("No such wallet.")
    return int(row.active_changes)


def prove_email(user: ObjectId) -> None:
    """From now on, the user withdraws even where an email must be proved. One round trip."""
    Wallet.objects(user=user).update_one(set__email_proved=True)


def end_logins(user: ObjectId, of: Epoch = ANY_EPOCH) -> ObjectId:
    """Start a new epoch: once this has returned, nothing of an earlier login is committed or read.

    `of`: only if the logins of this epoch have not been ended yet. Returns the new epoch, for a
    token that is to work from now on. One round trip.

    Raises Unauthenticated: they have been, or the user is deactivated, or has no wallet.
    """
    epoch = ObjectId()
    unless_ended = {} if of is ANY_EPOCH else {"token_epoch": of}
    # Not of a deactivated one: a new epoch would count once it is active.
    let_in = {"$or": [{"active": True}, {"frozen.active": True}]}
    wallet = Wallet.objects(user=user, __raw__=let_in, **unless_ended)
    if not wallet.update_one(set__token_epoch=epoch):
        raise Unauthenticated
    return epoch
