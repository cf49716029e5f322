"""Where everything is wired together, and the only place that knows every feature."""

from flask import Flask, request

from wallet_api import cli, database, database_watch, logs
from wallet_api.auth import routes as auth_routes
from wallet_api.auth import tokens
from wallet_api.config import settings
from wallet_api.currencies import routes as currency_routes
from wallet_api.health import routes as health_routes
from wallet_api.ledger import routes as ledger_routes
from wallet_api.openapi import document, index, page
from wallet_api.payouts import routes as payout_routes
from wallet_api.rate_limits import in_force
from wallet_api.wallets import routes as wallet_routes
from wallet_api.web import cross_origin, problems, request_context
from wallet_api.web.headers import AnswerHeaders
from wallet_api.web.lean_flask import LeanFlask
from wallet_api.web.request_context import RequestContext
from wallet_api.withdrawals import routes as withdrawal_routes

NEEDS_DATABASE = (auth_routes, wallet_routes, ledger_routes, withdrawal_routes, payout_routes)
FEATURES = (*NEEDS_DATABASE, currency_routes, health_routes)
MOVES_MONEY = {feature.blueprint.name for feature in NEEDS_DATABASE}


def create_app() -> Flask:
    """The WSGI application, connected to the database of the settings."""
    app = LeanFlask("wallet_api")
    logs.configure(settings(), request_context.members, request_context.sent_values)
    app.wsgi_app = AnswerHeaders(RequestContext(app.wsgi_app))  # type: ignore[method-assign]
    database.connect(settings())
    tokens.configure(app)
    in_force.configure(settings())
    problems.install(app)
    app.before_request(request_context.note_rule)
    cross_origin.install(app, settings().cors_origins)
    app.before_request(_hold_until_ready)
    for feature in FEATURES:
        app.register_blueprint(feature.blueprint)
    document.register(app)
    page.register(app)
    index.register(app)
    cli.register(app)
    return app


def _hold_until_ready() -> None:
    """No money before the database is of this code's version, and its unique indexes stand: without
    them nothing refuses a duplicate. No round trip once both have been seen."""
    if (
        not database_watch.is_ready()
        and request.blueprint in MOVES_MONEY
        and request.method != "OPTIONS"  # a refused preflight would hide the 503 from the page
    ):
        database_watch.wait_until_ready()
