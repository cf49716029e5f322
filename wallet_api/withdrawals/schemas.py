"""Withdrawals in JSON."""

from typing import Any

from marshmallow import Schema, fields, post_dump, validate

from wallet_api.documents.kinds import STATUSES
from wallet_api.web.amounts import MovementRequest
from wallet_api.web.fields import Identifier, Instant, Text
from wallet_api.web.idempotency_key import KEY_PATTERN, MAX_LENGTH, is_key
from wallet_api.web.pagination import PageResponse, PeriodQuery

MAX_DESTINATION_LENGTH = 200


class WithdrawalRequest(MovementRequest):
    destination = Text(MAX_DESTINATION_LENGTH, required=True)

    example = {"amount": 50.25, "currency": "INR", "destination": "bank:HDFC0001234:5012345678"}


class WithdrawalResponse(Schema):
    """The answer to a request."""

    id = Identifier(required=True)
    status = fields.String(required=True, validate=validate.OneOf(STATUSES))
    amount_cents = fields.Integer(data_key="amountCents", required=True, metadata={"minimum": 1})
    currency = fields.String(required=True)
    destination = fields.String(required=True)
    created_at = Instant(data_key="createdAt", required=True)
    balance_cents = fields.Integer(
        data_key="balanceCents",
        required=True,
        metadata={"minimum": 0, "description": "Right after this withdrawal."},
    )

    example = {
        "id": "67bc3e205d1e4a2b9c8d7e70",
        "status": "success",
        "amountCents": 5025,
        "currency": "INR",
        "destination": "bank:HDFC0001234:5012345678",
        "createdAt": "2026-02-24T12:35:10.012Z",
        "balanceCents": 5025,
    }


class StatusChangeView(Schema):
    status = fields.String(required=True, validate=validate.OneOf(STATUSES))
    at = Instant(required=True)


class WithdrawalView(Schema):
    """A withdrawal looked up."""

    id = Identifier(required=True)
    status = fields.String(required=True, validate=validate.OneOf(STATUSES))
    amount_cents = fields.Integer(data_key="amountCents", required=True, metadata={"minimum": 1})
    currency = fields.String(required=True)
    destination = fields.String(required=True)
    created_at = Instant(data_key="createdAt", required=True)
    idempotency_key = fields.String(data_key="idempotencyKey")
    failure_reason = fields.String(data_key="failureReason")
    reversed_at = Instant(data_key="reversedAt")
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

    @post_dump
    def leave_out_the_absent(self, members: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {name: value for name, value in members.items() if value is not None}


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
    status = fields.String(load_default=None, validate=validate.OneOf(STATUSES))
    idempotency_key = KeyAsShown(data_key="idempotencyKey", load_default=None, allow_none=False)


class WithdrawalPage(PageResponse):
    data = fields.List(fields.Nested(WithdrawalView), required=True)

    example = {"data": [WithdrawalView.example], "hasMore": False, "nextCursor": None}
