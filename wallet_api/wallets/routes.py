"""GET /wallets and POST /wallets/deposit."""

from typing import Any

from flask import Blueprint, g

from wallet_api.auth.guard import user_or_back_end
from wallet_api.backend_keys.scopes import Scope
from wallet_api.errors import (
    BalanceLimitExceeded,
    CurrencyMismatch,
    IdempotencyKeyReused,
    WalletFrozen,
)
from wallet_api.movements import Receipt
from wallet_api.movements.wallets import WalletView
from wallet_api.wallets import service
from wallet_api.wallets.schemas import DepositRequest, DepositResponse, WalletResponse
from wallet_api.web.endpoint import gives, refuses, takes
from wallet_api.web.idempotency_key import idempotency_key

blueprint = Blueprint("wallets", __name__, url_prefix="/wallets")


@blueprint.get("")
@user_or_back_end(Scope.READ)
@gives(WalletResponse)
def show_wallet() -> WalletView:
    """The balance now. It is in minor units of the wallet's currency."""
    return service.show(g.caller)


@blueprint.post("/deposit")
@user_or_back_end(Scope.DEPOSITS)
@gives(DepositResponse)
@takes(DepositRequest)
@refuses(CurrencyMismatch, BalanceLimitExceeded, IdempotencyKeyReused, WalletFrozen)
def make_deposit(request: dict[str, Any]) -> Receipt:
    """Put money in. A repeated Idempotency-Key gets the first answer and puts in nothing."""
    return service.deposit(
        g.caller, DepositRequest.asked(request), request["currency"], idempotency_key()
    )
