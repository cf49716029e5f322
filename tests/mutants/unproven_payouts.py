"""Workers that believe a withdrawal's record, whoever has written it."""

from tests.mutants.kinds import Patch
from wallet_api.payouts import ledger_proof, steps


def the_record_is_believed(patch: Patch) -> None:
    """What the ledger says of it is not asked."""
    patch(ledger_proof, "contradiction", lambda record, entry: None)


def a_refund_is_not_looked_for(patch: Patch) -> None:
    """The ledger is asked for the debit alone."""
    entries_of = ledger_proof.entries_of
    patch(ledger_proof, "entries_of", lambda records: entries_of(records)["$or"][0])


def what_is_pending_is_new(patch: Patch) -> None:
    """And was never sent, however old it is."""
    patch(steps, "may_be_forgotten", lambda *known: False)
