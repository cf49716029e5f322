"""The result of a reconciliation, for people and for programs."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from wallet_api.clock import rfc3339
from wallet_api.invisible import is_plain
from wallet_api.money import as_shown
from wallet_api.payouts.reconciliation.findings import Finding, Note
from wallet_api.payouts.reconciliation.frame import Frame
from wallet_api.payouts.reconciliation.members import members_of
from wallet_api.payouts.reconciliation.summary import Summary, Total

SHOWN = 100

NOTES = {
    Note.OPEN: "are open here, and young enough",
    Note.AT_THE_EDGE: "are not in the list, and reach beyond the period",
    Note.ENDED_SINCE: "have ended here since the list was made",
    Note.NOT_EXPECTED: "are not in the list, and have failed here or were not sent yet",
    Note.OUTSIDE: "lines are about withdrawals outside of the period",
    Note.REPEATED: "further lines tell of payouts that others tell of",
}


def as_json(
    findings: Iterable[Finding], summary: Summary, frame: Frame, ignored: Sequence[str]
) -> Iterator[str]:
    """One object, in pieces: however many differences, none is kept."""
    yield '{"differences":['
    for number, finding in enumerate(findings):
        members = {name: value for name, value in members_of(finding).items() if value is not None}
        yield (",\n" if number else "\n") + json.dumps(members)
    yield "]," + json.dumps(_summary(summary, frame, ignored), indent=1)[1:] + "\n"


def _summary(summary: Summary, frame: Frame, ignored: Sequence[str]) -> dict[str, Any]:
    return {
        "clean": summary.differences == 0,
        "differenceCount": summary.differences,
        "lossCount": summary.losses,
        "gateway": frame.gateway,
        "from": rfc3339(frame.since),
        "to": rfc3339(frame.until),
        "lines": summary.lines,
        "withdrawals": summary.withdrawals,
        "matched": summary.matched,
        "kinds": dict(sorted(summary.kinds.items())),
        "notes": dict(sorted(summary.notes.items())),
        "ignoredColumns": list(ignored),
        "totals": {
            currency: {
                "lostCents": total.lost_cents,
                "paidCents": total.paid_cents,
                "theirPaidCents": total.their_paid_cents,
                "feesCents": total.fee_cents,
            }
            for currency, total in sorted(summary.totals.items())
        },
    }


def as_text(
    shown: Sequence[Finding], summary: Summary, frame: Frame, ignored: Sequence[str]
) -> Iterator[str]:
    """Lines. `shown` are the first findings; the last line is the answer."""
    yield f"{frame.gateway}, {rfc3339(frame.since)} until {rfc3339(frame.until)}"
    yield (
        f"{summary.lines:,} lines, {summary.withdrawals:,} withdrawals: {summary.matched:,} match"
    )
    for note, count in sorted(summary.notes.items()):
        yield f"note: {count:,} {NOTES[note]} ({note})"
    if ignored:
        yield f"note: columns that are not read: {', '.join(map(_safe, ignored))}"
    if shown:
        yield ""
        yield from _table([_row(finding) for finding in shown])
        if summary.differences > len(shown):
            yield f"... and {summary.differences - len(shown):,} more; --json lists all"
    for currency, total in sorted(summary.totals.items()):
        yield ""
        yield from _total(currency, total)
    yield ""
    yield _answer(summary)


def _answer(summary: Summary) -> str:
    if summary.differences == 0:
        return "Both books agree."
    found = f"{summary.differences:,} difference{'s' if summary.differences > 1 else ''}"
    return f"{found}, {summary.losses:,} of them a loss."


def _row(finding: Finding) -> tuple[str, ...]:
    name = finding.reference or finding.gateway_reference or finding.trace or ""
    here = there = "-"
    if finding.amount_cents is not None:
        here = f"{finding.status} {as_shown(finding.amount_cents, finding.currency)}"
    if finding.their_amount_cents is not None:
        amount = as_shown(finding.their_amount_cents, finding.their_currency)
        there = f"{finding.their_status} {amount}"
    loss = "LOSS" if finding.is_loss else ""
    return loss, finding.kind, name, here, there, finding.detail


def _table(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    table = [("", "kind", "reference", "here", "there", "what"), *rows]
    safe = [tuple(map(_safe, row)) for row in table]
    widths = [max(map(len, column)) for column in zip(*safe, strict=True)]
    for row in safe:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield "  ".join(cells).strip() if not widths[0] else "  ".join(cells).rstrip()


def _total(currency: str, total: Total) -> Iterator[str]:
    figures = [
        ("  paid here", total.paid_cents),
        ("  paid there", total.their_paid_cents),
        ("  fees there", total.fee_cents),
    ]
    if total.lost_cents:
        figures.insert(0, ("! lost", total.lost_cents))
    texts = [(name, as_shown(cents, currency)) for name, cents in figures]
    width = max(len(text) for _, text in texts)
    for name, text in texts:
        yield f"{name:<14}{text:>{width}}"


def _safe(text: str) -> str:
    """For a terminal: what a gateway tells could hold its controls."""
    return text if is_plain(text) else ascii(text)
