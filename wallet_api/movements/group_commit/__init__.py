"""Movements that come at the same time commit in one update, or in one command."""
