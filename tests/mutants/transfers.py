"""Transfers that arrive twice, come back twice, or are given up too early."""

from dataclasses import replace

from bson import ObjectId

from tests.mutants.kinds import Patch
from wallet_api.movements import Order
from wallet_api.movements import post as movements_post
from wallet_api.payouts import pay, refunds, transfers
from wallet_api.payouts.gateway import Answer, Payout, Verdict
from wallet_api.payouts.record import PayoutRecord
from wallet_api.payouts.transfers import Transfer


def arrival_keyed_by_the_try(patch: Patch) -> None:
    """Each submission has a key of its own, in place of the withdrawal's."""
    own = Transfer.arrival

    def mutant(transfer: Transfer) -> Order:
        return replace(own(transfer), key=str(ObjectId()))

    patch(Transfer, "arrival", mutant)


def refund_keyed_by_the_try(patch: Patch) -> None:
    """Each decision to refund has a key of its own."""

    def mutant(order: Order) -> object:
        return movements_post(replace(order, key=str(ObjectId())))

    patch(refunds, "post", mutant)


def refused_there_is_unknown(patch: Patch) -> None:
    """What the recipient refuses is tried again for ever."""
    patch(Transfer, "refused", lambda *_: Answer(verdict=Verdict.UNKNOWN))


def refused_for_the_moment(patch: Patch) -> None:
    """A refusal is believed, and does not keep an earlier submission from arriving later."""

    def mutant(transfer: Transfer, order: Order, reason: str) -> Answer:
        return Answer(verdict=Verdict.DECLINED, reason=reason)

    patch(Transfer, "refused", mutant)


def unknown_is_refused(patch: Patch) -> None:
    """Trouble with the database is taken for a refusal."""
    submit = Transfer.submit

    def mutant(transfer: Transfer, payout: Payout) -> Answer:
        answer = submit(transfer, payout)
        if answer.verdict == Verdict.UNKNOWN:
            return Answer(verdict=Verdict.DECLINED, reason=transfers.CANNOT_RECEIVE)
        return answer

    patch(Transfer, "submit", mutant)


def arrived_is_told_by_nobody(patch: Patch) -> None:
    """A worker who takes a transfer up again pays it back, without asking."""

    def mutant(turn: pay.Turn) -> None:
        record: PayoutRecord = turn.record
        if record.attempts and record.attempts[-1].fence != record.fence:
            refunds.pay_back(replace(record, failure_reason="declined"))
        else:
            run(turn)

    run = pay.Turn.run
    patch(pay.Turn, "run", mutant)
