"""By which gateway a new withdrawal is paid out: chosen with the request, before the debit."""

from wallet_api.config import settings
from wallet_api.errors import InvalidInput
from wallet_api.payouts.adapters import registry
from wallet_api.payouts.gateway import CannotPay


def gateway_for(amount_cents: int, currency: str, destination: str) -> str | None:
    """Its name; None: the debit is the whole story. No round trip.

    Raises InvalidInput: the gateway could not pay it, and says which rule of it is broken.
    """
    name = settings().payouts.gateway
    if name == "none":
        return None
    try:
        registry.gateway(name).check(amount_cents, currency, destination)
    except CannotPay as cannot:
        raise InvalidInput([("/destination", str(cannot))]) from None
    return name
