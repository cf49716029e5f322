"""A transfer is done by the request that asks for it, so that its answer tells the end."""

import logging
import time
from dataclasses import replace

from bson import ObjectId

from wallet_api.config import settings
from wallet_api.database_trouble import trouble_in
from wallet_api.documents.kinds import WithdrawalStatus
from wallet_api.movements import Receipt
from wallet_api.movements.relay import worker as relay
from wallet_api.movements.relay.copy import copy_outbox
from wallet_api.payouts import queue, record
from wallet_api.payouts.ledger_proof import LedgerProof
from wallet_api.payouts.pace import Paces
from wallet_api.payouts.pay import Turn
from wallet_api.payouts.transfers import Transfer

log = logging.getLogger(__name__)


def done(sender: ObjectId, receipt: Receipt) -> Receipt:
    """The receipt of a debit, with the status that its transfer has come to.

    Nine round trips: those of a copy (four), the claim, the proof of the ledger, the arrival, the
    status written, and read again; about nine more where the recipient refuses it, and the money
    goes back. None for a replay of one that has ended.

    Raises nothing: the debit has committed. What fails here leaves the status pending, or
    processing, and a worker goes on.
    """
    if receipt.status != WithdrawalStatus.PENDING:
        return receipt
    try:
        return replace(receipt, status=_take_up(sender, receipt.id) or receipt.status)
    except Exception as error:
        if trouble_in(error) is None:
            log.exception("A transfer could not be done at once; it stays due")
        relay.enqueue_at_once(sender)
        return receipt


def _take_up(sender: ObjectId, withdrawal: ObjectId) -> WithdrawalStatus | None:
    """None: somebody else has taken it up."""
    copy_outbox(sender)
    chosen = settings().payouts
    begun = time.monotonic()
    claimed = queue.claim_new(withdrawal, chosen.lease)
    if claimed is None:
        return None
    Turn(claimed, Transfer(claimed), chosen, begun, Paces(), LedgerProof([claimed])).run()
    found = record.read(withdrawal)
    return None if found is None else found.status
