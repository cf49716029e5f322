"""A user's whole journey by a client that was generated from /openapi.json.

That `mypy --strict` accepts it is half of the proof: each `type: ignore` is a mistake that the
types catch, and mypy refuses an ignore that nothing needs.
"""

import re
import sys
from http import HTTPStatus
from typing import assert_never
from uuid import uuid4

from wallet_api_client import AuthenticatedClient, Client
from wallet_api_client.api.auth import log_in, log_out, refresh, register, rename_me, show_me
from wallet_api_client.api.currencies import list_currencies
from wallet_api_client.api.ledger import list_transactions, show_statement
from wallet_api_client.api.wallets import make_deposit, show_wallet
from wallet_api_client.api.withdrawals import create_withdrawal, list_withdrawals, show_withdrawal
from wallet_api_client.models import (
    CurrencyList,
    DepositRequest,
    DepositResponse,
    LedgerEntryPage,
    LoginRequest,
    LoginResponse,
    LogoutRequest,
    LogoutResponse,
    MissingScopeProblem,
    NamesRequest,
    RefreshRequest,
    RegistrationRequest,
    RegistrationResponse,
    StatementResponse,
    TokensResponse,
    UnauthenticatedProblem,
    UserView,
    WalletResponse,
    WithdrawalPage,
    WithdrawalRequest,
    WithdrawalResponse,
    WithdrawalView,
)

DESTINATION = "bank:HDFC0001234:5012345678"


def register_and_log_in(address: str) -> str:
    api = Client(base_url=address)
    email, password = f"ada-{uuid4()}@example.com", "tidal-lantern-42-moss"
    body = RegistrationRequest(
        first_name="Ada", last_name="Lovelace", email=email, password=password
    )

    registered = register.sync(client=api, body=body)
    again = register.sync(client=api, body=body)
    wrong = log_in.sync(client=api, body=LoginRequest(email=email, password="not the password"))
    login = log_in.sync(client=api, body=LoginRequest(email=email, password=password))

    assert isinstance(registered, RegistrationResponse)
    assert again is not None
    assert not isinstance(again, RegistrationResponse)
    assert again.code == "email_taken"
    assert wrong is not None
    assert not isinstance(wrong, LoginResponse)
    assert wrong.code == "invalid_credentials"
    assert isinstance(login, LoginResponse)
    assert login.user.id == registered.user_id
    return refreshed(api, login.refresh_token)


def refreshed(api: Client, refresh_token: str) -> str:
    body = RefreshRequest(refresh_token=refresh_token)

    following = refresh.sync(client=api, body=body)
    doubled = refresh.sync(client=api, body=body)

    assert isinstance(following, TokensResponse)
    assert isinstance(doubled, TokensResponse)
    assert doubled.refresh_token == following.refresh_token
    return following.token


def leave(api: AuthenticatedClient) -> None:
    renamed = rename_me.sync(client=api, body=NamesRequest(last_name="King"))
    out = log_out.sync(client=api, body=LogoutRequest(everywhere=True))
    after = show_wallet.sync(client=api)

    assert isinstance(renamed, UserView)
    assert (renamed.first_name, renamed.last_name) == ("Ada", "King")
    assert isinstance(out, LogoutResponse)
    assert isinstance(after, UnauthenticatedProblem)


def needs_the_token(address: str) -> None:
    stranger = AuthenticatedClient(base_url=address, token="no token")

    answer = show_wallet.sync(client=stranger)

    assert isinstance(answer, UnauthenticatedProblem)
    assert answer.code != "insufficient_funds"  # type: ignore[comparison-overlap]


def deposit(api: AuthenticatedClient) -> None:
    currencies = list_currencies.sync(client=api)
    key = str(uuid4())
    in_minor_units = DepositRequest(amount_cents=5025, currency="INR")

    major = make_deposit.sync(client=api, body=DepositRequest(amount=100.5))
    minor = make_deposit.sync(client=api, body=in_minor_units, idempotency_key=key)
    replayed = make_deposit.sync_detailed(client=api, body=in_minor_units, idempotency_key=key)
    wallet = show_wallet.sync(client=api)

    assert isinstance(currencies, CurrencyList)
    assert {each.code: each.decimals for each in currencies.data}["INR"] == 2
    assert isinstance(major, DepositResponse)
    assert major.balance_cents == 10050
    assert isinstance(minor, DepositResponse)
    assert minor.balance_cents == 15075
    assert replayed.parsed == minor
    assert replayed.headers["Idempotent-Replayed"] == "true"
    assert isinstance(wallet, WalletResponse)
    assert wallet.balance_cents == 15075


