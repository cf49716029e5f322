"""How callbacks mislead whoever believes them."""

from wallet_api.payouts.simulator.behaviours.behaviour import Behaviour
from wallet_api.payouts.simulator.script import (
    SETTLES_LATER,
    Calls,
    Fault,
    Manner,
    Status,
    Step,
    Wait,
)

_TALKATIVE = (*SETTLES_LATER, Step(Status.RETURNED, Wait.DELAY))

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
        {"calls": Calls.DOUBLED},
        {"course": SETTLES_LATER},
    ),
    Behaviour(
        "callbacks_with_one_id",
        "Accepts, and pays after the delay; all callbacks have the same id.",
        {"calls": Calls.SAME_ID},
        {"course": SETTLES_LATER},
    ),
    Behaviour(
        "callbacks_reordered",
        "Accepts, pays, gets the money back; the callbacks come at the end, the last one first.",
        {"calls": Calls.REORDERED},
        {"course": _TALKATIVE},
    ),
    Behaviour(
        "callbacks_a_day_late",
        "Accepts, and pays after the delay; each callback comes a day late.",
        {"calls": Calls.DAY_LATE},
        {"course": SETTLES_LATER},
    ),
    Behaviour(
        "callbacks_never",
        "Accepts, and pays after the delay; no callback comes.",
        {"calls": Calls.NEVER},
        {"course": SETTLES_LATER},
    ),
    Behaviour(
        "callback_forged",
        "Accepts, and pays after the delay; somebody else says declined, with a wrong signature.",
        {"calls": Calls.FORGED},
        {"course": SETTLES_LATER},
    ),
    Behaviour(
        "callback_with_old_secret",
        "Accepts, and pays after the delay; callbacks are signed with the secret of before.",
        {"calls": Calls.OLD_SECRET},
        {"course": SETTLES_LATER},
    ),
    Behaviour(
        "callbacks_replayed",
        "Accepts, pays, gets the money back; after a minute each callback comes again, unchanged.",
        {"calls": Calls.REPLAYED},
        {"course": _TALKATIVE},
    ),
    Behaviour(
        "callbacks_of_yesterday",
        "Accepts, and pays after the delay; callbacks are rightly signed, with yesterday's time.",
        {"calls": Calls.YESTERDAYS},
        {"course": SETTLES_LATER},
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
