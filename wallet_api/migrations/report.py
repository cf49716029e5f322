"""What a migration has done, and what it leaves to a person."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from wallet_api.money import as_shown

SHOWN = 100


@dataclass
class Report:
    dry_run: bool
    """Nothing is written: the report says what would be."""
    done: Counter[str] = field(default_factory=Counter)
    """How many of what, in the order of the steps."""
    opened_cents: Counter[str] = field(default_factory=Counter)
    """Minor units of the opening entries, by currency."""
    problems: list[str] = field(default_factory=list)
    """What nobody but a person can decide; the documents concerned stay as they are."""
    progress: Callable[[int], None] = lambda _: None
    """Called with so many documents each time that they have been dealt with."""
    missed: int = 0
    """Documents that somebody else changed between their reading and their update."""

    def leave(self, problem: str) -> None:
        self.problems.append(problem)

    def lines(self) -> Iterator[str]:
        if self.done:
            yield "Nothing is changed. It would be:" if self.dry_run else "Done:"
        for what, count in self.done.items():
            yield f"  {what}: {count:,}"
        for currency, amount_cents in sorted(self.opened_cents.items()):
            yield f"  opening balances in all: {as_shown(amount_cents, currency)}"
        if not self.done:
            yield "No document needs a change."
        if self.problems:
            yield ""
            yield f"{len(self.problems):,} left to you, see docs/moving-in.md:"
            yield from (f"- {problem}" for problem in self.problems[:SHOWN])
            if len(self.problems) > SHOWN:
                yield f"... and {len(self.problems) - SHOWN:,} more"
