"""GET /wallets/transactions, /wallets/balance and /wallets/statement."""

from contextlib import ExitStack
from typing import Any

from flask import Blueprint, Response, g, request

from wallet_api.auth.guard import user_or_back_end
from wallet_api.backend_keys.scopes import Scope
from wallet_api.errors import TooManyAtOnce
from wallet_api.ledger import history, statement_formats
from wallet_api.ledger.history import BalanceAt
from wallet_api.ledger.schemas import (
    BalanceAtQuery,
    BalanceAtResponse,
    LedgerEntryPage,
    LedgerEntryQuery,
    StatementQuery,
    StatementResponse,
)
from wallet_api.ledger.statement import PLACES, Statement, statement
from wallet_api.web.endpoint import also_gives, gives, refuses, takes_query
from wallet_api.web.pagination import page_body
from wallet_api.web.streaming import begun

blueprint = Blueprint("ledger", __name__, url_prefix="/wallets")


@blueprint.get("/transactions")
@user_or_back_end(Scope.READ)
@gives(LedgerEntryPage)
@takes_query(LedgerEntryQuery)
def list_transactions(query: dict[str, Any]) -> dict[str, Any]:
    """The wallet's ledger entries, newest first. Each entry is one movement of money."""
    page = history.newest(g.caller, query["from_"], query["to"], query["cursor"], query["limit"])
    return page_body(page, LedgerEntryQuery.filters(query))


@blueprint.get("/balance")
@user_or_back_end(Scope.READ)
@gives(BalanceAtResponse)
@takes_query(BalanceAtQuery)
def show_balance_at(query: dict[str, Any]) -> BalanceAt:
    """The balance at a time. It includes every movement up to and at this time."""
    return history.balance_at(g.caller, query["at"])


@blueprint.get("/statement")
@user_or_back_end(Scope.READ)
@gives(StatementResponse)
@also_gives("text/csv")
@takes_query(StatementQuery)
@refuses(TooManyAtOnce)
def show_statement(query: dict[str, Any]) -> Response:
    """Opening balance, entries and closing balance. CSV where `Accept` prefers `text/csv`. Without
    `from` it begins with the first entry; `from` must not be in the future. Without `to` it holds
    everything booked so far.
    """
    with ExitStack() as place:
        place.enter_context(PLACES.one_for(g.caller.user))
        response = _written(statement(g.caller, query["from_"], query["to"]))
        # Until the last of it is sent.
        response.call_on_close(place.pop_all().close)
    return response


def _written(shown: Statement) -> Response:
    offered = request.accept_mimetypes.best_match(["application/json", "text/csv"])
    if offered == "text/csv":
        return Response(
            begun(statement_formats.as_csv(shown)),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": 'attachment; filename="statement.csv"'},
        )
    return Response(begun(statement_formats.as_json(shown)), content_type="application/json")
