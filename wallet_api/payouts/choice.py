"""By which gateway a new withdrawal is paid out: chosen with the request, before the debit."""

from bson import ObjectId

from wallet_api.config import settings
from wallet_api.errors import InvalidInput
from wallet_api.payouts.adapters import registry
from wallet_api.payouts.destinations import WALLET, NoDestination, parse
from wallet_api.payouts.gateway import CannotPay, Gateway
from wallet_api.payouts.record import PayoutRecord
from wallet_api.payouts.transfers import Transfer


def gateway_for(
    amount_cents: int, currency: str, destination: str, amount_member: str
) -> str | None:
    """Its name; None: the debit is the whole story. No round trip.

    Raises InvalidInput: the gateway could not pay it, and says which rule of it is broken.
    `amount_member`: as the request calls its amount.
    """
    name = settings().payouts.gateway
    if name == "none":
        return None
    try:
        registry.gateway(name).check(amount_cents, currency, destination)
    except CannotPay as cannot:
        member = amount_member if cannot.member == "amount" else cannot.member
        raise InvalidInput([(f"/{member}", str(cannot))]) from None
    return name


def all_gateways() -> list[str]:
    """The names of those that can be used now: this very ledger always."""
    return [*registry.configured(), WALLET]


def gateway_of(record: PayoutRecord) -> Gateway:
    """Raises registry.NotConfigured."""
    return Transfer(record) if record.gateway == WALLET else registry.gateway(record.gateway)


def recipient_of(destination: str, sender: ObjectId) -> ObjectId:
    """The user of the wallet that a transfer goes to. No round trip: whether there is such a user
    is found out when the money arrives.

    Raises InvalidInput: it is no destination of a transfer.
    """
    try:
        recipient = ObjectId(parse(destination).account)
    except NoDestination as none:
        raise InvalidInput([("/destination", str(none))]) from None
    if recipient == sender:
        raise InvalidInput([("/destination", "Must be the wallet of another user.")])
    return recipient
