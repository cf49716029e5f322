"""Reconciliation: reads the withdrawals that the list names and those of its period, and compares.

It changes nothing. Round trips: one for each thousand withdrawals that the list names, one for each
thousand of the period; and where a line has no reference of ours, one for each thousand that the
gateway ever had.
"""

from collections.abc import Callable
from itertools import islice

from wallet_api.payouts.reconciliation import ours as withdrawals
from wallet_api.payouts.reconciliation import verdicts
from wallet_api.payouts.reconciliation.findings import Finding, Note
from wallet_api.payouts.reconciliation.found import Found
from wallet_api.payouts.reconciliation.frame import Frame
from wallet_api.payouts.reconciliation.lines import Lines
from wallet_api.payouts.reconciliation.ours import Ours
from wallet_api.payouts.reconciliation.payouts import Payout, payouts_of
from wallet_api.payouts.reconciliation.summary import Summary
from wallet_api.payouts.reconciliation.told import Told


def reconcile(
    lines: Lines, frame: Frame, found: Found, progress: Callable[[int], None] = lambda _: None
) -> Summary:
    """`progress` is called with the number of lines that were compared since the last call.

    Raises BadList: one withdrawal has too many lines; PyMongoError.
    """
    lines.match(lambda: withdrawals.names(frame.gateway))
    run = _Run(lines, frame, found, progress)
    run.compare()
    return run.summary


class _Run:
    def __init__(
        self, lines: Lines, frame: Frame, found: Found, progress: Callable[[int], None]
    ) -> None:
        self.summary = Summary(lines=lines.count)
        self._lines, self._frame, self._found, self._progress = lines, frame, found, progress

    def compare(self) -> None:
        named = self._lines.by_withdrawal()
        while batch := list(islice(named, withdrawals.AT_ONCE)):
            ours = withdrawals.by_id([withdrawal for withdrawal, _ in batch])
            for withdrawal, told in batch:
                self._of_lines(ours.get(withdrawal), told)
        for stranger in self._lines.unmatched():
            self._of_strangers([stranger], None)
            self._progress(1)
        frame = self._frame
        for of_period in withdrawals.made_between(frame.gateway, frame.since, frame.until):
            for each in of_period:
                if not self._lines.has(each.id):
                    self.summary.add_ours(each)
                    self._say(verdicts.of_absence(each, frame))

    def _of_lines(self, ours: Ours | None, told: list[Told]) -> None:
        """Of all lines that were matched with one id."""
        self._progress(len(told))
        if ours is None or ours.gateway != self._frame.gateway:
            self._of_strangers(told, ours)
            return
        if strangers := [each for each in told if not ours.may_be(each.reference)]:
            self._of_strangers(strangers, ours)
        rest = [each for each in told if ours.may_be(each.reference)]
        if not rest:
            self._of_nothing(ours)
        elif self._frame.covers(ours.created_at) or any(map(self._frame.has_line, rest)):
            self._of_both(ours, payouts_of(rest))
        else:
            self.summary.notes[Note.OUTSIDE] += len(rest)

    def _of_both(self, ours: Ours, payouts: list[Payout]) -> None:
        self.summary.add_ours(ours)
        self.summary.add_theirs(payouts)
        is_matched = True
        for said in verdicts.of_both(ours, payouts, self._frame):
            self._say(said)
            is_matched = False
        self.summary.matched += is_matched

    def _of_nothing(self, ours: Ours) -> None:
        if self._frame.covers(ours.created_at):
            self.summary.add_ours(ours)
            self._say(verdicts.of_absence(ours, self._frame))

    def _of_strangers(self, told: list[Told], ours: Ours | None) -> None:
        inside = [each for each in told if self._frame.has_line(each)]
        if len(inside) < len(told):
            self.summary.notes[Note.OUTSIDE] += len(told) - len(inside)
        payouts = payouts_of(inside)
        self.summary.add_theirs(payouts)
        for payout in payouts:
            self._say(verdicts.of_stranger(payout, ours, self._frame))

    def _say(self, said: Finding | Note) -> None:
        self.summary.count(said)
        if isinstance(said, Finding):
            self._found.add(said)
