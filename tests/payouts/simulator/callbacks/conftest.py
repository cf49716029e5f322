"""A simulator of its own, whose callbacks go to a receiver that keeps them."""

from collections.abc import Iterator

import pytest

from tests.payouts.simulator.conftest import BRIEF
from tests.support.callback_receiver import Receiver, receiving
from tests.support.payout_simulator import Http, RazorpayX, running


@pytest.fixture(scope="session")
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture(scope="session")
def calling(receiver: Receiver) -> Iterator[str]:
    """The address of a simulator that calls the receiver."""
    with running(*BRIEF, "--callbacks", receiver.url) as address:
        yield address


@pytest.fixture
def http(calling: str) -> Http:
    return Http(calling)


@pytest.fixture
def razorpayx(calling: str) -> RazorpayX:
    return RazorpayX(calling)
