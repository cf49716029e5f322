"""A statement as JSON or CSV, streamed: neither form holds more than one batch of entries."""

import csv
import io
import json
from collections.abc import Iterator

from wallet_api.clock import rfc3339
from wallet_api.ledger.schemas import LedgerEntryView
from wallet_api.ledger.statement import Statement
from wallet_api.money import to_major_units

COLUMNS = (
    "createdAt",
    "sequence",
    "type",
    "id",
    "withdrawalId",
    "amountCents",
    "balanceAfterCents",
    "amount",
    "balanceAfter",
    "currency",
)
_ENTRY = LedgerEntryView()


def as_json(statement: Statement) -> Iterator[str]:
    """The members of StatementResponse, entry by entry."""
    head = {
        "currency": statement.currency,
        "from": rfc3339(statement.since) if statement.since else None,
        "to": rfc3339(statement.until),
        "openingBalanceCents": statement.opening_balance_cents,
        "closingBalanceCents": statement.closing_balance_cents,
    }
    yield json.dumps(head, separators=(",", ":"))[:-1] + ',"entries":['
    for number, entry in enumerate(statement.entries):
        yield ("," if number else "") + json.dumps(_ENTRY.dump(entry), separators=(",", ":"))
    yield "]}"


def as_csv(statement: Statement) -> Iterator[str]:
    """RFC 4180: a header, the opening balance, the entries oldest first, the closing balance."""
    since = rfc3339(statement.since) if statement.since else ""
    yield _line(COLUMNS)
    yield _balance_line(statement, "opening", since, statement.opening_balance_cents)
    for entry in statement.entries:
        yield _line(
            (
                rfc3339(entry.booked_at),
                entry.sequence,
                entry.type,
                entry.id,
                entry.withdrawal or "",
                entry.amount_cents,
                entry.balance_after_cents,
                to_major_units(entry.amount_cents, statement.currency),
                to_major_units(entry.balance_after_cents, statement.currency),
                statement.currency,
            )
        )
    yield _balance_line(
        statement, "closing", rfc3339(statement.until), statement.closing_balance_cents
    )


def _balance_line(statement: Statement, kind: str, at: str, balance_cents: int) -> str:
    major = to_major_units(balance_cents, statement.currency)
    return _line((at, "", kind, "", "", "", balance_cents, "", major, statement.currency))


def _line(values: tuple[object, ...]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerow(values)
    return buffer.getvalue()
