"""GET /healthz (the process) and GET /readyz (whether it can move money)."""

from flask import Blueprint, Response

from wallet_api.health.readiness import failures
from wallet_api.health.schemas import HealthResponse, ReadinessResponse
from wallet_api.web.endpoint import also_gives, gives, json_response

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
@gives(HealthResponse)
def show_health() -> dict[str, str]:
    """Whether the process answers. The database is not asked."""
    return {"status": "ok"}


@blueprint.get("/readyz")
@gives(ReadinessResponse)
@also_gives("application/json", ReadinessResponse, status=503)
def show_readiness() -> Response:
    """Whether the service can move money. The answer is 503, with the reasons, if it cannot: the
    database must be reachable and writable, and have all its indexes."""
    found = failures()
    body = {"status": "unavailable" if found else "ok", "failures": found}
    return json_response(body, 503 if found else 200)
