"""POST /payouts/callbacks/{gateway}."""

from flask import Blueprint, Response, request

from wallet_api.payouts import callbacks
from wallet_api.web.json_body import read_body

blueprint = Blueprint("payouts", __name__, url_prefix="/payouts")


@blueprint.post("/callbacks/<gateway>")
def receive_callback(gateway: str) -> Response:
    """A gateway tells of a payout. Its signature is the proof of who it is."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    callbacks.receive(gateway, headers, read_body(request))
    return Response(status=204)
