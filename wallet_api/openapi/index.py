"""The root: a browser is led to the documentation, a program is told where everything is."""

from flask import Blueprint, Flask, Response, request

from wallet_api import __version__
from wallet_api.web.endpoint import json_response

_INDEX = {
    "name": "wallet_api",
    "version": __version__,
    "docs": "docs",
    "errors": "docs/errors",
    "openapi": "openapi.json",
    "health": "healthz",
    "readiness": "readyz",
}
"""Addresses relative to the root, wherever a proxy serves it."""

_JSON, _HTML = "application/json", "text/html"


def register(app: Flask) -> None:
    """Serve /, which is not in the OpenAPI document: it leads there."""
    blueprint = Blueprint("index", __name__)

    @blueprint.get("/")
    def show_index() -> Response:
        # The first where both are as welcome, as to `Accept: */*`.
        form = request.accept_mimetypes.best_match([_JSON, _HTML], default=_JSON)
        response = leading_to("docs") if form == _HTML else json_response(_INDEX)
        response.headers["Vary"] = "Accept"
        return response

    app.register_blueprint(blueprint)


def leading_to(relative: str) -> Response:
    """A redirect that names no host, so that nobody can forge one, and no path of a proxy's."""
    return Response(status=302, headers={"Location": relative})
