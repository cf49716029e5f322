"""Whether the records of refusals, which have no ledger entries, are those that were made."""

from typing import Any

from wallet_api.audit.differences import Findings
from wallet_api.audit.past import WalletPast
from wallet_api.audit.wallet_as_read import WalletAsRead
from wallet_api.errors import OutOfService
from wallet_api.movements.relay import hash_chain


class RefusalCheck:
    """The wallet's chain has their number, and the sum of their digests."""

    def __init__(
        self, wallet: WalletAsRead, found: Findings, pasts: list[WalletPast], *, verify_chain: bool
    ) -> None:
        self._wallet = wallet
        self._pasts = pasts
        self._found = found
        self._verify_chain = verify_chain
        self._count = 0
        self._sum = hash_chain.NO_REFUSALS

    def record(self, record: dict[str, Any]) -> None:
        """Count the record of a refusal. One of older code has no number."""
        number = record.get("refusal")
        if number is None:
            return
        digest = self._digest(record) if self._verify_chain else None
        if digest is not None:
            for past in self._pasts:
                past.add_refusal(record, digest)
        if record["_id"] in self._wallet.refused:
            return
        if not isinstance(number, int) or number > self._wallet.refusals:
            detail = f"refusal {number}, but the wallet has had {self._wallet.refusals} only"
            self._found.add("refusal_beyond_wallet", detail, entry=record["_id"])
            return
        self._count += 1
        if digest is not None:
            self._sum = hash_chain.added(self._sum, digest)

    def end(self) -> None:
        wallet = self._wallet
        if self._count != wallet.refusals:
            detail = (
                f"the wallet has had {wallet.refusals} refusals, and {self._count} are on record"
            )
            self._found.add("refusal_missing", detail)
        elif self._verify_chain and self._sum != wallet.refusals_sum:
            self._found.add(
                "refusal_changed", "the records of refusals are not those of the wallet"
            )

    @staticmethod
    def _digest(record: dict[str, Any]) -> bytes | None:
        """None: it has none. The sum tells."""
        try:
            return hash_chain.refusal_digest(record)
        except (KeyError, TypeError, AttributeError, OutOfService):
            return None
