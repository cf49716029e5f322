"""What a key may be allowed to do, and nothing beyond it."""

from enum import StrEnum


class Scope(StrEnum):
    DEPOSITS = "deposits"
    WITHDRAWALS = "withdrawals"
    READ = "read"
    """Balances, withdrawals, transactions, statements."""
    USERS = "users"
    """Who the user is: names and email."""
