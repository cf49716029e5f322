"""How callbacks mislead whoever believes them."""

from wallet_api.payouts.simulator.behaviours.behaviour import Behaviour
from wallet_api.payouts.simulator.script import Calls, Fault, Manner, Status, Step, Wait

_LATER = (Step(Status.ACCEPTED), Step(Status.SETTLED, Wait.DELAY))
_TALKATIVE = (*_LATER, Step(Status.RETURNED, Wait.DELAY))

CALLBACKS = (
    Behaviour(
        "callback_before_the_answer",
        "Pays; the callback is sent at once, and the answer half a second later.",
        {"fault": Fault(Manner.AFTER_THE_CALLBACK, pays=True)},
    ),
    Behaviour(
        "callback_before_our_commit",
        "Pays; the callback is sent at the very moment of the answer, three times.",
        {"calls": Calls.BEFORE_COMMIT},
    ),
    Behaviour(
        "callbacks_doubled",
        "Accepts, and pays after the delay; each callback comes twice, with one id.",
        {"course": _LATER, "calls": Calls.DOUBLED},
    ),
    Behaviour(
        "callbacks_with_one_id",
        "Accepts, and pays after the delay; all callbacks have the same id.",
        {"course": _LATER, "calls": Calls.SAME_ID},
    ),
    Behaviour(
        "callbacks_reordered",
        "Accepts, pays, gets the money back; the callbacks come at the end, the last one first.",
        {"course": _TALKATIVE, "calls": Calls.REORDERED},
    ),
    Behaviour(
        "callbacks_a_day_late",
        "Accepts, and pays after the delay; each callback comes a day late.",
        {"course": _LATER, "calls": Calls.DAY_LATE},
    ),
    Behaviour(
        "callbacks_never",
        "Accepts, and pays after the delay; no callback comes.",
        {"course": _LATER, "calls": Calls.NEVER},
    ),
    Behaviour(
        "callback_forged",
        "Accepts, and pays after the delay; somebody else says declined, with a wrong signature.",
        {"course": _LATER, "calls": Calls.FORGED},
    ),
    Behaviour(
        "callback_with_old_secret",
        "Accepts, and pays after the delay; callbacks are signed with the secret of before.",
        {"course": _LATER, "calls": Calls.OLD_SECRET},
    ),
    Behaviour(
        "callbacks_replayed",
        "Accepts, pays, gets the money back; after a minute each callback comes again, unchanged.",
        {"course": _TALKATIVE, "calls": Calls.REPLAYED},
    ),
    Behaviour(
        "callbacks_of_yesterday",
        "Accepts, and pays after the delay; callbacks are rightly signed, with yesterday's time.",
        {"course": _LATER, "calls": Calls.YESTERDAYS},
    ),
    Behaviour(
        "callback_about_a_stranger",
        "Pays; another callback, rightly signed, is about a reference that nobody knows.",
        {"calls": Calls.STRANGER},
    ),
    Behaviour(
        "callback_flood",
        "Pays; 200 callbacks say so, each with an id of its own.",
        {"calls": Calls.FLOOD},
    ),
)
