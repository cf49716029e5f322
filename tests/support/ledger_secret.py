"""The secret with which every process of a test signs the ledger."""

LEDGER_SECRET = "a secret of the ledgers in tests and of nothing else"
