"""The limits of this process, as its settings say; None where there is no such limit."""

from wallet_api.config import Settings
from wallet_api.rate_limits.counts import Limiter
from wallet_api.rate_limits.exchange import Exchange
from wallet_api.rate_limits.store import opener

per_user: Limiter | None = None
per_address: Limiter | None = None
exchange = Exchange()


def configure(chosen: Settings) -> None:
    """Begin with nothing counted. No round trip."""
    global per_user, per_address, exchange
    exchange = Exchange()
    user, address = chosen.rate_limits.user, chosen.rate_limits.address
    per_user = Limiter("user", user, exchange.soon) if user else None
    per_address = Limiter("address", address, exchange.soon) if address else None


def start(chosen: Settings) -> None:
    """Exchange with the other processes from now on, if there is a limit."""
    if per_user or per_address:
        exchange.start(opener(chosen))


def stop() -> None:
    exchange.stop()
