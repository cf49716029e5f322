"""A finding as programs read it, in JSON and in CSV: the names of its members."""

from typing import Any

from wallet_api.payouts.reconciliation.findings import Finding

NAMES = {
    "kind": "kind",
    "isLoss": "is_loss",
    "withdrawalId": "withdrawal",
    "reference": "reference",
    "gatewayReference": "gateway_reference",
    "trace": "trace",
    "status": "status",
    "theirStatus": "their_status",
    "amountCents": "amount_cents",
    "currency": "currency",
    "theirAmountCents": "their_amount_cents",
    "theirCurrency": "their_currency",
    "lossCents": "loss_cents",
    "detail": "detail",
}


def members_of(finding: Finding) -> dict[str, Any]:
    """None where a member says nothing."""
    return {name: getattr(finding, attribute) for name, attribute in NAMES.items()}
