"""What becomes of a payout in the end, and how often the gateway changes its mind."""

from wallet_api.payouts.simulator.behaviours.behaviour import Behaviour
from wallet_api.payouts.simulator.script import SETTLES_LATER, Money, Status, Step, Wait

ACCEPTED, SETTLED, DECLINED, RETURNED = Status

COURSES = (
    Behaviour("settles", "Pays at once, and says so. The default.", {}),
    Behaviour(
        "settles_later",
        "Accepts, and pays after the delay.",
        {"course": SETTLES_LATER},
    ),
    Behaviour("declines", "Pays nothing, and says so at once.", {"course": (Step(DECLINED),)}),
    Behaviour(
        "declines_later",
        "Accepts, and declines after the delay; nothing is paid.",
        {"course": (Step(ACCEPTED), Step(DECLINED, Wait.DELAY))},
    ),
    Behaviour(
        "returns_later",
        "Pays at once; the money comes back after the delay.",
        {"course": (Step(SETTLED), Step(RETURNED, Wait.DELAY))},
    ),
    Behaviour(
        "settles_after_days",
        "Accepts, and pays after three days.",
        {"course": (Step(ACCEPTED), *[Step(ACCEPTED, Wait.DAY)] * 2, Step(SETTLED, Wait.DAY))},
    ),
    Behaviour(
        "declines_after_days",
        "Accepts, and declines after three days; nothing is paid.",
        {"course": (Step(ACCEPTED), *[Step(ACCEPTED, Wait.DAY)] * 2, Step(DECLINED, Wait.DAY))},
    ),
    Behaviour(
        "returns_after_days",
        "Accepts; after three days says that the money had been paid and has come back.",
        {
            "course": (
                Step(ACCEPTED, money=Money.IS_PAID),
                *[Step(ACCEPTED, Wait.DAY)] * 2,
                Step(RETURNED, Wait.DAY),
            )
        },
    ),
    Behaviour(
        "returns_a_day_late",
        "Pays at once; the money comes back a day later.",
        {"course": (Step(SETTLED), Step(RETURNED, Wait.DAY))},
    ),
    Behaviour(
        "returns_twice",
        "Pays at once; the money comes back once, and the gateway says so twice, as two events.",
        {
            "course": (
                Step(SETTLED),
                Step(RETURNED, Wait.DELAY),
                Step(RETURNED, Wait.DELAY, Money.STAYS),
            )
        },
    ),
    Behaviour(
        "declined_then_returned",
        "Declines although the money is out; after the delay it comes back.",
        {"course": (Step(DECLINED, money=Money.IS_PAID), Step(RETURNED, Wait.DELAY))},
    ),
    Behaviour(
        "returned_then_declined",
        "Pays; the money comes back after the delay, and after another the gateway says declined.",
        {
            "course": (
                Step(SETTLED),
                Step(RETURNED, Wait.DELAY),
                Step(DECLINED, Wait.DELAY),
            )
        },
    ),
    Behaviour(
        "declined_then_settled",
        "Declines, and pays all the same after the delay: a loss for whoever has refunded.",
        {"course": (Step(DECLINED), Step(SETTLED, Wait.DELAY))},
    ),
    Behaviour(
        "cancelled_there",
        "Accepts; after the delay somebody at the gateway cancels it, and nothing is paid.",
        {
            "course": (
                Step(ACCEPTED),
                Step(DECLINED, Wait.DELAY, reason="cancelled"),
            )
        },
    ),
    Behaviour(
        "cancel_comes_too_late",
        "Accepts; answers a cancellation with accepted, and pays all the same after the delay.",
        {"course": SETTLES_LATER, "can_cancel": False},
    ),
)
