"""GET /currencies."""

import json

from flask import Blueprint, Response, request

from wallet_api.currencies.schemas import CurrencyList
from wallet_api.iso_4217 import CURRENCIES
from wallet_api.web.endpoint import gives

blueprint = Blueprint("currencies", __name__)

MAX_AGE_SECONDS = 24 * 60 * 60
"""ISO 4217 changes a few times a year, announced months before."""

_BODY = json.dumps(CurrencyList().dump({"data": CURRENCIES.values()}), ensure_ascii=False)


@blueprint.get("/currencies")
@gives(CurrencyList)
def list_currencies() -> Response:
    """Every currency that a wallet may hold, and its decimals. Needs no token; good for a day."""
    response = Response(_BODY, content_type="application/json")
    response.headers["Cache-Control"] = f"public, max-age={MAX_AGE_SECONDS}"
    response.add_etag()
    response.make_conditional(request)
    return response
