"""All behaviours by their names."""

from wallet_api.payouts.simulator.behaviours.behaviour import Behaviour
from wallet_api.payouts.simulator.behaviours.callbacks import CALLBACKS
from wallet_api.payouts.simulator.behaviours.courses import COURSES
from wallet_api.payouts.simulator.behaviours.inquiries import INQUIRIES
from wallet_api.payouts.simulator.behaviours.keys import KEYS
from wallet_api.payouts.simulator.behaviours.objects import OBJECTS
from wallet_api.payouts.simulator.behaviours.submissions import SUBMISSIONS

GROUPS: dict[str, tuple[Behaviour, ...]] = {
    "course": COURSES,
    "submission": SUBMISSIONS,
    "key": KEYS,
    "object": OBJECTS,
    "inquiry": INQUIRIES,
    "callback": CALLBACKS,
}

BEHAVIOURS = {each.name: each for group in GROUPS.values() for each in group}
