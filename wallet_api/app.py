"""Where everything is wired together, and the only place that knows every feature."""

from flask import Flask
from flask.sessions import SessionInterface

from wallet_api import cli, database
from wallet_api.auth import routes as auth_routes
from wallet_api.auth import tokens
from wallet_api.config import settings
from wallet_api.errors import Unavailable
from wallet_api.health import routes as health_routes
from wallet_api.ledger import routes as ledger_routes
from wallet_api.wallets import routes as wallet_routes
from wallet_api.web import problems
from wallet_api.web.headers import add_headers
from wallet_api.web.request_id import assign_request_id
from wallet_api.withdrawals import routes as withdrawal_routes


class NoSessions(SessionInterface):
    """The service keeps no session; opening a null one for every request is work for nothing."""

    def open_session(self, app: Flask, request: object) -> None:
        return None


def create_app() -> Flask:
    """The WSGI application, connected to the database of the settings."""
    app = Flask("wallet_api", static_folder=None)
    app.session_interface = NoSessions()
    database.connect(settings())
    tokens.configure(app)
    problems.install(app)
    app.before_request(assign_request_id)
    app.after_request(add_headers)
    for feature in (auth_routes, wallet_routes, ledger_routes, withdrawal_routes):
        feature.blueprint.before_request(_hold_until_indexed)
        app.register_blueprint(feature.blueprint)
    app.register_blueprint(health_routes.blueprint)
    cli.register(app)
    return app


def _hold_until_indexed() -> None:
    """No request before the unique indexes stand: without them nothing refuses a duplicate."""
    if not database.indexes_ready():
        raise Unavailable
