"""Which idempotency keys a wallet has used: by its filter, its sealed filters, and a hint."""
