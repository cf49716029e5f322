"""What a withdrawal and the gateway's payouts of it say together."""

from collections.abc import Iterator, Sequence
from typing import Any

from wallet_api.documents.kinds import RefundState, WithdrawalStatus
from wallet_api.payouts.gateway import Verdict
from wallet_api.payouts.reconciliation.findings import Finding, Kind, Note
from wallet_api.payouts.reconciliation.frame import Frame
from wallet_api.payouts.reconciliation.ours import Ours
from wallet_api.payouts.reconciliation.payouts import Payout, standing
from wallet_api.payouts.references import reference_of

NOT_REFUNDED = {
    Verdict.RETURNED: Kind.RETURNED_NOT_REFUNDED,
    Verdict.DECLINED: Kind.DECLINED_NOT_REFUNDED,
}


def of_both(ours: Ours, payouts: Sequence[Payout], frame: Frame) -> Iterator[Finding | Note]:
    """Nothing: they match."""
    for payout in payouts:
        yield from _of_payout(ours, payout)
    paid = [payout for payout in payouts if payout.told.verdict is Verdict.SETTLED]
    if len(paid) > 1:
        yield _paid_twice(ours, paid)
    yield from of_status(ours, payouts, frame)


def of_absence(ours: Ours, frame: Frame) -> Finding | Note:
    """Of a withdrawal of the period that the list does not have."""
    if ours.is_open:
        if not ours.references:
            return Note.NOT_EXPECTED
        if frame.is_young(ours):
            return Note.OPEN
        return _finding(Kind.MISSING_THERE, ours, detail="sent, still open here, not in the list")
    if ours.status == WithdrawalStatus.FAILED:
        return Note.NOT_EXPECTED
    if not frame.must_list(ours):
        return Note.AT_THE_EDGE
    return _finding(Kind.MISSING_THERE, ours, detail="paid here, not in the list")


def of_stranger(payout: Payout, ours: Ours | None, frame: Frame) -> Finding:
    """Of a payout against which no withdrawal of the gateway stands.

    `ours`: the withdrawal that its reference names, if there is one.
    """
    told = payout.told
    is_loss = told.verdict is Verdict.SETTLED
    if ours is None:
        detail = "no withdrawal of ours has its names"
    elif ours.gateway != frame.gateway:
        detail = f"withdrawal {ours.id} is not paid by {frame.gateway}"
    else:
        detail = f"withdrawal {ours.id} was never sent under this reference"
    return Finding(
        kind=Kind.MISSING_HERE,
        detail=detail,
        is_loss=is_loss,
        loss_cents=told.amount_cents if is_loss else None,
        **_theirs(payout),
    )


def _of_payout(ours: Ours, payout: Payout) -> Iterator[Finding]:
    told = payout.told
    if payout.is_contradicted:
        detail = "its lines differ at one time; compared by the one that pays most"
        yield _finding(Kind.CONTRADICTED, ours, payout, detail=detail)
    if told.currency != ours.currency:
        detail = f"{ours.currency} here, {told.currency} there"
        yield _finding(Kind.CURRENCY_DIFFERS, ours, payout, detail=detail)
    elif told.amount_cents != ours.amount_cents:
        more = told.amount_cents - ours.amount_cents
        is_loss = more > 0 and told.verdict is Verdict.SETTLED
        yield _finding(
            Kind.AMOUNT_DIFFERS,
            ours,
            payout,
            detail=f"{'more' if more > 0 else 'less'} there than was debited here",
            is_loss=is_loss,
            loss_cents=more if is_loss else None,
        )


def _paid_twice(ours: Ours, paid: Sequence[Payout]) -> Finding:
    """The loss is all but one of them; of several currencies, that is no sum."""
    surplus = sum(payout.told.amount_cents for payout in paid[1:])
    is_one_currency = len({payout.told.currency for payout in paid}) == 1
    return _finding(
        Kind.PAID_TWICE,
        ours,
        paid[0],
        detail=f"paid {len(paid)} times there",
        is_loss=True,
        loss_cents=surplus if is_one_currency else None,
    )


def of_status(ours: Ours, payouts: Sequence[Payout], frame: Frame) -> Iterator[Finding | Note]:
    theirs = standing(payouts)
    payout = next(each for each in payouts if each.told.verdict is theirs)
    is_failed = ours.status == WithdrawalStatus.FAILED
    if ours.is_open:
        if theirs is not Verdict.ACCEPTED:
            yield Note.OPEN if frame.is_young(ours) else _status(ours, payout)
    elif theirs is Verdict.ACCEPTED:
        is_old = frame.is_older_than_end_of(ours)
        yield Note.ENDED_SINCE if is_old else _status(ours, payout)
    elif theirs is Verdict.SETTLED:
        if is_failed:
            is_old = ours.is_returned and frame.is_older_than_end_of(ours)
            yield Note.ENDED_SINCE if is_old else _paid_after_refund(ours, payout)
    elif not is_failed:
        detail = f"{theirs} there, success here: not refunded"
        yield _finding(NOT_REFUNDED[theirs], ours, payout, detail=detail)
    elif ours.refund == RefundState.OWED:
        detail = f"{theirs} there, failed here, and the refund is owed still"
        yield _finding(NOT_REFUNDED[theirs], ours, payout, detail=detail)


def _paid_after_refund(ours: Ours, payout: Payout) -> Finding:
    is_owed = ours.refund == RefundState.OWED
    return _finding(
        Kind.PAID_AFTER_REFUND,
        ours,
        payout,
        detail="paid there, failed here" + (", and its refund is owed" if is_owed else ""),
        is_loss=True,
        loss_cents=payout.told.amount_cents,
    )


def _status(ours: Ours, payout: Payout) -> Finding:
    detail = f"{payout.told.verdict} there, {ours.status} here"
    return _finding(Kind.STATUS_DIFFERS, ours, payout, detail=detail)


def _finding(kind: Kind, ours: Ours, payout: Payout | None = None, **members: Any) -> Finding:
    theirs = _theirs(payout) if payout else {}
    last = ours.references[-1] if ours.references else reference_of(ours.id)
    return Finding(
        kind=kind,
        withdrawal=str(ours.id),
        status=ours.status,
        amount_cents=ours.amount_cents,
        currency=ours.currency,
        **{**theirs, "reference": theirs.get("reference") or last, **members},
    )


def _theirs(payout: Payout) -> dict[str, Any]:
    told = payout.told
    return {
        "reference": told.reference,
        "gateway_reference": told.gateway_reference,
        "trace": told.trace,
        "their_status": told.verdict,
        "their_amount_cents": told.amount_cents,
        "their_currency": told.currency,
    }
