"""Withdrawals in JSON."""

from typing import Any

from marshmallow import fields, validate

from wallet_api.documents.kinds import STATUSES
from wallet_api.web.amounts import CurrencyCode, MovementRequest, cents
from wallet_api.web.fields import Identifier, Instant, Text
from wallet_api.web.idempotency_key import KEY_PATTERN, MAX_LENGTH, is_key
from wallet_api.web.pagination import PageResponse, PeriodQuery
from wallet_api.web.schema import OutputSchema, SparseSchema

MAX_DESTINATION_LENGTH = 200


class WithdrawalRequest(MovementRequest):
    destination = Text(MAX_DESTINATION_LENGTH, required=True)

    example = {"amount": 50.25, "currency": "INR", "destination": "bank:HDFC0001234:5012345678"}


def status_field(**kwargs: Any) -> fields.String:
    return fields.String(validate=validate.OneOf(STATUSES), **kwargs)


class _Withdrawal(OutputSchema):
    id = Identifier(required=True)
    status = status_field(required=True)
    amount_cents = cents("amountCents", least=1)
    currency = CurrencyCode(required=True)
    destination = fields.String(required=True)
    created_at = Instant(data_key="createdAt", required=True)


class WithdrawalResponse(_Withdrawal):
    """The answer to a request."""

    balance_cents = cents("balanceCents", description="Right after this withdrawal.")

    example = {
        "id": "67bc3e205d1e4a2b9c8d7e70",
        "status": "success",
        "amountCents": 5025,
        "currency": "INR",
        "destination": "bank:HDFC0001234:5012345678",
        "createdAt": "2026-02-24T12:35:10.012Z",
        "balanceCents": 5025,
    }


class StatusChangeView(OutputSchema):
    status = status_field(required=True)
    at = Instant(required=True)


class StatusDetailsView(SparseSchema):
    """What the gateway says of the payout, in its own words."""

    reason = fields.String()
    source = fields.String()
    description = fields.String()


class AttemptView(OutputSchema):
    """A reference under which the gateway was asked to pay."""

    reference = fields.String(required=True)
    at = Instant(required=True)


class WithdrawalView(_Withdrawal, SparseSchema):
    """A withdrawal looked up."""

    idempotency_key = fields.String(data_key="idempotencyKey")
    failure_reason = fields.String(data_key="failureReason")
    reversed_at = Instant(data_key="reversedAt")
    status_details = fields.Nested(StatusDetailsView, data_key="statusDetails")
    gateway_reference = fields.String(data_key="gatewayReference")
    attempts = fields.List(fields.Nested(AttemptView))
    history = fields.List(fields.Nested(StatusChangeView), required=True)

    example = {
        "id": "67bc3e205d1e4a2b9c8d7e70",
        "status": "success",
        "amountCents": 5025,
        "currency": "INR",
        "destination": "bank:HDFC0001234:5012345678",
        "createdAt": "2026-02-24T12:35:10.012Z",
        "idempotencyKey": "rent-2026-02",
        "history": [{"status": "success", "at": "2026-02-24T12:35:10.012Z"}],
    }


class KeyAsShown(fields.String):
    """A key as answers show it, without quotes of its own."""

    default_error_messages = {"no_key": "Must be 1 to 255 printable ASCII characters."}

    def __init__(self, **kwargs: Any) -> None:
        metadata = {"minLength": 1, "maxLength": MAX_LENGTH, "pattern": f"^{KEY_PATTERN}$"}
        super().__init__(metadata=metadata, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if not (isinstance(value, str) and is_key(value)):
            raise self.make_error("no_key")
        return value


class WithdrawalQuery(PeriodQuery):
    status = status_field(load_default=None)
    idempotency_key = KeyAsShown(data_key="idempotencyKey", load_default=None, allow_none=False)


class WithdrawalPage(PageResponse):
    data = fields.List(fields.Nested(WithdrawalView), required=True)

    example = {"data": [WithdrawalView.example], "hasMore": False, "nextCursor": None}
