"""What a key is worth when the same submission comes again."""

from wallet_api.payouts.simulator.behaviours.behaviour import Behaviour
from wallet_api.payouts.simulator.script import Repeat, Status, Step, Wait

_LATER = (Step(Status.ACCEPTED), Step(Status.SETTLED, Wait.DELAY))

KEYS = (
    Behaviour(
        "repeats_latest_state",
        "Accepts, and pays after the delay; a repeat gets the state of then.",
        {"course": _LATER, "repeat": Repeat.LATEST},
    ),
    Behaviour(
        "repeats_first_answer",
        "Accepts, and pays after the delay; a repeat gets the first answer for ever.",
        {"course": _LATER, "repeat": Repeat.FIRST},
    ),
    Behaviour(
        "repeats_conflict",
        "Pays; a repeat gets 409 without the object.",
        {"repeat": Repeat.CONFLICT},
    ),
    Behaviour(
        "forgets_its_key",
        "Pays, and forgets the key after two seconds: the same submission pays again.",
        {"forgets": True},
    ),
    Behaviour(
        "refuses_another_body",
        "Pays; another body with the same key gets 400. So does every behaviour but the next.",
        {"refuses_other_body": True},
    ),
    Behaviour(
        "ignores_another_body",
        "Pays; another body with the same key gets the payout of the first.",
        {"refuses_other_body": False},
    ),
)
