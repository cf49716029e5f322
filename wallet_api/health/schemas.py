"""Health in JSON."""

from marshmallow import Schema, fields


class HealthResponse(Schema):
    status = fields.String(required=True)


class ReadinessResponse(HealthResponse):
    failures = fields.List(fields.String(), required=True)