def deposit_wrongly(api: AuthenticatedClient) -> None:
    DepositRequest(amount="100.50")  # type: ignore[arg-type]
    DepositRequest(amount=1, currency="RUPEES")  # type: ignore[arg-type]

    refused = make_deposit.sync(client=api, body=DepositRequest(amount=-1))
    mismatch = make_deposit.sync(client=api, body=DepositRequest(amount=1, currency="USD"))

    assert refused is not None
    assert not isinstance(refused, DepositResponse)
    _ = refused.errors  # type: ignore[union-attr]
    assert refused.code == "validation_failed"
    assert refused.errors[0].pointer == "/amount"
    assert mismatch is not None
    assert not isinstance(mismatch, DepositResponse)
    assert mismatch.code == "currency_mismatch"


def withdraw(api: AuthenticatedClient) -> str:
    key = str(uuid4())
    body = WithdrawalRequest(amount=50.25, destination=DESTINATION)
    other = WithdrawalRequest(amount=50.25, destination="bank:HDFC0001234:9999999999")

    first = create_withdrawal.sync(client=api, body=body, idempotency_key=key)
    replayed = create_withdrawal.sync_detailed(client=api, body=body, idempotency_key=key)
    reused = create_withdrawal.sync(client=api, body=other, idempotency_key=key)

    assert isinstance(first, WithdrawalResponse)
    assert (first.status, first.balance_cents) == ("success", 10050)
    assert replayed.parsed == first
    assert replayed.headers["Idempotent-Replayed"] == "true"
    assert reused is not None
    assert not isinstance(reused, WithdrawalResponse)
    assert reused.code == "idempotency_key_reused"
    assert (reused.id, reused.differing) == (first.id, ["destination"])
    return first.id


def withdraw_too_much(api: AuthenticatedClient) -> None:
    body = WithdrawalRequest(amount=5000, destination=DESTINATION)

    refused = create_withdrawal.sync(client=api, body=body)

    assert refused is not None
    assert not isinstance(refused, WithdrawalResponse)
    # Every code of this operation, or else something is left for assert_never.
    match refused.code:
        case "insufficient_funds":
            assert refused.message == "Insufficient balance or wallet not found"
            assert re.search(r"100\.50 INR.*5000\.00 INR", refused.detail)
        case (
            "validation_failed"
            | "malformed_json"
            | "invalid_idempotency_key"
            | "invalid_on_behalf_of"
            | "missing_scope"
            | "user_unavailable"
            | "currency_mismatch"
            | "limit_exceeded"
            | "email_unproved"
            | "wallet_frozen"
            | "rate_limited"
            | "unauthenticated"
            | "request_entity_too_large"
            | "unsupported_media_type"
            | "idempotency_key_reused"
            | "busy"
            | "unavailable"
            | "out_of_service"
            | "internal_error"
        ):
            raise AssertionError(refused.detail)
        case impossible:
            assert_never(impossible)


def look_back(api: AuthenticatedClient, withdrawal: str) -> None:
    listed = list_withdrawals.sync(client=api, limit=1, status="success")
    one = show_withdrawal.sync(withdrawal, client=api)
    none = show_withdrawal.sync_detailed("67bc3e205d1e4a2b9c8d7e70", client=api)
    newest = list_transactions.sync(client=api, limit=1)
    assert isinstance(newest, LedgerEntryPage)
    assert newest.next_cursor is not None
    older = list_transactions.sync(client=api, limit=1, cursor=newest.next_cursor)
    statement = show_statement.sync(client=api)

    assert isinstance(listed, WithdrawalPage)
    assert listed.data == [one]
    assert isinstance(one, WithdrawalView)
    assert one.history[0].status == "success"
    assert none.status_code == HTTPStatus.NOT_FOUND
    assert none.parsed is not None
    assert not isinstance(none.parsed, WithdrawalView)
    assert none.parsed.code == "not_found"
    assert newest.data[0].withdrawal_id == withdrawal
    assert isinstance(older, LedgerEntryPage)
    assert older.data[0].type_ == "deposit"
    assert isinstance(statement, StatementResponse)
    assert statement.closing_balance_cents == 10050
    assert len(statement.entries) == 3


def acts_for_the_user(address: str, key: str, user: AuthenticatedClient) -> None:
    me = show_me.sync(client=user)
    assert isinstance(me, UserView)
    shop = AuthenticatedClient(base_url=address, token=key).with_headers({"On-Behalf-Of": me.id})

    wallet = show_wallet.sync(client=shop)
    refused = create_withdrawal.sync(
        client=shop, body=WithdrawalRequest(amount=1, destination=DESTINATION)
    )

    assert isinstance(wallet, WalletResponse)
    assert wallet == show_wallet.sync(client=user)
    assert isinstance(refused, MissingScopeProblem)
    assert refused.scope == "withdrawals"


def main(address: str, key: str) -> None:
    needs_the_token(address)
    api = AuthenticatedClient(base_url=address, token=register_and_log_in(address))
    deposit(api)
    acts_for_the_user(address, key, api)
    deposit_wrongly(api)
    withdrawal = withdraw(api)
    withdraw_too_much(api)
    look_back(api, withdrawal)
    leave(api)


if __name__ == "__main__":
    main(*sys.argv[1:])
