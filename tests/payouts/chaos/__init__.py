"""Withdrawals through workers that are killed, and a gateway that does everything wrong."""
