"""Health in JSON."""

from marshmallow import fields

from wallet_api.web.schema import OutputSchema


class HealthResponse(OutputSchema):
    status = fields.String(required=True, metadata={"enum": ["ok", "unavailable"]})

    example = {"status": "ok"}


class ReadinessResponse(HealthResponse):
    failures = fields.List(fields.String(), required=True)

    example = {"status": "ok", "failures": []}
