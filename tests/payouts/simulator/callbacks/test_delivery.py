"""Callbacks are signed, have ids, and come again until they are taken."""

import time

from tests.support.callback_receiver import (
    CALLBACK_SECRET,
    WEBHOOK_SECRET,
    Receiver,
    statuses,
    told,
)
from tests.support.payout_simulator import Http, RazorpayX, a_reference, eventually


def test_a_callback_of_the_http_protocol_is_a_standard_webhook(
    http: Http, receiver: Receiver, reference: str
) -> None:
    body = http.submit(reference).json

    (callback,) = told(receiver, reference, 1)

    assert callback.path == "/payouts/callbacks/http"
    assert callback.data == body
    assert callback.is_signed_with(CALLBACK_SECRET)
    assert abs(int(callback.headers["webhook-timestamp"]) - time.time()) < 60


def test_a_webhook_of_razorpayx_is_signed_and_has_an_id(
    razorpayx: RazorpayX, receiver: Receiver, reference: str
) -> None:
    payout = razorpayx.submit(reference).json

    (callback,) = told(receiver, reference, 1)

    assert callback.path == "/payouts/callbacks/razorpayx"
    assert callback.data == payout
    assert callback.is_signed_with(WEBHOOK_SECRET)
    assert callback.id


def test_each_change_is_told_with_an_id_of_its_own(
    http: Http, receiver: Receiver, reference: str
) -> None:
    http.behave(reference, "returned_then_declined")
    http.submit(reference)

    callbacks = told(receiver, reference, 3)

    assert sorted(statuses(callbacks)) == ["declined", "returned", "settled"]
    assert len({callback.id for callback in callbacks}) == 3


def test_a_callback_that_is_refused_comes_again_unchanged(
    http: Http, receiver: Receiver, reference: str
) -> None:
    receiver.status = 503
    try:
        http.submit(reference)
        told(receiver, reference, 1)
    finally:
        receiver.status = 204

    first, again = told(receiver, reference, 2)

    assert 0.9 < again.at - first.at < 3
    assert (again.id, again.body, again.headers) == (first.id, first.body, first.headers)


def test_a_control_route_says_where_callbacks_go(
    http: Http, receiver: Receiver, reference: str
) -> None:
    http.ask("POST", "/_control/callbacks", {"url": None})
    http.submit(reference)
    http.ask("POST", "/_control/callbacks", {"url": receiver.url})

    http.submit(other := a_reference())

    told(receiver, other, 1)
    assert receiver.about(reference) == []


def test_what_became_of_the_callbacks_is_counted(http: Http, reference: str) -> None:
    before = http.books()["callbacks"]["taken"]

    http.submit(reference)

    eventually(lambda: http.books()["callbacks"]["taken"] > before)
