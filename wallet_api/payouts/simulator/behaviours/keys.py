"""What a key is worth when the same submission comes again."""

from wallet_api.payouts.simulator.behaviours.behaviour import Behaviour
from wallet_api.payouts.simulator.script import SETTLES_LATER, Repeat

KEYS = (
    Behaviour(
        "repeats_latest_state",
        "Accepts, and pays after the delay; a repeat gets the state of then.",
        {"repeat": Repeat.LATEST},
        {"course": SETTLES_LATER},
    ),
    Behaviour(
        "repeats_first_answer",
        "Accepts, and pays after the delay; a repeat gets the first answer for ever.",
        {"repeat": Repeat.FIRST},
        {"course": SETTLES_LATER},
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
