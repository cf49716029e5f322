"""From the lines about one withdrawal to the payouts that they tell of."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby

from wallet_api.payouts.gateway import Verdict
from wallet_api.payouts.reconciliation.told import Told

_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Payout:
    told: Told
    """By the latest of its lines."""
    is_contradicted: bool = False
    """Whether its latest lines differ: then `told` is the one by which most has been paid."""
    earlier_lines: int = 0
    """How many more lines tell of it."""


def payouts_of(lines: Iterable[Told]) -> list[Payout]:
    """In an order that does not depend on that of the lines.

    Lines with one reference of the gateway are one payout, told as it went on. A line without such
    a reference is a payout by itself: two of them might be two payments.
    """
    ordered = sorted(lines, key=place_of)
    found: list[Payout] = []
    for gateway_reference, same in groupby(ordered, key=lambda told: told.gateway_reference):
        if gateway_reference is None:
            found += map(Payout, same)
        else:
            found.append(_one(list(same)))
    return found


def _one(lines: Sequence[Told]) -> Payout:
    latest = max(told.at or _NEVER for told in lines)
    last = [told for told in lines if (told.at or _NEVER) == latest]
    said = {(told.reference, told.amount_cents, told.currency, told.verdict) for told in last}
    worst = max(last, key=lambda told: (told.verdict is Verdict.SETTLED, told.amount_cents))
    return Payout(worst, len(said) > 1, len(lines) - 1)


def place_of(told: Told) -> tuple[object, ...]:
    return (
        told.gateway_reference or "",
        told.reference or "",
        told.at or _NEVER,
        told.verdict,
        told.currency,
        told.amount_cents,
        told.trace or "",
        -1 if told.fee_cents is None else told.fee_cents,
    )


def standing(payouts: Iterable[Payout]) -> Verdict:
    """Of one withdrawal's payouts together: paid if one is, and at work if one still is."""
    said = {payout.told.verdict for payout in payouts}
    order = (Verdict.SETTLED, Verdict.ACCEPTED, Verdict.RETURNED, Verdict.DECLINED)
    return next(verdict for verdict in order if verdict in said)
