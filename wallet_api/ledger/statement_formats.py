"""A statement as JSON or CSV, streamed: neither form holds more than one batch of entries."""

import csv
import io
import json
import re
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
    "destination",
    "reason",
    "idempotencyKey",
)
# What a spreadsheet takes for a formula where a cell begins with it (OWASP, CSV Injection), the
# full-width signs too. Where numbers have a decimal comma, cells are separated by semicolons.
_FORMULA = re.compile("(^|[;\t\r\n]) *(?=[=+@\t\r\n\uff1d\uff0b\uff0d\uff20-])")
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
                _text(entry.destination),
                _text(entry.reason),
                _text(entry.idempotency_key),
            )
        )
    yield _balance_line(
        statement, "closing", rfc3339(statement.until), statement.closing_balance_cents
    )


def _balance_line(statement: Statement, kind: str, at: str, balance_cents: int) -> str:
    major = to_major_units(balance_cents, statement.currency)
    values = (at, "", kind, "", "", "", balance_cents, "", major, statement.currency)
    return _line((*values, "", "", ""))


def _text(words: str | None) -> str:
    """What somebody wrote; where a spreadsheet would run it, it begins with an apostrophe."""
    return "" if words is None else _FORMULA.sub(r"\g<0>'", words)


def _line(values: tuple[object, ...]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerow(values)
    return buffer.getvalue()
