"""Wallets and deposits in JSON."""

from marshmallow import fields

from wallet_api.web.amounts import CurrencyCode, MovementRequest, cents, optional_cents
from wallet_api.web.fields import Identifier, Instant
from wallet_api.web.schema import OutputSchema, SparseSchema


class DepositRequest(MovementRequest):
    example = {"amount": 100.5, "currency": "INR"}


class LimitsView(SparseSchema):
    """The limits on a wallet's withdrawals, and what they leave of today."""

    minimum_cents = optional_cents("minimumCents")
    per_withdrawal_cents = optional_cents("perWithdrawalCents")
    per_day_cents = optional_cents("perDayCents")
    left_today_cents = optional_cents("leftTodayCents")
    count_per_day = optional_cents("countPerDay", "How many withdrawals a day has.")
    left_today_count = optional_cents("leftTodayCount", "How many are left of today's.")
    new_destinations_cents = optional_cents("newDestinationsCents")
    left_today_new_destinations_cents = optional_cents("leftTodayNewDestinationsCents")
    renews_at = Instant("When the next day begins.", data_key="renewsAt")


class _Balance(OutputSchema):
    balance_cents = cents("balanceCents")
    currency = CurrencyCode(required=True)


class WalletResponse(_Balance, SparseSchema):
    held_cents = optional_cents(
        "heldCents", "Only where withdrawals are paid out: debited, and still under way."
    )
    limits = fields.Nested(
        LimitsView, metadata={"description": "Only where there are limits on withdrawals."}
    )

    example = {"balanceCents": 10050, "currency": "INR"}


class DepositResponse(_Balance):
    message = fields.Constant("Deposit successful")
    id = Identifier(required=True)
    amount_cents = cents("amountCents", least=1)
    created_at = Instant(data_key="createdAt", required=True)

    example = {
        "message": "Deposit successful",
        "id": "67bc3e1f5d1e4a2b9c8d7e6f",
        "amountCents": 10050,
        "balanceCents": 10050,
        "currency": "INR",
        "createdAt": "2026-02-24T12:34:56.789Z",
    }
