"""Proof of who is calling."""
