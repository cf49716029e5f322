"""Callbacks mislead as their behaviour says."""

import time
from collections.abc import Callable

import pytest

from tests.support.callback_receiver import (
    CALLBACK_SECRET,
    OLD_CALLBACK_SECRET,
    OLD_WEBHOOK_SECRET,
    Receiver,
    statuses,
    told,
)
from tests.support.payout_simulator import Http, RazorpayX, eventually
from wallet_api.payouts.simulator.behaviours.catalogue import GROUPS

DAY = 0.15
MINUTE = 0.3


def before_the_answer(http: Http, receiver: Receiver, reference: str) -> None:
    http.submit(reference)
    answered = time.monotonic()

    (callback,) = told(receiver, reference, 1)

    assert callback.at < answered - 0.3


def before_our_commit(http: Http, receiver: Receiver, reference: str) -> None:
    http.submit(reference)

    assert statuses(told(receiver, reference, 3)) == ["settled"] * 3


def doubled(http: Http, receiver: Receiver, reference: str) -> None:
    http.submit(reference)

    callbacks = told(receiver, reference, 4)

    assert sorted(statuses(callbacks)) == ["accepted", "accepted", "settled", "settled"]
    assert len({each.id for each in callbacks}) == 2


def one_id(http: Http, receiver: Receiver, reference: str) -> None:
    http.submit(reference)

    callbacks = told(receiver, reference, 2)

    assert sorted(statuses(callbacks)) == ["accepted", "settled"]
    assert len({each.id for each in callbacks}) == 1


def reordered(http: Http, receiver: Receiver, reference: str) -> None:
    http.submit(reference)

    assert statuses(told(receiver, reference, 3)) == ["returned", "settled", "accepted"]


def a_day_late(http: Http, receiver: Receiver, reference: str) -> None:
    http.submit(reference)
    began = time.monotonic()

    assert told(receiver, reference, 1)[0].at - began > DAY * 0.9


def never(http: Http, receiver: Receiver, reference: str) -> None:
    http.submit(reference)
    eventually(lambda: http.inquire(reference).json["status"] == "settled")
    time.sleep(0.1)

    assert receiver.about(reference) == []


def forged(http: Http, receiver: Receiver, reference: str) -> None:
    http.submit(reference)

    callbacks = told(receiver, reference, 4)

    assert {
        (callback.is_signed_with(CALLBACK_SECRET), callback.data["status"])
        for callback in callbacks
    } == {(False, "declined"), (True, "accepted"), (True, "settled")}


def old_secret(http: Http, receiver: Receiver, reference: str) -> None:
    http.submit(reference)

    for callback in told(receiver, reference, 2):
        assert callback.is_signed_with(OLD_CALLBACK_SECRET)
        assert not callback.is_signed_with(CALLBACK_SECRET)


def replayed(http: Http, receiver: Receiver, reference: str) -> None:
    http.submit(reference)

    callbacks = told(receiver, reference, 6)

    assert sorted(statuses(callbacks[:3])) == ["accepted", "returned", "settled"]
    assert {each.body for each in callbacks[3:]} == {each.body for each in callbacks[:3]}
    assert callbacks[3].at - callbacks[0].at > MINUTE * 0.9


def of_yesterday(http: Http, receiver: Receiver, reference: str) -> None:
    http.submit(reference)

    for callback in told(receiver, reference, 2):
        assert callback.is_signed_with(CALLBACK_SECRET)
        assert 80_000 < time.time() - int(callback.headers["webhook-timestamp"]) < 90_000


def stranger(http: Http, receiver: Receiver, reference: str) -> None:
    http.submit(reference)

    (callback,) = eventually(
        lambda: [
            each
            for each in list(receiver.came)
            if http.inquire(each.data.get("reference", reference)).status == 404
        ]
    )

    assert callback.is_signed_with(CALLBACK_SECRET)


def flood(http: Http, receiver: Receiver, reference: str) -> None:
    http.submit(reference)

    callbacks = told(receiver, reference, 200)

    assert len({each.id for each in callbacks}) == 200
    assert set(statuses(callbacks)) == {"settled"}


CHECKS: dict[str, Callable[[Http, Receiver, str], None]] = {
    "callback_before_the_answer": before_the_answer,
    "callback_before_our_commit": before_our_commit,
    "callbacks_doubled": doubled,
    "callbacks_with_one_id": one_id,
    "callbacks_reordered": reordered,
    "callbacks_a_day_late": a_day_late,
    "callbacks_never": never,
    "callback_forged": forged,
    "callback_with_old_secret": old_secret,
    "callbacks_replayed": replayed,
    "callbacks_of_yesterday": of_yesterday,
    "callback_about_a_stranger": stranger,
    "callback_flood": flood,
}


def test_every_callback_behaviour_has_a_check() -> None:
    assert CHECKS.keys() == {each.name for each in GROUPS["callback"]}


@pytest.mark.parametrize("name", CHECKS)
def test_callbacks_mislead_as_the_sentence_says(
    http: Http, receiver: Receiver, reference: str, name: str
) -> None:
    http.behave(reference, name)

    CHECKS[name](http, receiver, reference)


def test_razorpayx_signs_with_the_old_secret_as_well(
    razorpayx: RazorpayX, receiver: Receiver, reference: str
) -> None:
    razorpayx.behave(reference, "callback_with_old_secret")
    razorpayx.submit(reference)

    (callback,) = told(receiver, reference, 1)

    assert callback.is_signed_with(OLD_WEBHOOK_SECRET)
