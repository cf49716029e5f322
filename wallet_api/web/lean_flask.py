"""Flask without the work that this service never needs, on every request."""

from collections.abc import Callable
from typing import Any, NoReturn

from flask import Flask, Request, Response
from flask.sessions import NullSession, SessionInterface
from werkzeug.exceptions import NotFound
from werkzeug.routing import MapAdapter, RequestRedirect


class LeanFlask(Flask):
    """Without async views, sessions and host matching, which took 0.04 of a request's 0.25 ms."""

    def __init__(self, name: str) -> None:
        super().__init__(name, static_folder=None)
        self.session_interface = _NoSessions()
        # `/auth//login` is nothing, and not another name of `/auth/login`.
        self.url_map.merge_slashes = False

    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        # Werkzeug takes any number of slashes at the front for one.
        if request is None:
            return super().create_url_adapter(None)
        if request.environ["PATH_INFO"].startswith("//"):
            raise NotFound
        # Routes are the same at every host, so none is read and brought into its ASCII form.
        return MapAdapter(
            self.url_map, "", request.root_path, "", request.scheme, request.path, request.method
        )

    def process_response(self, response: Response) -> Response:
        # Nor has a view an `after_this_request`: mostly there is nothing to be done.
        return super().process_response(response) if self.after_request_funcs else response

    def raise_routing_exception(self, request: Request) -> NoReturn:
        """A path is as the document writes it, or nothing is there.

        Werkzeug would redirect to its like with a slash more or less, at a host of the client's
        choice, and the client would send its password there.
        """
        if isinstance(request.routing_exception, RequestRedirect):
            raise NotFound
        super().raise_routing_exception(request)

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        # Flask's own inspects every function of every request for being a coroutine.
        return func


class _NoSessions(SessionInterface):
    _session = NullSession()

    def open_session(self, app: Flask, request: Request) -> NullSession:
        return self._session
