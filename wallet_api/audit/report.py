"""The audit's result, for people and for programs."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Any

from wallet_api.audit.differences import Difference
from wallet_api.audit.reviews import Reviews
from wallet_api.audit.verdict import Summary, Total
from wallet_api.clock import rfc3339
from wallet_api.documents.kinds import MovementKind
from wallet_api.money import as_shown

SHOWN = 100

_CAMEL = {"amount_cents": "amountCents"}


def as_json(differences: Iterable[Difference], summary: Summary) -> Iterator[str]:
    """One object, written as the audit goes on: however many differences, none is kept.

    `summary` is filled while `differences` are drawn.
    """
    yield '{"differences":['
    for number, difference in enumerate(differences):
        members = {
            _CAMEL.get(name, name): value
            for name, value in asdict(difference).items()
            if value is not None
        }
        yield (",\n" if number else "\n") + json.dumps(members, default=str)
    yield "],\n" + json.dumps(_summary(summary), indent=1)[1:] + "\n"


def _summary(summary: Summary) -> dict[str, Any]:
    return {
        "clean": summary.differences == 0,
        "differenceCount": summary.differences,
        "wallets": summary.wallets,
        "ledgerEntries": summary.entries,
        "movementsNotYetCopied": summary.uncopied,
        "withdrawals": summary.withdrawals,
        "usersWithoutWallet": summary.users_without_wallet,
        "operatorActs": summary.operator_acts,
        "toReviewCount": summary.reviews.count,
        "toReview": [each.as_json() for each in summary.reviews.first],
        "totals": {
            currency: {
                "depositsCents": total.moved_cents[MovementKind.DEPOSIT],
                "withdrawalsCents": -total.moved_cents[MovementKind.WITHDRAWAL],
                "transfersOutCents": -total.moved_cents[MovementKind.TRANSFER_OUT],
                "transfersInCents": total.moved_cents[MovementKind.TRANSFER_IN],
                "transfersBackCents": total.transfers_back_cents,
                "transfersUnderWayCents": total.transfers_under_way_cents,
                "refundsCents": total.moved_cents[MovementKind.REFUND],
                "adjustmentsCents": total.moved_cents[MovementKind.ADJUSTMENT],
                "balancesCents": total.balance_cents,
                "heldCents": total.held_cents,
                "refundsOwedCents": total.owed_cents,
                "differenceCents": total.difference_cents,
            }
            for currency, total in sorted(summary.totals.items())
        },
    }


def as_text(
    shown: list[Difference],
    summary: Summary,
    seconds: float,
    proven: Iterable[datetime] = (),
    *,
    verify_chain: bool,
) -> Iterator[str]:
    """Lines. `shown` are the first differences, `proven` the instants up to which nothing has
    changed since an anchor; the last line is the answer."""
    rate = summary.wallets / seconds if seconds else 0
    yield f"{summary.wallets:,} wallets in {seconds:.1f} s ({rate:,.0f} a second)"
    yield f"{summary.entries:,} ledger entries, and {summary.uncopied:,} movements not yet copied"
    yield f"{summary.withdrawals:,} withdrawals"
    if summary.operator_acts:
        yield f"{summary.operator_acts:,} acts in the operators' log"
    yield "hash chains: " + ("every hash recomputed" if verify_chain else "their ends compared")
    for instant in proven:
        yield f"anchor: nothing that was booked up to {rfc3339(instant)} has changed"
    if summary.users_without_wallet:
        yield f"{summary.users_without_wallet:,} users without a wallet yet: it opens when needed"
    for currency, total in sorted(summary.totals.items()):
        yield ""
        yield from _total(currency, total)
    if summary.reviews.count:
        yield ""
        yield from _reviews(summary.reviews)
    if shown:
        yield ""
        yield from map(_line, shown)
        if summary.differences > len(shown):
            yield f"... and {summary.differences - len(shown):,} more; --json lists all"
    yield ""
    if summary.differences == 0:
        yield "Every cent adds up."
    else:
        yield f"{summary.differences:,} difference{'s' if summary.differences > 1 else ''}."


def _total(currency: str, total: Total) -> Iterator[str]:
    figures = [
        ("  deposits", total.moved_cents[MovementKind.DEPOSIT]),
        ("- withdrawals", -total.moved_cents[MovementKind.WITHDRAWAL]),
        *_transfers(total),
        ("+ refunds", total.moved_cents[MovementKind.REFUND]),
        ("+ adjustments", total.moved_cents[MovementKind.ADJUSTMENT]),
        ("= should be", sum(total.moved_cents.values())),
        ("  balances", total.balance_cents),
    ]
    if total.held_cents:
        figures.append(("  (held for payouts)", total.held_cents))
    if total.owed_cents:
        figures.append(("  (refunds owed)", total.owed_cents))
    if total.difference_cents:
        figures.append(("! difference", total.difference_cents))
    texts = [(name, as_shown(amount_cents, currency)) for name, amount_cents in figures]
    width = max(len(text) for _, text in texts)
    for name, text in texts:
        yield f"{name:<22}{text:>{width}}"


def _transfers(total: Total) -> list[tuple[str, int]]:
    """What left one wallet has arrived in another, is back, or is under way."""
    out_cents = -total.moved_cents[MovementKind.TRANSFER_OUT]
    if not out_cents:
        return []
    return [
        ("- transfers out", out_cents),
        ("+ transfers in", total.moved_cents[MovementKind.TRANSFER_IN]),
        ("  (came back)", total.transfers_back_cents),
        ("  (under way)", total.transfers_under_way_cents),
    ]


def _reviews(reviews: Reviews) -> Iterator[str]:
    """A person must decide, but no cent is missing."""
    for review in reviews.first:
        yield review.as_text()
    if reviews.count > len(reviews.first):
        yield f"... and {reviews.count - len(reviews.first):,} more to review"


def _line(difference: Difference) -> str:
    line = f"{difference.kind}: wallet {difference.wallet}"
    if difference.sequence is not None:
        line += f", entry {difference.sequence}"
    if difference.entry is not None:
        line += f", id {difference.entry}"
    if difference.amount_cents is not None:
        line += f", {as_shown(difference.amount_cents, difference.currency)}"
    return f"{line}: {difference.detail}"
