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
    transfers,
    unproven_payouts,
    writes,
)
from tests.mutants.kinds import Mutant

__all__ = [
    "MUTANTS",
    "SELECTED",
    "Mutant",
    "back_ends",
    "gateways",
    "keys",
    "limits",
    "lists",
    "messages",
    "operators",
    "payouts",
    "people",
    "rate_limits",
    "reconciling",
    "relay",
    "transfers",
    "unproven_payouts",
    "writes",
]

SELECTED = "FAULT_MUTANT"
"""The variable of the environment that names the mutant of a whole process."""

MUTANTS: dict[str, Mutant] = {
    name: member
    for room in (
        back_ends,
        gateways,
        keys,
        limits,
        lists,
        lists,
        messages,
        operators,
        payouts,
        people,
        rate_limits,
        reconciling,
        relay,
        transfers,
        unproven_payouts,
        writes,
    )
    for name, member in vars(room).items()
    if callable(member) and getattr(member, "__module__", "") == room.__name__
    if not name.startswith("_")
}
