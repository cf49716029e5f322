"""The gateways of this process by their names, made from its settings when first asked for."""

import atexit
from collections.abc import Callable
from contextlib import suppress

from wallet_api.config import settings
from wallet_api.payout_settings import PayoutSettings
from wallet_api.payouts.adapters.http import HttpGateway, HttpOptions
from wallet_api.payouts.adapters.razorpayx import RazorpayXGateway, RazorpayXOptions
from wallet_api.payouts.gateway import Gateway


class NotConfigured(Exception):
    """The settings lack what the gateway needs; the message names it."""


_open: dict[str, Gateway] = {}


def gateway(name: str) -> Gateway:
    """The one that a withdrawal names, although new ones may go to another now.

    Raises NotConfigured.
    """
    if name not in _MAKERS:
        raise NotConfigured(f"No gateway is called {name!r}.")
    found = _open.get(name)
    # Two threads may make it at once. Neither has a connection yet; the first one's stays.
    return found or _open.setdefault(name, _MAKERS[name](settings().payouts))


def for_callbacks(protocol: str) -> Gateway:
    """The one whose callbacks come by this protocol. Raises NotConfigured."""
    simulated = settings().payouts.gateway == "simulated" and protocol == "http"
    return gateway("simulated" if simulated else protocol)


def configured() -> dict[str, Gateway]:
    """All whose settings are there, by name: the others' payouts wait until theirs are."""
    found = {}
    for name in _MAKERS:
        with suppress(NotConfigured):
            found[name] = gateway(name)
    return found


def close_all() -> None:
    """At the process's end, by itself; and before its settings are read anew."""
    while _open:
        _, gateway = _open.popitem()
        gateway.close()


atexit.register(close_all)


def _http(chosen: PayoutSettings) -> Gateway:
    if chosen.gateway == "simulated":
        # They share their settings: real money must not go to the simulator, and is not paid by it.
        raise NotConfigured("The gateway http is not there while PAYOUT_GATEWAY is simulated.")
    return _by_http("http", chosen)


def _simulated(chosen: PayoutSettings) -> Gateway:
    if chosen.gateway != "simulated":
        raise NotConfigured("The gateway simulated needs PAYOUT_GATEWAY=simulated.")
    return _by_http("simulated", chosen)


def _by_http(name: str, chosen: PayoutSettings) -> Gateway:
    _need(name, PAYOUT_HTTP_URL=chosen.http_url, PAYOUT_HTTP_TOKEN=chosen.http_token)
    return HttpGateway(
        HttpOptions(
            name=name,
            url=chosen.http_url,
            token=chosen.http_token,
            callback_secrets=chosen.http_callback_secrets,
            timeout=chosen.timeout,
            key_life=chosen.key_life,
            not_found_is_final_after=chosen.not_found_is_final_after,
        )
    )


def _razorpayx(chosen: PayoutSettings) -> Gateway:
    _need(
        "razorpayx",
        PAYOUT_RAZORPAYX_KEY_ID=chosen.razorpayx_key_id,
        PAYOUT_RAZORPAYX_KEY_SECRET=chosen.razorpayx_key_secret,
        PAYOUT_RAZORPAYX_ACCOUNT_NUMBER=chosen.razorpayx_account_number,
    )
    return RazorpayXGateway(
        RazorpayXOptions(
            url=chosen.razorpayx_url,
            key_id=chosen.razorpayx_key_id,
            key_secret=chosen.razorpayx_key_secret,
            account_number=chosen.razorpayx_account_number,
            webhook_secrets=chosen.razorpayx_webhook_secrets,
            timeout=chosen.timeout,
        )
    )


def _need(name: str, **values: str) -> None:
    missing = [setting for setting, value in values.items() if not value]
    if missing:
        raise NotConfigured(f"The gateway {name} needs {', '.join(missing)}.")


_MAKERS: dict[str, Callable[[PayoutSettings], Gateway]] = {
    "http": _http,
    "simulated": _simulated,
    "razorpayx": _razorpayx,
}
