"""The adapter's own list of payouts, in the words of reconciliation."""

from collections.abc import Iterator
from datetime import datetime

from wallet_api.payouts.gateway import Answer, Lists, Verdict
from wallet_api.payouts.reconciliation.told import LARGEST, BadList, Told

WORDS = {
    Verdict.ACCEPTED: Verdict.ACCEPTED,
    Verdict.SETTLED: Verdict.SETTLED,
    Verdict.DECLINED: Verdict.DECLINED,
    Verdict.RETURNED: Verdict.RETURNED,
    # It was not executed, whosever fault that was.
    Verdict.NOT_TAKEN: Verdict.DECLINED,
}


def listed(gateway: Lists, since: datetime, until: datetime) -> Iterator[Told]:
    """Those that the gateway took from `since` until before `until`.

    Raises BadList: an item cannot be compared; OSError: the gateway cannot be asked now.
    """
    for number, answer in enumerate(gateway.payouts_between(since, until), 1):
        yield _told(answer, number)


def _told(answer: Answer, number: int) -> Told:
    verdict = WORDS.get(answer.verdict)
    if verdict is None or answer.amount_cents is None or answer.currency is None:
        raise BadList(f"The gateway's list, payout {number}: lacks amount, currency or status")
    if answer.amount_cents > LARGEST:
        raise BadList(f"The gateway's list, payout {number}: no amount is so large")
    return Told(
        answer.reference,
        answer.gateway_reference,
        answer.trace,
        answer.amount_cents,
        answer.currency,
        verdict,
        None,
        answer.fee_cents,
    )
