"""The `http` protocol: payouts under /payouts, callbacks by Standard Webhooks.

Besides what the adapter needs, a client lists payouts: `GET /payouts?from=&to=&limit=&cursor=`
gives `{"data": [...], "nextCursor"}`, those taken from `from` until before `to` (RFC 3339), the
first one first, `limit` 1 to 1000 (100); `nextCursor` is null on the last page. And
`POST /payouts/{reference}/cancel` cancels a payout that is only accepted, or answers 409.
"""

import base64
import hashlib
import hmac
import json
import re
from datetime import datetime
from typing import Any

from wallet_api import clock
from wallet_api.money import DECIMALS
from wallet_api.payouts.simulator.books import Books
from wallet_api.payouts.simulator.exchange import Order, Refusal, Told
from wallet_api.payouts.simulator.gateway import Gateway
from wallet_api.payouts.simulator.options import Options
from wallet_api.payouts.simulator.protocols.protocol import Letter
from wallet_api.payouts.simulator.views import View, view_of
from wallet_api.payouts.simulator.wire.faults import spoiled
from wallet_api.payouts.simulator.wire.messages import Reply, Request, json_reply

CALLBACK_PATH = "/payouts/callbacks/http"
MAX_PAGE = 1000
_REFERENCE = re.compile(r"[!-~]{1,64}")


class BadRequest(Exception):
    """The message says what is wrong with it."""


class HttpProtocol:
    name = "http"

    def __init__(self, options: Options, gateway: Gateway, books: Books) -> None:
        self._options = options
        self._gateway = gateway
        self._books = books

    def answer(self, request: Request) -> Reply | None:
        path = request.path
        if path != "/payouts" and not path.startswith("/payouts/"):
            return None
        if request.headers.get("authorization") != f"Bearer {self._options.secrets.token}":
            return json_reply(401, {"error": "the token is wrong"})
        rest = path.split("/")[2:]
        try:
            match request.method, rest:
                case "POST", []:
                    return self._submit(request)
                case "GET", []:
                    return self._list(request.query)
                case "GET", [reference]:
                    return self._inquire(reference)
                case "POST", [reference, "cancel"]:
                    return self._cancel(reference)
        except BadRequest as error:
            return json_reply(400, {"error": str(error)})
        return json_reply(405, {"error": "no such operation"})

    def letter(self, view: View, event_id: str, at: datetime, secret: str) -> Letter:
        data = {
            "type": "payout.updated",
            "timestamp": clock.rfc3339(at),
            "data": body_of(view),
        }
        body = json.dumps(data, separators=(",", ":")).encode()
        timestamp = str(int(at.timestamp()))
        signed = f"{event_id}.{timestamp}.".encode() + body
        key = base64.b64decode(secret.removeprefix("whsec_"))
        signature = base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
        headers = {
            "webhook-id": event_id,
            "webhook-timestamp": timestamp,
            "webhook-signature": f"v1,{signature}",
        }
        return Letter(path=CALLBACK_PATH, headers=headers, body=body)

    def secrets(self) -> tuple[str, str]:
        secrets = self._options.secrets
        return secrets.callback_secret, secrets.old_callback_secret

    def _submit(self, request: Request) -> Reply:
        key = request.headers.get("idempotency-key", "")
        if not key:
            raise BadRequest("Idempotency-Key is missing")
        asked = request.json()
        if asked is None:
            raise BadRequest("the body is no JSON object")
        return self._worded(self._gateway.submit(_order(key, asked, request.body)), created=201)

    def _inquire(self, reference: str) -> Reply:
        told = self._gateway.silenced(reference)
        return self._worded(told or self._gateway.inquire(self._books.of(reference)))

    def _cancel(self, reference: str) -> Reply:
        entries = self._books.of(reference)
        if not entries:
            return json_reply(404, {"status": "not_found"})
        told = self._gateway.cancel(entries[-1])
        reply = json_reply(200, body_of(told.views[-1]))
        if told.refusal is Refusal.TOO_LATE:
            reply.status = 409
        return reply

    def _list(self, query: dict[str, str]) -> Reply:
        entries = self._books.between(_instant(query, "from"), _instant(query, "to"))
        begin = _whole(query, "cursor", 0, 10**9)
        limit = _whole(query, "limit", 100, MAX_PAGE) or 1
        page = entries[begin : begin + limit]
        end = begin + len(page)
        data = [body_of(view_of(entry)) for entry in page]
        cursor = str(end) if end < len(entries) else None
        return json_reply(200, {"data": data, "nextCursor": cursor})

    def _worded(self, told: Told, created: int = 200) -> Reply:
        honest = self._honest(told, created)
        return spoiled(told.manner, honest, self._options.seconds) if told.manner else honest

    def _honest(self, told: Told, created: int) -> Reply:
        match told.refusal:
            case Refusal.NOT_FOUND:
                return json_reply(404, {"status": "not_found"})
            case Refusal.ANOTHER_BODY:
                return json_reply(400, {"error": "the key was used for another body"})
            case Refusal.CONFLICT:
                return json_reply(409, {"error": "the payout exists"})
        bodies = [body_of(view) for view in told.views]
        return json_reply(created, bodies[0] if len(bodies) == 1 else bodies)


def body_of(view: View) -> dict[str, Any]:
    body: dict[str, Any] = {
        "reference": view.reference,
        "status": view.status,
        "amountMinor": view.amount_minor,
        "currency": view.currency,
        "gatewayReference": view.gateway_reference,
        "feeMinor": view.fee_minor,
        "createdAt": clock.rfc3339(view.created_at),
    }
    if view.reason:
        body["reason"] = view.reason
    if view.trace:
        body["trace"] = view.trace
    return body


def _order(key: str, asked: dict[str, Any], body: bytes) -> Order:
    """Raises BadRequest."""
    reference, amount = asked.get("reference"), asked.get("amountMinor")
    currency, destination = asked.get("currency"), asked.get("destination")
    if not isinstance(reference, str) or not _REFERENCE.fullmatch(reference):
        raise BadRequest("reference must be 1 to 64 printable characters of ASCII")
    if key != reference:
        raise BadRequest("Idempotency-Key must be the reference")
    if type(amount) is not int or not 0 < amount < 2**53:
        raise BadRequest("amountMinor must be a whole number above 0")
    if not isinstance(currency, str) or currency not in DECIMALS:
        raise BadRequest("currency must be a code of ISO 4217")
    if not isinstance(destination, str) or not 1 <= len(destination) <= 200:
        raise BadRequest("destination must be a string of 1 to 200 characters")
    if not isinstance(asked.get("createdAt"), str):
        raise BadRequest("createdAt must be a time")
    return Order(
        protocol="http",
        key=key,
        reference=reference,
        amount_minor=amount,
        currency=currency,
        destination=destination,
        body=body,
    )


def _instant(query: dict[str, str], name: str) -> datetime | None:
    if name not in query:
        return None
    try:
        instant = datetime.fromisoformat(query[name].replace(" ", "+"))
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        raise BadRequest(f"{name} must be a time as RFC 3339 has it")
    return instant


def _whole(query: dict[str, str], name: str, default: int, most: int) -> int:
    text = query.get(name, str(default))
    if not text.isascii() or not text.isdigit() or len(text) > 9 or int(text) > most:
        raise BadRequest(f"{name} must be a whole number up to {most}")
    return int(text)
