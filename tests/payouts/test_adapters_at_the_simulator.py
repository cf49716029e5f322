"""Both adapters at the simulated gateway: they say nothing that its books refute."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tests.support import callback_receiver
from tests.support.callback_receiver import Callback, Receiver, receiving
from tests.support.payout_simulator import Http, a_reference, eventually, running
from wallet_api import clock
from wallet_api.payouts.adapters.http import HttpGateway, HttpOptions
from wallet_api.payouts.adapters.razorpayx import RazorpayXGateway, RazorpayXOptions
from wallet_api.payouts.gateway import Answer, Forged, Payout, Verdict
from wallet_api.payouts.simulator.behaviours.catalogue import BEHAVIOURS, GROUPS
from wallet_api.payouts.simulator.options import Secrets

pytestmark = [pytest.mark.slow, pytest.mark.lengthy]

TIMEOUT = timedelta(seconds=0.4)
BRIEF = (
    *("--delay", "0.05", "--timeout", "0.4", "--memory", "0.2", "--minute", "0.3"),
    *("--day", "0.15", "--control"),
)
SECRETS = Secrets()

LIARS = {"declined_then_returned", "declined_then_settled"}
"""Their gateway itself says declined, of money that is out or will be: no adapter can know."""

WRONG_OBJECTS = {each.name for each in GROUPS["object"]}
"""Their answers are about something else: the domain compares what the adapter repeats."""

Adapter = HttpGateway | RazorpayXGateway


def by_http(address: str) -> Adapter:
    return HttpGateway(
        HttpOptions(
            url=address,
            token=SECRETS.token,
            callback_secrets=(
                callback_receiver.CALLBACK_SECRET,
                callback_receiver.OLD_CALLBACK_SECRET,
            ),
            timeout=TIMEOUT,
            key_life=timedelta(days=1),
            not_found_is_final_after=None,
        )
    )


def by_razorpayx(address: str) -> Adapter:
    return RazorpayXGateway(
        RazorpayXOptions(
            url=address,
            key_id=SECRETS.key_id,
            key_secret=SECRETS.key_secret,
            account_number=SECRETS.account_number,
            webhook_secrets=(SECRETS.webhook_secret, SECRETS.old_webhook_secret),
            timeout=TIMEOUT,
        )
    )


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture(scope="module")
def address(receiver: Receiver) -> Iterator[str]:
    with running(*BRIEF, "--callbacks", receiver.url) as address:
        yield address


@pytest.fixture
def simulator(address: str) -> Http:
    return Http(address)


@pytest.fixture(params=[by_http, by_razorpayx])
def adapter(request: pytest.FixtureRequest, address: str) -> Iterator[Adapter]:
    adapter: Adapter = request.param(address)
    yield adapter
    adapter.close()


def a_payout() -> Payout:
    return Payout(
        reference=a_reference(),
        amount_cents=10_050,
        currency="INR",
        destination="bank:HDFC0001234:5012345678:Asha Rao",
        created_at=clock.now(),
    )


def is_about(answer: Answer, payout: Payout) -> bool:
    return (answer.reference, answer.amount_cents, answer.currency) == (
        payout.reference,
        payout.amount_cents,
        payout.currency,
    )


def times_paid(simulator: Http, payout: Payout) -> int:
    return sum(entry["paidMinor"] for entry in simulator.entries(payout.reference)) // 10_050


@pytest.mark.parametrize("behaviour", BEHAVIOURS)
def test_no_behaviour_makes_an_adapter_say_what_the_books_refute(
    simulator: Http, adapter: Adapter, behaviour: str
) -> None:
    payout = a_payout()
    simulator.behave(payout.reference, behaviour)

    answers = [adapter.submit(payout), adapter.inquire(payout)]

    paid = times_paid(simulator, payout)
    for answer in answers:
        if answer.verdict in (Verdict.ACCEPTED, Verdict.SETTLED, Verdict.DECLINED):
            assert is_about(answer, payout) or behaviour in WRONG_OBJECTS
        if answer.verdict is Verdict.SETTLED:
            assert paid == 1
        if answer.verdict is Verdict.DECLINED and behaviour not in LIARS:
            assert paid == 0
    if answers[0].verdict is Verdict.NOT_TAKEN:
        assert paid == 0
    assert simulator.books()["followedRedirects"] == 0


HONEST_ENDS = {
    "settles": Verdict.SETTLED,
    "settles_later": Verdict.SETTLED,
    "declines": Verdict.DECLINED,
    "declines_later": Verdict.DECLINED,
    "returns_later": Verdict.RETURNED,
    "cancelled_there": Verdict.DECLINED,
    "pays_then_silent": Verdict.SETTLED,
    "pays_then_late": Verdict.SETTLED,
    "pays_then_500": Verdict.SETTLED,
    "answers_gzip_bomb": Verdict.SETTLED,
    "drips": Verdict.SETTLED,
    "unpaid_500": Verdict.NOT_FOUND,
    "redirects": Verdict.NOT_FOUND,
    "found_only_later": Verdict.SETTLED,
    "never_found_though_paid": Verdict.NOT_FOUND,
    "two_found": Verdict.UNKNOWN,
    "inquiry_always_500": Verdict.UNKNOWN,
}


@pytest.mark.parametrize(("behaviour", "verdict"), HONEST_ENDS.items())
def test_inquiries_tell_how_it_ends(
    simulator: Http, adapter: Adapter, behaviour: str, verdict: Verdict
) -> None:
    payout = a_payout()
    simulator.behave(payout.reference, behaviour)
    adapter.submit(payout)

    answer = eventually(
        lambda: answer if (answer := adapter.inquire(payout)).verdict is verdict else None
    )

    assert bool(answer.needs_review) == (behaviour == "two_found")


def test_a_reference_that_is_spent_is_told_where_the_gateway_keeps_its_refusal(
    simulator: Http, address: str
) -> None:
    poor = []
    for make in (by_http, by_razorpayx):
        adapter, payout = make(address), a_payout()
        simulator.behave(payout.reference, "balance_too_low")
        poor.append(adapter.submit(payout))
        adapter.close()

    assert [(answer.verdict, answer.reference_is_spent) for answer in poor] == [
        (Verdict.NOT_TAKEN, False),
        (Verdict.NOT_TAKEN, True),
    ]


def received(receiver: Receiver, payout: Payout, number: int) -> list[Callback]:
    found: list[Callback] = eventually(
        lambda: came if len(came := receiver.about(payout.reference)) >= number else None
    )
    return found


@pytest.mark.parametrize("behaviour", ["settles", "callback_with_old_secret"])
def test_callbacks_are_read_while_the_secret_changes_too(
    simulator: Http, adapter: Adapter, receiver: Receiver, behaviour: str
) -> None:
    payout = a_payout()
    simulator.behave(payout.reference, behaviour)
    adapter.submit(payout)
    callback = received(receiver, payout, 1)[-1]

    (event,) = adapter.parse_callback(callback.headers, callback.body, datetime.now(UTC))

    assert event.id == callback.id
    assert event.reference == payout.reference
    assert is_about(event.answer, payout)


def test_a_forged_callback_is_told_from_the_genuine_one(
    simulator: Http, adapter: Adapter, receiver: Receiver
) -> None:
    payout = a_payout()
    simulator.behave(payout.reference, "callback_forged")
    adapter.submit(payout)
    forged = 0

    for callback in received(receiver, payout, 4):
        try:
            (event,) = adapter.parse_callback(callback.headers, callback.body, datetime.now(UTC))
        except Forged:
            forged += 1
        else:
            assert event.answer.verdict in (Verdict.ACCEPTED, Verdict.SETTLED)

    assert forged == 2


def test_yesterdays_callback_is_refused_where_its_time_is_signed(
    simulator: Http, address: str, receiver: Receiver
) -> None:
    """Razorpay signs no time, and tells again for a day: there the domain inquires."""
    for make, is_refused in ((by_http, True), (by_razorpayx, False)):
        adapter, payout = make(address), a_payout()
        simulator.behave(payout.reference, "callbacks_of_yesterday")
        adapter.submit(payout)
        callback = received(receiver, payout, 1)[-1]

        try:
            adapter.parse_callback(callback.headers, callback.body, datetime.now(UTC))
            refused = False
        except Forged:
            refused = True

        assert refused == is_refused
        adapter.close()


def test_the_list_of_either_has_all_its_payouts_once(adapter: Adapter, simulator: Http) -> None:
    since = clock.now() - timedelta(seconds=1)
    payouts = [a_payout() for _ in range(130)]
    for payout in payouts:
        adapter.submit(payout)

    listed = [
        answer.reference
        for answer in adapter.payouts_between(since, clock.now() + timedelta(seconds=1))
    ]

    ours = [each.reference for each in payouts]
    assert sorted(name for name in listed if name in ours) == sorted(ours)
