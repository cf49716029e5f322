"""The `http` gateway: a small shim that a company puts before its bank (docs/payouts.md)."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import quote

from wallet_api import clock
from wallet_api.payouts.adapters import asking, outcomes, standard_webhooks, strict_json
from wallet_api.payouts.adapters.exchange import Exchange
from wallet_api.payouts.adapters.strict_json import Malformed, Members
from wallet_api.payouts.destinations import Kind, kind_of
from wallet_api.payouts.gateway import (
    Answer,
    CannotPay,
    Event,
    Forged,
    Payout,
    Traits,
    Verdict,
)

WORDS = {
    "accepted": Verdict.ACCEPTED,
    "settled": Verdict.SETTLED,
    "declined": Verdict.DECLINED,
    "returned": Verdict.RETURNED,
}

PAGE = 100
"""Payouts in a page of the list: they fit into 64 KiB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpOptions:
    name: str = "http"
    url: str
    """Without a slash at its end."""
    token: str = field(repr=False)
    callback_secrets: Sequence[bytes] = field(repr=False, default=())
    timeout: timedelta
    key_life: timedelta
    not_found_is_final_after: timedelta | None


class HttpGateway:
    def __init__(self, options: HttpOptions) -> None:
        self._options = options
        self._exchange = Exchange(options.timeout)
        self._url = f"{options.url}/payouts"
        self._traits = Traits(
            name=options.name,
            currencies=None,
            destinations=frozenset(Kind) - {Kind.WALLET},
            key_life=options.key_life,
            not_found_is_final_after=options.not_found_is_final_after,
        )

    @property
    def traits(self) -> Traits:
        return self._traits

    def check(self, amount_cents: int, currency: str, destination: str) -> None:
        """The shim reads the destination: any text will do that is not this service's own."""
        if kind_of(destination) not in self._traits.destinations:
            raise CannotPay(f"The gateway {self._traits.name} cannot pay into a wallet.")

    def submit(self, payout: Payout) -> Answer:
        body = {
            "reference": payout.reference,
            "amountMinor": payout.amount_cents,
            "currency": payout.currency,
            "destination": payout.destination,
            "createdAt": clock.rfc3339(payout.created_at),
        }
        return asking.answer_to(
            self._exchange,
            "POST",
            self._url,
            _answer,
            headers={
                **self._headers(),
                "Content-Type": "application/json",
                "Idempotency-Key": payout.reference,
            },
            body=json.dumps(body).encode(),
        )

    def inquire(self, payout: Payout) -> Answer:
        return asking.answer_to(
            self._exchange,
            "GET",
            f"{self._url}/{quote(payout.reference, safe='')}",
            _answer,
            headers=self._headers(),
            is_not_found=asking.says_exactly(404, status="not_found"),
        )

    def parse_callback(
        self, headers: Mapping[str, str], body: bytes, received_at: datetime
    ) -> Sequence[Event]:
        secrets = self._options.callback_secrets
        event_id = standard_webhooks.verify(headers, body, received_at, secrets)
        try:
            members = strict_json.read_object(body)
            if members.text("type") != "payout.updated":
                return []  # rightly signed, and about something else
            data = members.object("data")
            reference = data.text("reference")
        except Malformed as error:
            raise Forged(f"The callback is rightly signed, and {error}.") from None
        return [
            Event(
                id=event_id,
                reference=reference,
                occurred_at=_instant(members.any("timestamp")),
                answer=_answer_or_unknown(data),
            )
        ]

    def payouts_between(self, since: datetime, until: datetime) -> Iterator[Answer]:
        """Asks for one page after the other, while they are read."""
        query = {"from": clock.rfc3339(since), "to": clock.rfc3339(until), "limit": str(PAGE)}
        cursor: str | None = None
        while True:
            page = asking.page_of(
                self._exchange,
                self._url,
                headers=self._headers(),
                query={**query, "cursor": cursor} if cursor else query,
            )
            try:
                answers = [_answer(item) for item in page.items("data")]
                following = page.optional_text("nextCursor")
            except Malformed as error:
                raise OSError(f"The gateway's list of payouts is malformed: {error}.") from None
            yield from answers
            if following is None:
                return
            if following == cursor or not answers:
                raise OSError("The gateway's list of payouts does not end.")
            cursor = following

    def close(self) -> None:
        self._exchange.close()

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._options.token}", "Accept": "application/json"}


def _answer(members: Members) -> Answer:
    """Of a well-formed body. Raises Malformed."""
    word = members.text("status")
    return Answer(
        verdict=WORDS.get(word, Verdict.ACCEPTED),
        reference=members.text("reference"),
        amount_cents=members.amount("amountMinor"),
        currency=members.text("currency"),
        gateway_reference=members.optional_text("gatewayReference"),
        trace=members.optional_text("trace"),
        fee_cents=members.optional_amount("feeMinor"),
        reason=members.optional_text("reason"),
        description=None if word in WORDS else f"The gateway says {word!r}.",
    )


def _answer_or_unknown(members: Members) -> Answer:
    """A callback whose rest is malformed still says that there is something to inquire."""
    try:
        return _answer(members)
    except Malformed as error:
        return outcomes.unknown("malformed", str(error))


def _instant(text: object) -> datetime | None:
    """RFC 3339; None where it is none."""
    try:
        instant = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return clock.to_milliseconds(instant) if instant and instant.tzinfo else None
