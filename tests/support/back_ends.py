"""Back ends with a key, as tests meet them."""

from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import Any

from bson import ObjectId
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.support.people import Person
from wallet_api.backend_keys import service
from wallet_api.backend_keys.scopes import Scope

_numbers = count(1)


@dataclass(frozen=True)
class BackEnd:
    name: str
    secret: str
    client: FlaskClient

    def headers(self, user: ObjectId | str | None, key: str | None = None) -> dict[str, str]:
        headers = {"Authorization": f"Bearer {self.secret}"}
        if user is not None:
            headers["On-Behalf-Of"] = str(user)
        return headers if key is None else headers | {"Idempotency-Key": key}

    def get(self, path: str, user: ObjectId | str | None) -> TestResponse:
        return self.client.get(path, headers=self.headers(user))

    def deposits(self, user: Any, amount: Any, key: str | None = None) -> TestResponse:
        body = {"amount": amount}
        return self.client.post("/wallets/deposit", json=body, headers=self.headers(user, key))

    def withdraws(self, user: Any, amount: Any, key: str | None = None) -> TestResponse:
        body = {"amount": amount, "destination": "bank-1"}
        return self.client.post("/withdrawals", json=body, headers=self.headers(user, key))

    def for_user(self, person: Person) -> Person:
        """What the person sees, seen by the back end: for calls that look alike."""
        return _Seen(person.id, self.client, self.secret)


class _Seen(Person):
    def headers(self, key: str | None = None) -> dict[str, str]:
        return super().headers(key) | {"On-Behalf-Of": str(self.id)}


def back_end(
    client: FlaskClient, *scopes: Scope, expires_at: datetime | None = None, name: str = ""
) -> BackEnd:
    """With a new key of these scopes; without any, of all."""
    name = name or f"shop-{next(_numbers)}"
    return BackEnd(name, service.create(name, scopes or tuple(Scope), expires_at), client)
