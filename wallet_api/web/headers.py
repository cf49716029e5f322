"""Headers that every answer carries."""

from flask import Response, g

from wallet_api.web.request_id import HEADER


def add_headers(response: Response) -> Response:
    """Balances must not be cached, and JSON must not be taken for a page (OWASP REST security)."""
    headers = response.headers
    headers.setdefault("Cache-Control", "no-store")
    headers["X-Content-Type-Options"] = "nosniff"
    headers[HEADER] = g.get("request_id", "")
    return response
