"""The payout gateway that a service with PAYOUT_GATEWAY=simulated starts beside itself."""

import os

from wallet_api import logs
from wallet_api.config import InvalidSettings, Settings, reread
from wallet_api.payouts.simulator import beside, mix
from wallet_api.payouts.simulator.options import CALLBACK_SECRET, TOKEN

_simulator: beside.Beside | None = None


def start(chosen: Settings) -> None:
    """Only where the settings name no other. Its address is in the environment from then on, for
    the workers that are forked. Raises InvalidSettings, beside.NotStarted."""
    global _simulator
    if chosen.payouts.gateway != "simulated" or chosen.payouts.http_url:
        return
    try:
        mix.parse(chosen.payouts.simulator_behaviours)
    except ValueError as error:
        raise InvalidSettings(f"PAYOUT_SIMULATOR_BEHAVIOURS: {error}") from None
    service = f"http://127.0.0.1:{chosen.port}"
    books = chosen.data_dir / "simulated-payouts.jsonl"
    _simulator = beside.start(service, chosen.payouts.simulator_behaviours, books)
    os.environ["PAYOUT_HTTP_URL"] = _simulator.address
    os.environ["PAYOUT_HTTP_TOKEN"] = TOKEN
    os.environ["PAYOUT_HTTP_CALLBACK_SECRET"] = CALLBACK_SECRET
    reread()
    logs.event("simulator_started", f"simulated payouts: {_simulator.address}")


def stop() -> None:
    """The one that `start` has started, if it did."""
    if _simulator is not None:
        _simulator.stop()
