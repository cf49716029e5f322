"""What the object in an answer says wrongly, for a minute, wherever it is told."""

from wallet_api.payouts.simulator.behaviours.behaviour import Behaviour
from wallet_api.payouts.simulator.script import Wrong

OBJECTS = (
    Behaviour(
        "names_another_reference",
        "Pays; for a minute its answers name another reference.",
        {"wrong": Wrong.REFERENCE},
    ),
    Behaviour(
        "names_100_times_the_amount",
        "Pays; for a minute its answers name the amount times 100.",
        {"wrong": Wrong.AMOUNT_X100},
    ),
    Behaviour(
        "names_amount_less_fee",
        "Pays; for a minute its answers name the amount less the fee.",
        {"wrong": Wrong.AMOUNT_LESS_FEE},
    ),
    Behaviour(
        "names_another_currency",
        "Pays; for a minute its answers name another currency.",
        {"wrong": Wrong.CURRENCY},
    ),
    Behaviour(
        "says_an_unknown_word",
        "Pays; for a minute the status in its answers is a word that nobody knows.",
        {"wrong": Wrong.STATUS_WORD},
    ),
)
