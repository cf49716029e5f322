"""The protocols of our own adapters, as the conformance kit needs them."""

import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from wallet_api.payouts.adapters import standard_webhooks
from wallet_api.payouts.adapters.http import HttpGateway, HttpOptions
from wallet_api.payouts.adapters.razorpayx import RazorpayXGateway, RazorpayXOptions
from wallet_api.payouts.conformance.acts import Request, Response
from wallet_api.payouts.conformance.double import Callback, Double, Said, Sample, in_json
from wallet_api.payouts.gateway import Verdict

OLD, NEW, FOREIGN = b"o" * 32, b"n" * 32, b"f" * 32
"""Secrets of callbacks. One is being replaced: the gateway signs with the old one still."""


def http(url: str, timeout: timedelta, secrets: tuple[bytes, ...] = (NEW, OLD)) -> HttpGateway:
    return HttpGateway(
        HttpOptions(
            url=url,
            token="t0ken",
            callback_secrets=secrets,
            timeout=timeout,
            key_life=timedelta(days=1),
            not_found_is_final_after=None,
        )
    )


def razorpayx(
    url: str, timeout: timedelta, secrets: tuple[bytes, ...] = (NEW, OLD)
) -> RazorpayXGateway:
    return RazorpayXGateway(
        RazorpayXOptions(
            url=url,
            key_id="rzp_test",
            key_secret="s3cret",
            account_number="2323230012345678",
            webhook_secrets=tuple(secret.decode() for secret in secrets),
            timeout=timeout,
        )
    )


class HttpDouble(Double):
    payable = Sample(10_050, "INR", "bank-account-0001")
    unpayable = (Sample(1, "INR", "wallet:0123456789abcdef01234567"),)
    words = {verdict: verdict.value for verdict in list(Verdict)[:4]}
    callback_tolerance = timedelta(minutes=5)

    def answer(self, said: Said) -> Response:
        return in_json(201, self._body(said))

    def found(self, said: Said) -> Response:
        return in_json(200, self._body(said))

    def key_of(self, request: Request) -> str | None:
        return request.headers.get("idempotency-key") if request.method == "POST" else None

    def not_found(self) -> Response:
        return in_json(404, {"status": "not_found"})

    def two_found(self, one: Said, other: Said) -> Response:
        return in_json(200, [self._body(one), self._body(other)])

    def callback(
        self, said: Said, event_id: str, at: datetime, *, forged: bool = False
    ) -> Callback:
        body = json.dumps({"type": "payout.updated", "data": self._body(said)}).encode()
        stamp = str(int(at.timestamp()))
        wrong = standard_webhooks.sign(event_id, stamp, body, FOREIGN)
        right = standard_webhooks.sign(event_id, stamp, body, OLD)
        signatures = f"v1,{wrong} v1a,{right}" if forged else f"v1,{wrong} v1,{right}"
        headers = {
            "webhook-id": event_id,
            "webhook-timestamp": stamp,
            "webhook-signature": signatures,
        }
        return Callback(headers, body)

    def _body(self, said: Said) -> dict[str, Any]:
        return {
            "reference": said.reference,
            "status": said.word,
            "amountMinor": said.amount_cents,
            "currency": said.currency,
            "gatewayReference": "shim-1",
            "reason": None,
            "trace": "UTR0001",
            "feeMinor": 250,
        }


class RazorpayXDouble(Double):
    payable = Sample(10_050, "INR", "bank:HDFC0001234:5012345678:Asha Rao")
    unpayable = (
        Sample(10_050, "USD", "bank:HDFC0001234:5012345678:Asha Rao"),
        Sample(99, "INR", "bank:HDFC0001234:5012345678:Asha Rao"),
        Sample(10_050, "INR", "bank:HDFC0001234:5012345678:Rao"),
        Sample(10_050, "INR", f"bank:HDFC0001234:5012345678:{'a' * 121}"),
        Sample(10_050, "INR", "bank:HDFC0001234:5012345678:Asha Räo"),
        Sample(10_050, "INR", "bank:HDFC1001234:5012345678:Asha Rao"),
        Sample(10_000_001, "INR", "upi:asha@okhdfc"),
        Sample(10_050, "INR", "upi:asha"),
    )
    words = {
        Verdict.ACCEPTED: "processing",
        Verdict.SETTLED: "processed",
        Verdict.DECLINED: "rejected",
        Verdict.RETURNED: "reversed",
    }

    def answer(self, said: Said) -> Response:
        return in_json(200, self._entity(said))

    def found(self, said: Said) -> Response:
        return self._collection(said)

    def key_of(self, request: Request) -> str | None:
        return request.headers.get("x-payout-idempotency") if request.method == "POST" else None

    def not_found(self) -> Response:
        return self._collection()

    def two_found(self, one: Said, other: Said) -> Response:
        return self._collection(one, other)

    def callback(
        self, said: Said, event_id: str, at: datetime, *, forged: bool = False
    ) -> Callback:
        event = {
            "entity": "event",
            "event": f"payout.{said.word}",
            "contains": ["payout"],
            "payload": {"payout": {"entity": self._entity(said)}},
            "created_at": int(at.timestamp()),
        }
        body = json.dumps(event).encode()
        signature = hmac.new(FOREIGN if forged else OLD, body, "sha256").hexdigest()
        return Callback({"x-razorpay-signature": signature, "x-razorpay-event-id": event_id}, body)

    def event(self, name: str, reference: str | None) -> tuple[dict[str, str], bytes, datetime]:
        """Of any name, without an id: headers, body, and when."""
        at = datetime(2026, 11, 26, tzinfo=UTC)
        said = Said(word="processed", reference="", amount_cents=1, currency="INR")
        entity = {**self._entity(said), "reference_id": reference}
        body = json.dumps(
            {
                "event": name,
                "payload": {"payout": {"entity": entity}},
                "created_at": int(at.timestamp()),
            }
        ).encode()
        return {"x-razorpay-signature": hmac.new(NEW, body, "sha256").hexdigest()}, body, at

    def _collection(self, *found: Said) -> Response:
        items = [self._entity(said) for said in found]
        return in_json(200, {"entity": "collection", "count": len(items), "items": items})

    def _entity(self, said: Said) -> dict[str, Any]:
        return {
            "id": "pout_00000000000001",
            "entity": "payout",
            "fund_account_id": "fa_00000000000001",
            "amount": said.amount_cents,
            "currency": said.currency,
            "notes": [],
            "fees": 590,
            "tax": 90,
            "status": said.word,
            "purpose": "payout",
            "utr": "UTR0001",
            "mode": "IMPS",
            "reference_id": said.reference,
            "narration": "Withdrawal",
            "batch_id": None,
            "status_details": {"description": "As it is", "source": "bank", "reason": "as_it_is"},
            "created_at": 1_764_000_000,
        }
