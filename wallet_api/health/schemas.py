"""Health in JSON."""

from typing import Any

from marshmallow import Schema, fields


class HealthResponse(Schema):
    status = fields.String(required=True, metadata={"enum": ["ok", "unavailable"]})

    example: dict[str, Any] = {"status": "ok"}


class ReadinessResponse(HealthResponse):
    failures = fields.List(fields.String(), required=True)

    example = {"status": "ok", "failures": []}
