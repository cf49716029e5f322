"""Whether a wallet remembers every key that its records hold: a forgotten key would pay again."""

from collections import deque
from collections.abc import Iterator
from typing import Any

from wallet_api.audit.differences import Findings
from wallet_api.audit.wallet_as_read import WalletAsRead
from wallet_api.movements.used_keys import bloom_filter
from wallet_api.movements.used_keys.sealed_filters import MAX_PER_WALLET


class KeyCheck:
    """The wallet's filter and its sealed filters, as they were read: the wallet first."""

    def __init__(
        self, wallet: WalletAsRead, sealed: Iterator[dict[str, Any]], found: Findings
    ) -> None:
        self._user = wallet.user
        self._found = found
        self._waiting = {movement.get("idempotencyKey") for movement in wallet.outbox}
        self._filters: deque[bloom_filter.Filter] = deque([wallet.seen_keys])
        self._is_told = wallet.sealed_filters <= MAX_PER_WALLET
        """Beyond, the records are looked up for every key, and the filters would not fit here."""
        self._take_sealed(sealed, wallet.sealed_filters)

    def compare(self, record: dict[str, Any], scoped_key: str) -> None:
        """Report the record's key where neither the outbox nor any filter holds it."""
        if not self._is_told or scoped_key in self._waiting:
            return
        if not self._is_in_a_filter(scoped_key):
            self._found.add(
                "key_unknown",
                f"no filter of the wallet has the key {scoped_key!r}: it would pay again",
                entry=record["_id"],
                amount_cents=record.get("amountCents"),
            )

    def _is_in_a_filter(self, scoped_key: str) -> bool:
        """Records come in the order in which filters were filled, so that the filter which has one
        key mostly has the next: the others, hundreds after a million keys, are asked after it."""
        positions = bloom_filter.positions_of(self._user, scoped_key)
        for _ in range(len(self._filters)):
            if bloom_filter.might_contain((self._filters[0],), positions):
                return True
            self._filters.rotate(-1)
        return False

    def _take_sealed(self, sealed: Iterator[dict[str, Any]], count: int) -> None:
        expected = 1
        for each in sealed:
            number: Any = each.get("number")
            layers: Any = each.get("seenKeys")
            if not isinstance(number, int) or not bloom_filter.is_whole(layers):
                self._found.add("malformed", "a sealed filter of keys", entry=each["_id"])
                continue
            self._report_missing(expected, min(number - 1, count))
            expected = max(expected, number + 1)
            if self._is_told:
                self._filters.append(layers)
        self._report_missing(expected, count)

    def _report_missing(self, first: int, last: int) -> None:
        if first <= last:
            which = f"filter {first} is" if first == last else f"filters {first} to {last} are"
            detail = f"of {last} sealed filters of keys, {which} missing"
            self._found.add("filter_missing", detail, sequence=first)
