"""The gateway's list, sorted by our withdrawals: by reference, by gateway reference, by trace."""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import groupby, islice
from typing import Any

from bson import ObjectId

from wallet_api.payouts.gateway import Verdict
from wallet_api.payouts.reconciliation.scratch import scratch
from wallet_api.payouts.reconciliation.told import BadList, Told
from wallet_api.payouts.references import withdrawal_of

AT_ONCE = 1000

MOST_OF_ONE = 100
"""Lines about one withdrawal: they are compared in memory."""

_EPOCH, _MS = datetime(1970, 1, 1, tzinfo=UTC), timedelta(milliseconds=1)

# A withdrawal is its id; an empty one says that several fit.
_SCHEMA = """
CREATE TABLE line (
    withdrawal BLOB, by_gateway_reference BLOB, by_trace BLOB,
    reference TEXT, gateway_reference TEXT, trace TEXT, amount_cents INTEGER, currency TEXT,
    verdict TEXT, at INTEGER, fee_cents INTEGER
)"""
_INDEXES = """
CREATE INDEX of_withdrawal ON line (withdrawal, gateway_reference);
CREATE INDEX of_gateway_reference ON line (gateway_reference) WHERE withdrawal IS NULL;
CREATE INDEX of_trace ON line (trace) WHERE withdrawal IS NULL;
"""
_MEMBERS = "reference, gateway_reference, trace, amount_cents, currency, verdict, at, fee_cents"
_INSERT = f"INSERT INTO line (withdrawal, {_MEMBERS}) VALUES (?,?,?,?,?,?,?,?,?)"  # noqa: S608
_SELECT = f"SELECT withdrawal, {_MEMBERS} FROM line"  # noqa: S608
CLAIM_BY_GATEWAY_REFERENCE = """
UPDATE line SET by_gateway_reference = iif(by_gateway_reference IS NULL, ?, x'')
WHERE withdrawal IS NULL AND gateway_reference = ?"""
CLAIM_BY_TRACE = """
UPDATE line SET by_trace = iif(by_trace IS NULL, ?, x'')
WHERE withdrawal IS NULL AND trace = ?"""
DECIDE = """
UPDATE line SET withdrawal = nullif(coalesce(by_gateway_reference, by_trace), x'')
WHERE withdrawal IS NULL"""

Names = tuple[ObjectId, str | None, str | None]
"""Of a withdrawal: its id, the gateway's reference, the trace."""


class Lines:
    """Withdrawals are named here by their ids alone; nothing is read of them."""

    def __init__(self, told: Iterable[Told], progress: Callable[[int], None]) -> None:
        """Raises BadList, and what `told` raises: then nothing of it was compared."""
        self._database = scratch(_SCHEMA)
        self.count = 0
        rows = map(_row, told)
        while batch := list(islice(rows, AT_ONCE)):
            self._database.execute("BEGIN")
            self._database.executemany(_INSERT, batch)
            self._database.execute("COMMIT")
            self.count += len(batch)
            progress(len(batch))
        self._database.executescript(_INDEXES)

    def close(self) -> None:
        self._database.close()

    @property
    def times(self) -> tuple[datetime, datetime] | None:
        """Of the first and of the last change that is told; None: the list has no times."""
        first, last = self._database.execute("SELECT min(at), max(at) FROM line").fetchone()
        return None if first is None else (_EPOCH + first * _MS, _EPOCH + last * _MS)

    def match(self, names: Callable[[], Iterator[list[Names]]]) -> None:
        """Give the lines without a reference of ours to withdrawals that have the same gateway
        reference, or else the same trace; one that several withdrawals fit stays without.

        `names`: of all withdrawals of the gateway. It is called only where there are such lines.
        Raises BadList: one withdrawal has too many lines.
        """
        unmatched = "SELECT 1 FROM line WHERE withdrawal IS NULL LIMIT 1"
        if self._database.execute(unmatched).fetchone():
            self._database.execute("BEGIN")
            for batch in names():
                by_reference = [(id.binary, name) for id, name, _ in batch if name is not None]
                by_trace = [(id.binary, trace) for id, _, trace in batch if trace is not None]
                self._database.executemany(CLAIM_BY_GATEWAY_REFERENCE, by_reference)
                self._database.executemany(CLAIM_BY_TRACE, by_trace)
            self._database.execute(DECIDE)
            self._database.execute("COMMIT")
        self._check_numbers()

    def by_withdrawal(self) -> Iterator[tuple[ObjectId, list[Told]]]:
        """In the order of ids."""
        cursor = self._database.execute(f"{_SELECT} WHERE withdrawal NOTNULL ORDER BY withdrawal")
        for withdrawal, rows in groupby(cursor, key=lambda row: row[0]):
            yield ObjectId(withdrawal), [_told(row) for row in rows]

    def unmatched(self) -> Iterator[Told]:
        """Those of no withdrawal."""
        for row in self._database.execute(f"{_SELECT} WHERE withdrawal IS NULL"):
            yield _told(row)

    def has(self, withdrawal: ObjectId) -> bool:
        found = self._database.execute(
            "SELECT 1 FROM line WHERE withdrawal = ? LIMIT 1", (withdrawal.binary,)
        )
        return found.fetchone() is not None

    def _check_numbers(self) -> None:
        found = self._database.execute(
            "SELECT reference FROM line WHERE withdrawal NOTNULL "
            "GROUP BY withdrawal HAVING count(*) > ? LIMIT 1",
            (MOST_OF_ONE,),
        ).fetchone()
        if found:
            raise BadList(f"There are more than {MOST_OF_ONE} lines of one payout: {found[0]!r}")


def _row(told: Told) -> tuple[Any, ...]:
    withdrawal = withdrawal_of(told.reference) if told.reference else None
    return (
        withdrawal and withdrawal.binary,
        told.reference,
        told.gateway_reference,
        told.trace,
        told.amount_cents,
        told.currency,
        told.verdict,
        None if told.at is None else (told.at - _EPOCH) // _MS,
        told.fee_cents,
    )


def _told(row: tuple[Any, ...]) -> Told:
    _, reference, gateway_reference, trace, amount_cents, currency, verdict, at, fee_cents = row
    return Told(
        reference,
        gateway_reference,
        trace,
        amount_cents,
        currency,
        Verdict(verdict),
        None if at is None else _EPOCH + at * _MS,
        fee_cents,
    )
