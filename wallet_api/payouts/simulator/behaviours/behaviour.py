"""A behaviour: a named change of the script of a payout."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from wallet_api.payouts.simulator.script import Script


@dataclass(frozen=True, slots=True)
class Behaviour:
    name: str
    sentence: str
    changes: Mapping[str, Any]
    """Fields of Script."""
    best_with: Mapping[str, Any] = field(default_factory=dict)
    """Others, with which it shows; the changes of another behaviour go before."""


def script_of(behaviours: Iterable[Behaviour]) -> Script:
    """All of them at once; of two that change the same field, the later one counts."""
    script = Script()
    chosen = list(behaviours)
    for changes in (*(each.best_with for each in chosen), *(each.changes for each in chosen)):
        script = replace(script, **changes)
    return script
