"""The outbox relay: committed movements become ledger entries and withdrawal records."""
