"""RazorpayX: composite payouts under /v1/payouts, webhooks with X-Razorpay-Signature."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime

from wallet_api.payouts.simulator.books import Books
from wallet_api.payouts.simulator.exchange import Order, Refusal, Told
from wallet_api.payouts.simulator.gateway import Gateway
from wallet_api.payouts.simulator.options import Options
from wallet_api.payouts.simulator.protocols.protocol import Letter
from wallet_api.payouts.simulator.protocols.razorpayx_entity import (
    collection,
    entity_of,
    error,
    event_of,
)
from wallet_api.payouts.simulator.protocols.razorpayx_rules import Broken, checked
from wallet_api.payouts.simulator.views import View, view_of
from wallet_api.payouts.simulator.wire.faults import spoiled
from wallet_api.payouts.simulator.wire.messages import Reply, Request, json_reply

CALLBACK_PATH = "/payouts/callbacks/razorpayx"
NO_SUCH_ID = "The id provided does not exist"


class RazorpayXProtocol:
    name = "razorpayx"

    def __init__(self, options: Options, gateway: Gateway, books: Books) -> None:
        self._options = options
        self._gateway = gateway
        self._books = books

    def answer(self, request: Request) -> Reply | None:
        path = request.path
        if path != "/v1/payouts" and not path.startswith("/v1/payouts/"):
            return None
        if not self._knows(request.headers.get("authorization", "")):
            return error(401, "Authentication failed")
        rest = path.split("/")[3:]
        try:
            match request.method, rest:
                case "POST", []:
                    return self._submit(request)
                case "GET", []:
                    return self._look_up(request.query)
                case "GET", [payout_id]:
                    return self._inquire(payout_id)
                case "POST", [payout_id, "cancel"]:
                    return self._cancel(payout_id)
        except Broken as broken:
            return error(400, str(broken), broken.field)
        return error(400, "The requested URL was not found on the server.")

    def letter(self, view: View, event_id: str, at: datetime, secret: str) -> Letter:
        event = event_of(view, at)
        body = json.dumps(event, separators=(",", ":")).encode()
        signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        headers = {"X-Razorpay-Signature": signature, "x-razorpay-event-id": event_id}
        return Letter(path=CALLBACK_PATH, headers=headers, body=body)

    def secrets(self) -> tuple[str, str]:
        secrets = self._options.secrets
        return secrets.webhook_secret, secrets.old_webhook_secret

    def _knows(self, authorization: str) -> bool:
        secrets = self._options.secrets
        pair = base64.b64encode(f"{secrets.key_id}:{secrets.key_secret}".encode()).decode()
        return authorization == f"Basic {pair}"

    def _submit(self, request: Request) -> Reply:
        key = request.headers.get("x-payout-idempotency", "")
        asked = checked(key, request.json(), self._options.secrets.account_number)
        fund_account = asked["fund_account"]
        bank = fund_account.get("bank_account", {})
        order = Order(
            protocol=self.name,
            key=key,
            reference=asked["reference_id"],
            amount_minor=asked["amount"],
            currency=asked["currency"],
            destination=bank.get("account_number") or fund_account["vpa"]["address"],
            body=request.body,
            asked={"mode": asked["mode"], "narration": asked.get("narration")},
            poverty_sticks=True,
        )
        return self._worded(self._gateway.submit(order))

    def _look_up(self, query: dict[str, str]) -> Reply:
        if query.get("account_number") != self._options.secrets.account_number:
            raise Broken("account_number", "The account number is invalid.")
        if reference := query.get("reference_id"):
            told = self._gateway.silenced(reference)
            told = told or self._gateway.inquire(self._books.of(reference))
            honest = collection(told.views)
            return self._spoiled(told, honest)
        since, until = (_instant(query, name) for name in ("from", "to"))
        entries = self._books.between(since, until)[::-1]
        skip = _whole(query, "skip", 0, 10**9)
        page = entries[skip : skip + _whole(query, "count", 10, 100)]
        return collection([view_of(entry) for entry in page])

    def _inquire(self, payout_id: str) -> Reply:
        entry = self._books.by_gateway_reference(payout_id)
        if entry is None:
            return error(400, NO_SUCH_ID)
        told = self._gateway.inquire([entry])
        return self._worded(told)

    def _cancel(self, payout_id: str) -> Reply:
        entry = self._books.by_gateway_reference(payout_id)
        if entry is None:
            return error(400, NO_SUCH_ID)
        told = self._gateway.cancel(entry)
        if told.refusal:
            return error(400, "Payout is not in queued or scheduled state.")
        return json_reply(200, entity_of(told.views[0]))

    def _worded(self, told: Told) -> Reply:
        match told.refusal:
            case Refusal.NOT_FOUND:
                honest = error(400, NO_SUCH_ID)
            case Refusal.ANOTHER_BODY:
                honest = error(400, "Different request body sent for the same idempotency key")
            case Refusal.CONFLICT:
                honest = error(409, "Another payout with the same idempotency key exists")
            case _:
                honest = json_reply(200, entity_of(told.views[0]) if told.views else {})
        return self._spoiled(told, honest)

    def _spoiled(self, told: Told, honest: Reply) -> Reply:
        return spoiled(told.manner, honest, self._options.seconds) if told.manner else honest


def _instant(query: dict[str, str], name: str) -> datetime | None:
    if name not in query:
        return None
    return datetime.fromtimestamp(_whole(query, name, 0, 4 * 10**9), UTC)


def _whole(query: dict[str, str], name: str, default: int, most: int) -> int:
    text = query.get(name, str(default))
    if not text.isascii() or not text.isdigit() or len(text) > 10 or int(text) > most:
        raise Broken(name, f"The {name} may not be greater than {most}.")
    return int(text)
