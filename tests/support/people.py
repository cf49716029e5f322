"""People with a wallet, as tests meet them."""

from dataclasses import dataclass, replace
from typing import Any

from bson import ObjectId
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from wallet_api.auth import sessions, tokens
from wallet_api.callers import Caller
from wallet_api.documents.kinds import MovementKind
from wallet_api.documents.wallet import Wallet
from wallet_api.movements import post
from wallet_api.movements.orders import Order
from wallet_api.movements.wallets import open_wallet
from wallet_api.users import service as users


@dataclass(frozen=True)
class Person:
    id: ObjectId
    client: FlaskClient
    token: str
    refresh_token: str = ""

    @property
    def in_process(self) -> "Person":
        """The same person, calling the service in the test's own process, where a clock is held."""
        return replace(self, client=self.client.application.test_client())

    @property
    def logged_in_again(self) -> "Person":
        """The same person with a new token, as a login would give."""
        epoch = Wallet.objects.get(user=self.id).token_epoch
        with self.client.application.app_context():
            return replace(self, token=tokens.issue(Caller(self.id, epoch)))

    @property
    def with_a_session(self) -> "Person":
        """The same person after a login, with its refresh token."""
        caller, refresh_token = sessions.begin(Caller(self.id))
        with self.client.application.app_context():
            return replace(self, token=tokens.issue(caller), refresh_token=refresh_token)

    def headers(self, key: str | None = None) -> dict[str, str]:
        headers = {"Authorization": f"Bearer {self.token}"}
        return headers if key is None else headers | {"Idempotency-Key": key}

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.client.get(path, headers=self.headers() | headers)

    def post(self, path: str, body: Any, key: str | None = None) -> TestResponse:
        return self.client.post(path, json=body, headers=self.headers(key))

    def send(self, path: str, raw: bytes, content_type: str = "application/json") -> TestResponse:
        headers = self.headers() | {"Content-Type": content_type}
        return self.client.post(path, data=raw, headers=headers)

    def deposits(self, amount: Any, key: str | None = None, **more: Any) -> TestResponse:
        return self.post("/wallets/deposit", {"amount": amount, **more}, key)

    def withdraws(
        self, amount: Any, key: str | None = None, destination: str = "bank-1", **more: Any
    ) -> TestResponse:
        body = {"amount": amount, "destination": destination, **more}
        return self.post("/withdrawals", body, key)

    def refreshes(self) -> TestResponse:
        return self.client.post("/auth/refresh", json={"refreshToken": self.refresh_token})

    def renames(self, last_name: str) -> TestResponse:
        body = {"lastName": last_name}
        return self.client.patch("/auth/me", json=body, headers=self.headers())

    def logs_out(self, *, everywhere: bool = False) -> TestResponse:
        return self.post("/auth/logout", {"everywhere": everywhere})

    def balance(self) -> int:
        return self.get("/wallets").get_json()["balanceCents"]


def someone(client: FlaskClient, email: str, currency: str | None = None) -> Person:
    """Registered, and in possession of a token."""
    user = users.register("A", "Person", email, "correct horse battery", currency)
    with client.application.app_context():
        return Person(user, client, tokens.issue(Caller(user)))


def funded(amount_cents: int, currency: str = "INR") -> ObjectId:
    """A wallet without a person, for tests below HTTP."""
    user = ObjectId()
    open_wallet(user, currency)
    if amount_cents:
        post(Order(user, MovementKind.DEPOSIT, amount_cents, currency))
    return user
