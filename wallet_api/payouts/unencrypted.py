"""A warning for who pays out through a network without encryption."""

import ipaddress
import logging
from contextlib import suppress
from urllib.parse import urlsplit

from wallet_api.config import Settings
from wallet_api.logs import event
from wallet_api.payout_settings import PayoutSettings


def warn(chosen: Settings) -> None:
    """At a start in production: the gateway's token pays out for whoever reads it on its way."""
    setting = setting_in_the_clear(chosen.payouts)
    if chosen.is_production and setting is not None:
        event(
            "payouts_unencrypted",
            f"{setting} begins with http://: whoever listens on the way to it reads the token that "
            "pays out, and every recipient. https:// hides them.",
            logging.WARNING,
        )


def setting_in_the_clear(payouts: PayoutSettings) -> str | None:
    """None: the gateway is reached by https, or on this machine, or there is none."""
    addresses = {
        "http": ("PAYOUT_HTTP_URL", payouts.http_url),
        "simulated": ("PAYOUT_HTTP_URL", payouts.http_url),
        "razorpayx": ("PAYOUT_RAZORPAYX_URL", payouts.razorpayx_url),
    }
    setting, url = addresses.get(payouts.gateway, ("", ""))
    parts = urlsplit(url)
    is_clear = parts.scheme == "http" and not _is_here(parts.hostname or "")
    return setting if is_clear else None


def _is_here(host: str) -> bool:
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost"
