"""A callback that is rightly signed is read strictly; what it does not tell is inquired."""

import hmac
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.payouts import doubles
from wallet_api.payouts.adapters import standard_webhooks
from wallet_api.payouts.adapters.http import HttpGateway
from wallet_api.payouts.adapters.razorpayx import RazorpayXGateway
from wallet_api.payouts.conformance.double import Said
from wallet_api.payouts.gateway import Event, Forged, Gateway, Verdict

NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
NOWHERE, TIMEOUT = "http://127.0.0.1:9", timedelta(seconds=1)
SAID = Said(word="settled", reference="wd1", amount_cents=10_050, currency="INR")


@pytest.fixture
def http() -> Iterator[HttpGateway]:
    gateway = doubles.http(NOWHERE, TIMEOUT)
    yield gateway
    gateway.close()


@pytest.fixture
def razorpayx() -> Iterator[RazorpayXGateway]:
    gateway = doubles.razorpayx(NOWHERE, TIMEOUT)
    yield gateway
    gateway.close()


def tell(gateway: Gateway, body: Any) -> list[Event]:
    """A callback with this body, rightly signed."""
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    stamp = str(int(NOW.timestamp()))
    headers = {
        "webhook-id": "evt-1",
        "webhook-timestamp": stamp,
        "webhook-signature": f"v1,{standard_webhooks.sign('evt-1', stamp, text, doubles.NEW)}",
        "x-razorpay-signature": hmac.new(doubles.NEW, text, "sha256").hexdigest(),
        "x-razorpay-event-id": "evt-1",
    }
    return list(gateway.parse_callback(headers, text, NOW))


def data(**changes: Any) -> dict[str, Any]:
    body = json.loads(doubles.HttpDouble().answer(SAID).body)
    return {k: v for k, v in {**body, **changes}.items() if v is not ...}


def test_an_event_about_something_else_is_no_event(http: HttpGateway) -> None:
    """It is answered 2xx, so that it does not come again."""
    assert tell(http, {"type": "account.updated", "data": {}}) == []


MALFORMED = {
    "no JSON": b"<html>",
    "no object": b"[]",
    "no type": {"data": data()},
    "no data": {"type": "payout.updated"},
    "data that are none": {"type": "payout.updated", "data": [data()]},
    "no reference": {"type": "payout.updated", "data": data(reference=...)},
    "a reference that cannot be stored": {
        "type": "payout.updated",
        "data": data(reference="\ud800"),
    },
    "a member twice": b'{"type":"a","type":"payout.updated","data":{}}',
}


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED)
def test_what_is_none_of_the_protocols_is_refused(http: HttpGateway, body: Any) -> None:
    """With an error, which the sender sees, and sends again once it is repaired."""
    with pytest.raises(Forged, match="rightly signed"):
        tell(http, body)


def test_a_callback_that_names_its_payout_only_is_a_reason_to_inquire(http: HttpGateway) -> None:
    malformed = data(amountMinor="10050")

    (event,) = tell(http, {"type": "payout.updated", "data": malformed})

    assert (event.reference, event.answer.verdict) == ("wd1", Verdict.UNKNOWN)


@pytest.mark.parametrize(
    ("stamp", "instant"),
    [
        ("2026-11-26T17:30:00.1234+05:30", datetime(2026, 11, 26, 12, 0, 0, 123_000, UTC)),
        ("2026-11-26T12:00:00Z", NOW),
        ("2026-11-26T12:00:00", None),
        ("yesterday", None),
        (1_764_000_000, None),
        (None, None),
    ],
)
def test_the_time_of_an_event_is_rfc_3339_or_unknown(
    http: HttpGateway, stamp: Any, instant: datetime | None
) -> None:
    (event,) = tell(http, {"type": "payout.updated", "timestamp": stamp, "data": data()})

    assert event.occurred_at == instant


def test_without_a_secret_no_callback_is_believed() -> None:
    """An empty list of secrets must not be one that everything fits."""
    for gateway in (doubles.http(NOWHERE, TIMEOUT, ()), doubles.razorpayx(NOWHERE, TIMEOUT, ())):
        with pytest.raises(Forged):
            tell(gateway, {"type": "payout.updated", "data": data()})
        gateway.close()


NONE_OF_RAZORPAYX: dict[str, Any] = {
    "no JSON": b"<html>",
    "no object": b"[]",
    "no event": {"payload": {}},
    "no payload": {"event": "payout.processed"},
    "no payout": {"event": "payout.processed", "payload": {"payout": {"entity": {}}}},
    "another entity": {
        "event": "payout.processed",
        "payload": {"payout": {"entity": {"entity": "transaction"}}},
    },
}


@pytest.mark.parametrize("body", NONE_OF_RAZORPAYX.values(), ids=NONE_OF_RAZORPAYX)
def test_what_is_none_of_razorpayx_is_refused(razorpayx: RazorpayXGateway, body: Any) -> None:
    with pytest.raises(Forged, match="rightly signed"):
        tell(razorpayx, body)
