"""Flask's test client, whose requests travel over a socket to a service that runs elsewhere."""

from pathlib import Path
from typing import Any

import urllib3
from flask import Flask
from flask.testing import EnvironBuilder, FlaskClient
from werkzeug.datastructures import Headers
from werkzeug.test import TestResponse
from werkzeug.urls import iri_to_uri

ANSWER_SECONDS = 30
CONNECTIONS = 50
"""Kept open: as many as a test has threads."""


class ServedClient(FlaskClient):
    """Takes what Flask's client takes and gives what that gives, so that a test cannot tell.

    The request is written as the test says it: headers in their order and spelling, a header given
    twice is sent twice, the path is not normalised, and a redirect is not followed.
    """

    def __init__(self, app: Flask, address: str, certificate: Path | None = None) -> None:
        """`app` has the settings and the database of the service behind `address`."""
        super().__init__(app, app.response_class)
        self._pool = urllib3.connection_from_url(
            address,
            maxsize=CONNECTIONS,
            timeout=ANSWER_SECONDS,
            # As browsers do: what only reads is sent again where the other side has closed a
            # connection that was kept open.
            retries=urllib3.Retry(
                total=None,
                connect=0,
                read=1,
                redirect=0,
                status=0,
                other=0,
                raise_on_redirect=False,
            ),
            **({"ca_certs": str(certificate)} if certificate else {}),
        )

    def open(
        self, *args: Any, buffered: bool = False, follow_redirects: bool = False, **kwargs: Any
    ) -> TestResponse:
        assert not follow_redirects
        builder = EnvironBuilder(self.application, *args, **kwargs)
        try:
            request = builder.get_request()
            body = request.environ["wsgi.input"].read()
            headers = urllib3.HTTPHeaderDict()
            for name, value in builder.headers:
                headers.add(name, value)
            chunked = "chunked" in headers.get("Transfer-Encoding", "")
            answer = self._pool.urlopen(
                builder.method,
                iri_to_uri(builder.request_uri),
                body=[body] if chunked else body or None,
                headers=headers,
                chunked=chunked,
                redirect=False,
                decode_content=False,
            )
        finally:
            builder.close()
        return self.response_wrapper(
            [answer.data],
            f"{answer.status} {answer.reason}",
            Headers(list(answer.headers.iteritems())),
            request,
        )

    def close(self) -> None:
        self._pool.close()
