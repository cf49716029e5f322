"""A behaviour: a named change of the script of a payout."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from wallet_api.payouts.simulator.script import Script


@dataclass(frozen=True, slots=True)
class Behaviour:
    name: str
    sentence: str
    changes: Mapping[str, Any]
    """Fields of Script."""


def script_of(behaviours: Iterable[Behaviour]) -> Script:
    """All of them at once; of two that change the same field, the later one counts."""
    script = Script()
    for behaviour in behaviours:
        script = replace(script, **behaviour.changes)
    return script
