"""How the gateway tells the service by itself that a payout has changed."""
