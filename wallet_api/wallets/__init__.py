"""A balance and its owner."""
