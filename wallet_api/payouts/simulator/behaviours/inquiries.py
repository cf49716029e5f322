"""How a gateway that is asked about a payout does not tell."""

from wallet_api.payouts.simulator.behaviours.behaviour import Behaviour
from wallet_api.payouts.simulator.script import SETTLES_LATER, Fault, Inquiry, Manner

_SILENT = Fault(Manner.CLOSES, pays=True)

INQUIRIES = (
    Behaviour(
        "found_only_later",
        "Pays without an answer; for a minute an inquiry finds nothing.",
        {"inquiry": Inquiry.LATER},
        {"fault": _SILENT},
    ),
    Behaviour(
        "never_found_though_paid",
        "Pays without an answer; an inquiry never finds it.",
        {"inquiry": Inquiry.NEVER},
        {"fault": _SILENT},
    ),
    Behaviour(
        "two_found",
        "Pays without an answer; an inquiry finds it twice, once as declined.",
        {"inquiry": Inquiry.TWO},
        {"fault": _SILENT},
    ),
    Behaviour(
        "inquiry_older_than_callback",
        "Accepts, and pays after the delay; an inquiry says accepted for a minute more.",
        {"inquiry": Inquiry.STALE},
        {"course": SETTLES_LATER},
    ),
    Behaviour(
        "inquiry_always_500",
        "Pays without an answer; every inquiry gets 500.",
        {"inquiry": Inquiry.SERVER_ERROR},
        {"fault": _SILENT},
    ),
)
