"""Balances and deposits."""
