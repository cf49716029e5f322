"""The RazorpayX gateway: payouts in India, to bank accounts and UPI addresses."""

import base64
import hashlib
import hmac
import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from wallet_api.payouts.adapters import asking, razorpayx_requests, strict_json
from wallet_api.payouts.adapters.exchange import Exchange
from wallet_api.payouts.adapters.razorpayx_entity import answer_of
from wallet_api.payouts.adapters.strict_json import Malformed, Members, Several
from wallet_api.payouts.destinations import Kind
from wallet_api.payouts.gateway import Answer, Event, Forged, Payout, Traits, Verdict

TRAITS = Traits(
    name="razorpayx",
    currencies=frozenset({"INR"}),
    destinations=frozenset({Kind.BANK, Kind.UPI}),
    key_life=timedelta(days=7),
    not_found_is_final_after=timedelta(hours=1),
    per_second=5,
)

PAGE = 25
"""Payouts in a page of the list: RazorpayX tells 1 to 2 KB of each, and 64 KiB are read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RazorpayXOptions:
    url: str = "https://api.razorpay.com"
    """Without a slash at its end."""
    key_id: str
    key_secret: str = field(repr=False)
    account_number: str
    """Ours, from which is paid."""
    webhook_secrets: Sequence[str] = field(repr=False, default=())
    timeout: timedelta


class RazorpayXGateway:
    def __init__(self, options: RazorpayXOptions) -> None:
        self._options = options
        self._exchange = Exchange(options.timeout)
        self._url = f"{options.url}/v1/payouts"
        pair = f"{options.key_id}:{options.key_secret}".encode()
        self._headers = {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}

    @property
    def traits(self) -> Traits:
        return TRAITS

    def check(self, amount_cents: int, currency: str, destination: str) -> None:
        razorpayx_requests.check(amount_cents, currency, destination)

    def submit(self, payout: Payout) -> Answer:
        body = razorpayx_requests.body_of(payout, self._options.account_number)
        return asking.answer_to(
            self._exchange,
            "POST",
            self._url,
            answer_of,
            headers={
                **self._headers,
                "Content-Type": "application/json",
                "X-Payout-Idempotency": payout.reference,
            },
            body=json.dumps(body).encode(),
        )

    def inquire(self, payout: Payout) -> Answer:
        """By our reference and never by its id, so that a second payout of it is seen."""
        return asking.answer_to(
            self._exchange,
            "GET",
            self._url,
            _only_answer,
            headers=self._headers,
            query={**self._account(), "reference_id": payout.reference},
        )

    def parse_callback(
        self, headers: Mapping[str, str], body: bytes, received_at: datetime
    ) -> Sequence[Event]:
        """The signature is over the body alone, without a time, so that an old callback is as good
        as a new one: the domain must inquire."""
        self._verify(headers.get("x-razorpay-signature", ""), body)
        try:
            members = strict_json.read_object(body)
            if not members.text("event").startswith("payout."):
                return []  # rightly signed, and about something else
            entity = members.object("payload").object("payout").object("entity")
            answer = answer_of(entity)
            if answer.reference is None:
                return []  # made by hand in the dashboard: none of ours
            return [
                Event(
                    # It is not signed, so it only spares work; the body's digest does as well.
                    id=_event_id(headers) or hashlib.sha256(body).hexdigest(),
                    reference=answer.reference,
                    occurred_at=_instant(members.optional_amount("created_at")),
                    answer=answer,
                )
            ]
        except Malformed as error:
            raise Forged(f"The callback is rightly signed, and {error}.") from None

    def payouts_between(self, since: datetime, until: datetime) -> Iterator[Answer]:
        """Asks for one page after the other, while they are read.

        The list has whole seconds and its newest payout first: one that is made meanwhile moves the
        others to later pages, and what comes again is left out.
        """
        first, last = int(since.timestamp()), math.ceil(until.timestamp())
        query = {**self._account(), "from": str(first), "to": str(last), "count": str(PAGE)}
        known: set[str] = set()
        skip = 0
        while True:
            page = asking.page_of(
                self._exchange,
                self._url,
                headers=self._headers,
                query={**query, "skip": str(skip)},
            )
            try:
                items = _items(page)
                made_at = {item.text("id"): item.amount("created_at") for item in items}
                answers = {item.text("id"): answer_of(item) for item in items}
            except Malformed as error:
                raise OSError(f"The gateway's list of payouts is malformed: {error}.") from None
            new = answers.keys() - known
            yield from (
                answer
                for name, answer in answers.items()
                if name in new and first <= made_at[name] < until.timestamp()
            )
            if len(items) < PAGE:
                return
            if not new:
                raise OSError("The gateway's list of payouts does not end.")
            known |= new
            skip += len(items)

    def close(self) -> None:
        self._exchange.close()

    def _account(self) -> dict[str, str]:
        return {"account_number": self._options.account_number}

    def _verify(self, signature: str, body: bytes) -> None:
        """Raises Forged."""
        given = signature.encode(errors="replace")
        if not any(
            hmac.compare_digest(
                hmac.new(secret.encode(), body, "sha256").hexdigest().encode(), given
            )
            for secret in self._options.webhook_secrets
        ):
            raise Forged("The signature of the callback is wrong.")


def _items(page: Members) -> list[Members]:
    """Of a well-formed list. Raises Malformed."""
    items = page.items("items")
    if page.text("entity") != "collection" or page.amount("count") != len(items):
        raise Malformed("the list is none of RazorpayX's")
    return items


def _only_answer(page: Members) -> Answer:
    """Raises Malformed, Several."""
    items = _items(page)
    if len(items) > 1:
        ids = ", ".join(item.text("id") for item in items[:5])
        raise Several(f"{len(items)} payouts of one reference: {ids}")
    return answer_of(items[0]) if items else Answer(verdict=Verdict.NOT_FOUND)


def _event_id(headers: Mapping[str, str]) -> str | None:
    found = re.fullmatch(r"[!-~]{1,200}", headers.get("x-razorpay-event-id", ""))
    return found and found[0]


def _instant(seconds: int | None) -> datetime | None:
    if seconds is None or seconds > 4 * 10**9:
        return None
    return datetime.fromtimestamp(seconds, UTC)
