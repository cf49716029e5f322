"""The service with a gateway: people who withdraw, a worker, and the gateway's own books."""

import base64
import hmac
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from bson import ObjectId
from werkzeug.test import TestResponse

from tests.support.books import sweep_everything
from tests.support.payout_simulator import Http, eventually
from tests.support.people import Person
from wallet_api import clock
from wallet_api.documents.withdrawal import Withdrawal
from wallet_api.payouts import queue, worker
from wallet_api.payouts.simulator.options import CALLBACK_SECRET

SECRET = base64.b64decode(CALLBACK_SECRET.removeprefix("whsec_"))


def signed(secret: bytes, event: str, at: datetime, body: bytes) -> dict[str, str]:
    """The headers of Standard Webhooks."""
    stamp = str(int(at.timestamp()))
    content = b".".join((event.encode(), stamp.encode(), body))
    digest = base64.b64encode(hmac.digest(secret, content, "sha256")).decode()
    return {
        "Content-Type": "application/json",
        "webhook-id": event,
        "webhook-timestamp": stamp,
        "webhook-signature": f"v1,{digest}",
    }


class Paying:
    def __init__(self, gateway: Http, person: Callable[[float], Person]) -> None:
        self.gateway = gateway
        self.person = person

    def run(self) -> int:
        """What a worker does until nothing is due now."""
        sweep_everything()
        return worker.run_once()

    def sweep(self) -> None:
        sweep_everything()

    def wakes(self, created: TestResponse) -> None:
        """It is due now."""
        assert queue.wake(self.id_of(created), "http", clock.now())

    def lets_the_lease_pass(self, created: TestResponse) -> None:
        """Whoever has taken the payout up is not heard of any more."""
        self.due_since(created, timedelta(0))

    def due_since(self, created: TestResponse, past: timedelta) -> None:
        due = {"_id": self.id_of(created), "dueAt": {"$exists": True}}
        Withdrawal._get_collection().update_one(due, {"$set": {"dueAt": clock.now() - past}})

    def tells(self, person: Person, created: TestResponse, status: str) -> TestResponse:
        """A callback of the gateway about the withdrawal, rightly signed."""
        withdrawal = created.get_json()
        data = {
            "reference": self.reference(created),
            "status": status,
            "amountMinor": withdrawal["amountCents"],
            "currency": withdrawal["currency"],
        }
        body = json.dumps({"type": "payout.updated", "data": data}).encode()
        headers = signed(SECRET, str(ObjectId()), clock.now(), body)
        return person.client.post("/payouts/callbacks/http", data=body, headers=headers)

    def id_of(self, created: TestResponse) -> ObjectId:
        return ObjectId(created.get_json()["id"])

    def behaves(self, created: TestResponse, *behaviours: str) -> None:
        """How the gateway will treat this withdrawal."""
        self.gateway.behave(self.reference(created), *behaviours)

    def reference(self, created: TestResponse) -> str:
        return f"wd{created.get_json()['id']}"

    def shown(self, person: Person, created: TestResponse) -> dict[str, Any]:
        shown: dict[str, Any] = person.get(f"/withdrawals/{created.get_json()['id']}").get_json()
        return shown

    def paid(self, created: TestResponse) -> list[int]:
        """By the gateway's books, in minor units: each payout of this withdrawal that it holds."""
        return [
            entry["paidMinor"] - entry["returnedMinor"]
            for entry in self.gateway.entries(self.reference(created))
        ]

    def until_it_ends(self, person: Person, created: TestResponse) -> dict[str, Any]:
        def ended() -> dict[str, Any] | None:
            self.run()
            shown = self.shown(person, created)
            return shown if shown["status"] in ("success", "failed") else None

        found: dict[str, Any] = eventually(ended, 10)
        return found
