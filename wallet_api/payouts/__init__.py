"""From a debit to money at the bank."""
