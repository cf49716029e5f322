"""Payouts through Celery: with the real servers, and with processes that are killed."""
