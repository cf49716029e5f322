"""The interactive page, whose assets are served from here under a strict policy."""

import hashlib
from functools import cache
from importlib.resources import files
from pathlib import Path

from flask import Blueprint, Flask, Response, abort, request, send_file

from wallet_api.openapi import error_reference, index

_OWN = Path(__file__).parent / "static"
_SWAGGER_UI = Path(str(files("flask_swagger_ui"))) / "dist"

# By name, one by one: no path of a request ever reaches the file system.
_ASSETS = {
    "docs.css": (_OWN, "text/css"),
    "docs.js": (_OWN, "text/javascript"),
    "swagger-ui.css": (_SWAGGER_UI, "text/css"),
    "swagger-ui-bundle.js": (_SWAGGER_UI, "text/javascript"),
    "favicon-32x32.png": (_SWAGGER_UI, "image/png"),
}

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)


def register(app: Flask) -> None:
    """Serve /docs, /docs/errors and their assets.

    Every address in a page is relative, so that a proxy may serve them below any path.
    """
    blueprint = Blueprint("docs", __name__, url_prefix="/docs")

    # The assets' address changes with their content, so that they may be kept for ever.
    @cache
    def version() -> str:
        digest = hashlib.sha256()
        for name, (folder, _) in _ASSETS.items():
            digest.update((folder / name).read_bytes())
        return digest.hexdigest()[:12]

    @cache
    def page(name: str, root: str) -> str:
        template = app.jinja_env.from_string((_OWN / name).read_text("utf-8"))
        return template.render(
            root=root,
            assets=f"{root}docs/assets/{version()}",
            errors=error_reference.sections(app),
        )

    @blueprint.get("")
    def show_docs() -> Response:
        return _page(page("docs.html", root=""))

    @blueprint.get("/")
    def show_docs_without_slash() -> Response:
        return index.leading_to("../docs")

    @blueprint.get("/errors")
    def show_errors() -> Response:
        return _page(page("errors.html", root="../"))

    @blueprint.get("/assets/<wanted>/<name>")
    def show_asset(wanted: str, name: str) -> Response:
        if name not in _ASSETS or wanted != version():
            abort(404)
        folder, media_type = _ASSETS[name]
        response = send_file(folder / name, mimetype=media_type, max_age=31_536_000)
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response

    app.register_blueprint(blueprint)


def _page(html: str) -> Response:
    response = Response(html, content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = _POLICY
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-cache"
    response.add_etag()
    response.make_conditional(request)
    return response
