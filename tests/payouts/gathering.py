"""Two withdrawals that their gateway has paid, which nobody has written yet."""

from tests.payouts.answering import Answering, Patch
from tests.payouts.paying import Paying
from tests.payouts.sent import Sent
from wallet_api.payouts import worker
from wallet_api.payouts.gateway import Verdict
from wallet_api.payouts.pace import Paces
from wallet_api.payouts.settlements import Settlement


def fail(error: Exception) -> None:
    raise AssertionError from error


def gathered(paying: Paying, patch: Patch) -> tuple[Sent, Sent, list[Settlement], Answering]:
    """The withdrawals, what is to be written of them, and the gateway."""
    first, second = Sent(paying, runs=False), Sent(paying, runs=False)
    gateway = Answering(patch, Verdict.SETTLED)
    waiting: list[Settlement] = []
    for turn in worker.take_up(Paces(), 2, waiting.append):
        turn.run()
    assert [each.record["status"] for each in (first, second)] == ["processing"] * 2
    return first, second, waiting, gateway
