"""What a user can do with withdrawals: request one, and look them up."""

from dataclasses import dataclass
from datetime import datetime

from bson import ObjectId
from bson.errors import InvalidId
from mongoengine import Q

from wallet_api.documents.kinds import MovementKind
from wallet_api.documents.withdrawal import Withdrawal
from wallet_api.errors import IdempotencyKeyReused, InvalidInput, NotFound
from wallet_api.money import Asked
from wallet_api.movements import Order, Receipt, post, settled
from wallet_api.movements.wallets import currency_of
from wallet_api.pages import Page, Position, page


def request(
    user: ObjectId, asked: Asked, currency: str | None, destination: str, key: str | None
) -> Receipt:
    """Take what is asked for out of the user's wallet. Round trips: those of movements.post.

    Raises InvalidAmount, UnknownCurrency and what movements.post raises.
    """
    currency = currency or currency_of(user)
    amount_cents = asked.in_minor_units(currency)
    try:
        return post(Order(user, MovementKind.WITHDRAWAL, -amount_cents, currency, key, destination))
    except IdempotencyKeyReused as reused:
        raise reused.calling("amount", asked.member) from None


def find(user: ObjectId, withdrawal: str) -> Withdrawal:
    """Two round trips, and those of a copy where something waits.

    Raises NotFound: there is none, or it is another user's.
    """
    settled(user)
    try:
        found: Withdrawal | None = Withdrawal.objects(id=ObjectId(withdrawal), user=user).first()
    except InvalidId:
        found = None
    if found is None:
        raise NotFound("No such withdrawal.")
    return found


@dataclass(frozen=True, slots=True)
class Filters:
    """None: any. `since` is included, `until` is not."""

    status: str | None = None
    idempotency_key: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def newest(user: ObjectId, filters: Filters, after: Position | None, limit: int) -> Page:
    """The user's withdrawals, newest first.

    Two round trips, and those of a copy where something waits.

    Raises InvalidInput: `after` is no place in this list.
    """
    settled(user)
    found = Withdrawal.objects(user=user)
    if filters.status is not None:
        found = found.filter(status=filters.status)
    if filters.idempotency_key is not None:
        found = found.filter(idempotency_key=filters.idempotency_key)
    if filters.since is not None:
        found = found.filter(created_at__gte=filters.since)
    if filters.until is not None:
        found = found.filter(created_at__lt=filters.until)
    if after is not None:
        found = found.filter(_behind(after))
    items = list(found.order_by("-created_at", "-id").limit(limit + 1))
    return page(items, limit, lambda item: Position(item.created_at, str(item.id)))


def _behind(after: Position) -> Q:
    try:
        tie = ObjectId(after.tie)
    except InvalidId:
        raise InvalidInput([("cursor", "Not a cursor of this list.")]) from None
    return Q(created_at__lt=after.at) | Q(created_at=after.at, id__lt=tie)
