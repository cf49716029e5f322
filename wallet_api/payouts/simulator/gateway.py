"""The gateway itself, without a protocol: it takes payouts, goes their courses, and answers."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from wallet_api import clock
from wallet_api.payouts.simulator.behaviours.behaviour import Behaviour, script_of
from wallet_api.payouts.simulator.books import Books, Entry
from wallet_api.payouts.simulator.exchange import Order, Refusal, Told
from wallet_api.payouts.simulator.mix import base_of, draw, named
from wallet_api.payouts.simulator.options import Options
from wallet_api.payouts.simulator.script import (
    Inquiry,
    Manner,
    Money,
    Repeat,
    Script,
    Status,
    Step,
)
from wallet_api.payouts.simulator.views import View, distorted, view_of

Later = Callable[[float, Callable[[], None]], object]
"""Call it after so many seconds."""

POOR = Step(Status.DECLINED, money=Money.STAYS, reason="insufficient_funds")
CANCELLED = Step(Status.DECLINED, money=Money.STAYS, reason="cancelled")


@dataclass(slots=True)
class _Key:
    body: bytes
    entry: Entry
    first: View
    since: datetime


@dataclass(slots=True)
class _Client:
    """What the gateway remembers of a reference and its later attempts."""

    behaviours: tuple[Behaviour, ...]
    script: Script
    submissions: int = 0
    first_at: datetime | None = None


class Gateway:
    """`changed` is called with each view that a callback would tell."""

    def __init__(
        self,
        options: Options,
        books: Books,
        later: Later,
        changed: Callable[[View, Script], None],
    ) -> None:
        self._options = options
        self._books = books
        self._later = later
        self._changed = changed
        self._keys: dict[tuple[str, str], _Key] = {}
        self._clients: dict[str, _Client] = {}

    def behave(self, reference: str, behaviours: tuple[Behaviour, ...]) -> None:
        """From its next submission on."""
        self._clients[base_of(reference)] = _Client(behaviours, script_of(behaviours))

    def submit(self, order: Order) -> Told:
        now = clock.now()
        client = self._client(order.reference)
        client.submissions += 1
        client.first_at = client.first_at or now
        manner = self._manner(client, now)
        fault = client.script.fault
        if manner is Manner.BALANCE_TOO_LOW and order.poverty_sticks:
            return self._taken(order, client, replace(client.script, course=(POOR,)), now)
        if manner is Manner.LOST:
            return Told((view_of(self._entry(order, client, now)),))
        if manner and fault and not fault.pays:
            return Told(manner=manner)
        return replace(self._taken(order, client, client.script, now), manner=manner)

    def inquire(self, entries: list[Entry]) -> Told:
        """About one reference; the protocol has looked up its entries."""
        if not entries:
            return Told(refusal=Refusal.NOT_FOUND)
        now = clock.now()
        client = self._client(entries[0].reference)
        script = client.script
        manner = self._manner(client, now) if script.fault and script.fault.hits_inquiries else None
        if manner:
            return Told(manner=manner)
        views = tuple(self._seen(entry, script, now) for entry in entries)
        fresh = now < entries[-1].created_at + self._minute
        match script.inquiry:
            case Inquiry.NEVER:
                return Told(refusal=Refusal.NOT_FOUND)
            case Inquiry.LATER if fresh:
                return Told(refusal=Refusal.NOT_FOUND)
            case Inquiry.SERVER_ERROR:
                return Told(views, manner=Manner.SERVER_ERROR)
            case Inquiry.TWO:
                return Told((*views, _ghost_of(views[-1])))
            case Inquiry.STALE:
                return Told(tuple(self._stale(view, now) for view in views))
        return Told(views)

    def silenced(self, reference: str) -> Told | None:
        """How even an inquiry about a payout that is not there goes wrong now."""
        client = self._clients.get(base_of(reference))
        if client is None or not client.script.fault or not client.script.fault.hits_inquiries:
            return None
        manner = self._manner(client, clock.now())
        return Told(manner=manner) if manner else None

    def cancel(self, entry: Entry) -> Told:
        """While it is only accepted; what is paid stays paid."""
        script = self._client(entry.reference).script
        if entry.status is not Status.ACCEPTED or entry.times_paid:
            return Told((view_of(entry),), refusal=Refusal.TOO_LATE)
        if script.can_cancel:
            self._move(entry, CANCELLED, script)
        return Told((view_of(entry),))

    def resume(self, entry: Entry) -> None:
        """Go on with a payout of an earlier process; the wait for its next step begins anew."""
        if entry.behaviours:
            self.behave(entry.reference, named(entry.behaviours))
        client = self._client(entry.reference)
        client.submissions += 1
        client.first_at = client.first_at or entry.created_at
        key, body = str(entry.asked["key"]), str(entry.asked["body"]).encode()
        began = entry.history[0][0] if entry.history else entry.status
        first = replace(view_of(entry), status=began.value)
        self._keys[entry.protocol, key] = _Key(body, entry, first, entry.created_at)
        if entry.reason not in (POOR.reason, CANCELLED.reason):
            self._go(entry, client.script, list(client.script.course[len(entry.history) :]))

    def _client(self, reference: str) -> _Client:
        base = base_of(reference)
        client = self._clients.get(base)
        if client is None:
            behaviours = self._options.mix.chosen(self._options.seed, base)
            client = self._clients[base] = _Client(behaviours, script_of(behaviours))
        return client

    def _manner(self, client: _Client, now: datetime) -> Manner | None:
        fault = client.script.fault
        if fault is None or client.first_at is None:
            return None
        on = now < client.first_at + self._minute if fault.for_a_minute else client.submissions == 1
        return fault.manner if on else None

    def _taken(self, order: Order, client: _Client, script: Script, now: datetime) -> Told:
        known = self._keys.get((order.protocol, order.key))
        if known and script.forgets and now - known.since > self._memory:
            known = None
        if known is None:
            return Told((self._take(order, script, client, now),))
        if known.body != order.body and script.refuses_other_body:
            return Told(refusal=Refusal.ANOTHER_BODY)
        match script.repeat:
            case Repeat.CONFLICT:
                return Told(refusal=Refusal.CONFLICT)
            case Repeat.FIRST:
                return Told((known.first,))
        return Told((self._seen(known.entry, script, now),))

    def _take(self, order: Order, script: Script, client: _Client, now: datetime) -> View:
        entry = self._entry(order, client, now)
        self._books.open(entry)
        self._go(entry, script, list(script.course))
        first = self._seen(entry, script, now)
        self._keys[order.protocol, order.key] = _Key(order.body, entry, first, now)
        return first

    def _entry(self, order: Order, client: _Client, now: datetime) -> Entry:
        number = len(self._books.of(order.reference))
        drawn = draw(self._options.seed, "payout", order.reference, number)
        return Entry(
            reference=order.reference,
            gateway_reference=f"pout_{drawn:014x}"[:19],
            protocol=order.protocol,
            amount_minor=order.amount_minor,
            currency=order.currency,
            destination=order.destination,
            fee_minor=max(1, min(order.amount_minor // 200, 1000)),
            trace=f"{drawn % 10**12:012d}",
            behaviours=tuple(each.name for each in client.behaviours),
            created_at=now,
            asked={**order.asked, "key": order.key, "body": order.body.decode("utf-8", "replace")},
        )

    def _go(self, entry: Entry, script: Script, steps: list[Step]) -> None:
        """The next steps, until one that takes time."""
        while steps:
            step = steps.pop(0)
            if wait := self._options.seconds.of(step.after):
                self._later(wait, partial(self._come, entry, script, step, steps))
                return
            self._move(entry, step, script)

    def _come(self, entry: Entry, script: Script, step: Step, rest: list[Step]) -> None:
        if entry.reason == CANCELLED.reason:
            return
        self._move(entry, step, script)
        self._go(entry, script, rest)

    def _move(self, entry: Entry, step: Step, script: Script) -> None:
        now = clock.now()
        self._books.move(entry, step, now)
        self._changed(self._seen(entry, script, now), script)

    def _seen(self, entry: Entry, script: Script, now: datetime) -> View:
        view = view_of(entry)
        wrong = script.wrong
        return distorted(view, wrong) if wrong and now < entry.created_at + self._minute else view

    def _stale(self, view: View, now: datetime) -> View:
        """Its first status, until a minute after its last change."""
        status, _ = view.entry.history[0]
        _, changed_at = view.entry.history[-1]
        if now < changed_at + self._minute:
            return replace(view, status=status.value, trace=None, reason=None)
        return view

    @property
    def _minute(self) -> timedelta:
        return timedelta(seconds=self._options.seconds.minute)

    @property
    def _memory(self) -> timedelta:
        return timedelta(seconds=self._options.seconds.memory)


def _ghost_of(view: View) -> View:
    """Another payout of the same reference, which was never paid."""
    last = "0" if view.gateway_reference[-1] != "0" else "1"
    return replace(
        view,
        gateway_reference=view.gateway_reference[:-1] + last,
        status=Status.DECLINED.value,
        reason="beneficiary_account_closed",
        trace=None,
    )
