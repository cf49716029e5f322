"""The product broken on purpose: each mutant must turn a check red that is green without it.

A test applies one with the fixture `mutate`, a process of the fault run by its environment.
"""

from tests.mutants import (
    back_ends,
    gateways,
    keys,
    limits,
    lists,
    messages,
    operators,
    payouts,
    people,
    rate_limits,
    reconciling,
    relay,
    settling,
    transfers,
    unproven_payouts,
    writes,
)
from tests.mutants.kinds import Mutant

__all__ = ["MUTANTS", "SELECTED", "Mutant"]

SELECTED = "FAULT_MUTANT"
"""The variable of the environment that names the mutant of a whole process."""

ROOMS = (
    back_ends,
    gateways,
    keys,
    limits,
    lists,
    messages,
    operators,
    payouts,
    people,
    rate_limits,
    reconciling,
    relay,
    settling,
    transfers,
    unproven_payouts,
    writes,
)


def _by_name() -> dict[str, Mutant]:
    """Raises ValueError: two have the same name, so that a process would get the wrong one."""
    found: dict[str, Mutant] = {}
    for room in ROOMS:
        for name, member in vars(room).items():
            is_own = callable(member) and getattr(member, "__module__", "") == room.__name__
            if not is_own or name.startswith("_"):
                continue
            if name in found:
                raise ValueError(f"two mutants are named {name}")
            found[name] = member
    return found


MUTANTS = _by_name()
