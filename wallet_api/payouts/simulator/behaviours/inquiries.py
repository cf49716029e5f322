"""How a gateway that is asked about a payout does not tell."""

from wallet_api.payouts.simulator.behaviours.behaviour import Behaviour
from wallet_api.payouts.simulator.script import Fault, Inquiry, Manner, Status, Step, Wait

_SILENT = Fault(Manner.CLOSES, pays=True)

INQUIRIES = (
    Behaviour(
        "found_only_later",
        "Pays without an answer; for a minute an inquiry finds nothing.",
        {"fault": _SILENT, "inquiry": Inquiry.LATER},
    ),
    Behaviour(
        "never_found_though_paid",
        "Pays without an answer; an inquiry never finds it.",
        {"fault": _SILENT, "inquiry": Inquiry.NEVER},
    ),
    Behaviour(
        "two_found",
        "Pays without an answer; an inquiry finds it twice, once as declined.",
        {"fault": _SILENT, "inquiry": Inquiry.TWO},
    ),
    Behaviour(
        "inquiry_older_than_callback",
        "Accepts, and pays after the delay; an inquiry says accepted for a minute more.",
        {
            "course": (Step(Status.ACCEPTED), Step(Status.SETTLED, Wait.DELAY)),
            "inquiry": Inquiry.STALE,
        },
    ),
    Behaviour(
        "inquiry_always_500",
        "Pays without an answer; every inquiry gets 500.",
        {"fault": _SILENT, "inquiry": Inquiry.SERVER_ERROR},
    ),
)
