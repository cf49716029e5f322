"""Transfers between wallets: what leaves one arrives in the other, once."""
