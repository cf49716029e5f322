"""A statement as JSON or CSV, streamed: each piece of it holds one batch of entries at most."""

import csv
import io
import json
from collections.abc import Iterable, Iterator

from wallet_api.clock import rfc3339
from wallet_api.ledger.schemas import LedgerEntryView
from wallet_api.ledger.statement import Statement
from wallet_api.ledger.transactions import Transaction
from wallet_api.money import to_major_units
from wallet_api.spreadsheets import as_text
from wallet_api.web.compiled_dump import json_writer

Line = tuple[object, ...]

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
    "destination",
    "reason",
    "idempotencyKey",
    "counterpart",
)
_write = json_writer(LedgerEntryView(), in_ascii=True)
_encode = json.JSONEncoder(separators=(",", ":")).encode


def as_json(statement: Statement) -> Iterator[str]:
    """The members of StatementResponse, batch by batch."""
    head = {
        "currency": statement.currency,
        "from": rfc3339(statement.since) if statement.since else None,
        "to": rfc3339(statement.until),
        "openingBalanceCents": statement.opening_balance_cents,
        "closingBalanceCents": statement.closing_balance_cents,
    }
    text = _encode(head)[:-1] + ',"entries":['
    for batch in statement.entries:
        yield text + ",".join([_write(entry) for entry in batch])
        text = ","
    yield text.removesuffix(",") + "]}"


def as_csv(statement: Statement) -> Iterator[str]:
    """RFC 4180: a header, the opening balance, the entries oldest first, the closing balance."""
    since = rfc3339(statement.since) if statement.since else ""
    opening = _balance_line(statement, "opening", since, statement.opening_balance_cents)
    text = _lines([COLUMNS, opening])
    for batch in statement.entries:
        yield text + _lines(_entry_line(entry, statement.currency) for entry in batch)
        text = ""
    until = rfc3339(statement.until)
    closing = _balance_line(statement, "closing", until, statement.closing_balance_cents)
    yield text + _lines([closing])


def _entry_line(entry: Transaction, currency: str) -> Line:
    return (
        rfc3339(entry.booked_at),
        entry.sequence,
        entry.type,
        entry.id,
        entry.withdrawal or "",
        entry.amount_cents,
        entry.balance_after_cents,
        to_major_units(entry.amount_cents, currency),
        to_major_units(entry.balance_after_cents, currency),
        currency,
        _text(entry.destination),
        _text(entry.reason),
        _text(entry.idempotency_key),
        entry.counterpart or "",
    )


def _balance_line(statement: Statement, kind: str, at: str, balance_cents: int) -> Line:
    major = to_major_units(balance_cents, statement.currency)
    values = (at, "", kind, "", "", "", balance_cents, "", major, statement.currency)
    return (*values, "", "", "", "")


def _text(words: str | None) -> str:
    """What somebody wrote."""
    return "" if words is None else as_text(words)


def _lines(lines: Iterable[Line]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerows(lines)
    return buffer.getvalue()
