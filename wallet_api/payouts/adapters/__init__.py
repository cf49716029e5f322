"""The gateways that payouts go through, each behind the port of `payouts/gateway.py`."""
