"""Helpers that speak the domain."""
