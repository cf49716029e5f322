"""POST /withdrawals, POST /withdrawals/{id}/cancel, GET /withdrawals and GET /withdrawals/{id}."""

from typing import Any

from flask import Blueprint, g

from wallet_api.auth.guard import user_or_back_end
from wallet_api.backend_keys.scopes import Scope
from wallet_api.errors import (
    CurrencyMismatch,
    EmailUnproved,
    IdempotencyKeyReused,
    IllegalStatusChange,
    InsufficientFunds,
    LimitExceeded,
    WalletFrozen,
)
from wallet_api.movements import Receipt
from wallet_api.web.endpoint import gives, refuses, takes, takes_query
from wallet_api.web.idempotency_key import idempotency_key
from wallet_api.web.pagination import page_body
from wallet_api.withdrawals import service
from wallet_api.withdrawals.schemas import (
    WithdrawalPage,
    WithdrawalQuery,
    WithdrawalRequest,
    WithdrawalResponse,
    WithdrawalView,
)

blueprint = Blueprint("withdrawals", __name__, url_prefix="/withdrawals")


@blueprint.post("")
@user_or_back_end(Scope.WITHDRAWALS)
@gives(WithdrawalResponse, 201)
@takes(WithdrawalRequest)
@refuses(
    WalletFrozen,
    CurrencyMismatch,
    EmailUnproved,
    InsufficientFunds,
    LimitExceeded,
    IdempotencyKeyReused,
)
def create_withdrawal(request: dict[str, Any]) -> Receipt:
    """Take money out. A repeated Idempotency-Key gets the first answer and takes out nothing. The
    destination `wallet:<user id>` is the wallet of another user."""
    return service.request(
        g.caller,
        WithdrawalRequest.asked(request),
        request["currency"],
        request["destination"],
        idempotency_key(),
    )


@blueprint.post("/<withdrawal_id>/cancel")
@user_or_back_end(Scope.WITHDRAWALS)
@gives(WithdrawalView)
@refuses(IllegalStatusChange)
def cancel_withdrawal(withdrawal_id: str) -> service.WithdrawalRecord:
    """Take a pending withdrawal back. Its money is in the wallet again, unless it has been sent to
    the gateway already: then the answer is 409."""
    return service.cancel(g.caller, withdrawal_id)


@blueprint.get("")
@user_or_back_end(Scope.READ)
@gives(WithdrawalPage)
@takes_query(WithdrawalQuery)
def list_withdrawals(query: dict[str, Any]) -> dict[str, Any]:
    """The caller's withdrawals, newest first. Refused ones are listed too, as `failed`."""
    filters = service.Filters(
        query["status"], query["idempotency_key"], query["from_"], query["to"]
    )
    page = service.newest(g.caller, filters, query["cursor"], query["limit"])
    return page_body(page, WithdrawalQuery.filters(query))


@blueprint.get("/<withdrawal_id>")
@user_or_back_end(Scope.READ)
@gives(WithdrawalView)
def show_withdrawal(withdrawal_id: str) -> service.WithdrawalRecord:
    """One of the caller's withdrawals. The answer is 404 for a withdrawal of another user."""
    return service.find(g.caller, withdrawal_id)
