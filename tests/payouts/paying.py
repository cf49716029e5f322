"""The service with a gateway: people who withdraw, a worker, and the gateway's own books."""

from collections.abc import Callable
from typing import Any

from werkzeug.test import TestResponse

from tests.support.books import sweep_everything
from tests.support.payout_simulator import Http, eventually
from tests.support.people import Person
from wallet_api.payouts import worker


class Paying:
    def __init__(self, gateway: Http, person: Callable[[float], Person]) -> None:
        self.gateway = gateway
        self.person = person

    def run(self) -> int:
        """What a worker does until nothing is due now."""
        sweep_everything()
        return worker.run_once()

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
