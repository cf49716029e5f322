"""A frozen wallet debits nothing more; what it had debited is paid, unless an operator stops it."""

import pytest
from flask import Flask

from tests.payouts.paying import Paying
from tests.payouts.sent import Sent
from tests.support.people import Person

pytestmark = pytest.mark.in_process("runs commands in its process")


def run(app: Flask, *command: str) -> None:
    ended = app.test_cli_runner().invoke(args=[*command, "--reason", "asked by the court"])
    assert ended.exit_code == 0, ended.output


@pytest.fixture
def sent(app: Flask, paying: Paying) -> Sent:
    """By somebody whose wallet was frozen before it came to the gateway."""
    sent = Sent(paying, runs=False)
    run(app, "wallets", "freeze", str(sent.person.id))
    return sent


def withdraws(person: Person) -> str:
    code: str = person.withdraws(1).get_json()["code"]
    return code


def test_what_was_debited_before_is_still_paid_out(paying: Paying, sent: Sent) -> None:
    refused = withdraws(sent.person)

    ended = paying.until_it_ends(sent.person, sent.created)

    assert (refused, ended["status"]) == ("wallet_frozen", "success")
    assert paying.paid(sent.created) == [3000]


def test_an_operator_can_stop_what_was_not_sent_yet(app: Flask, paying: Paying, sent: Sent) -> None:
    run(app, "payouts", "fail", sent.id)
    paying.run()

    assert sent.record["status"] == "failed"
    assert paying.paid(sent.created) == []
    assert sent.balance() == 100_00
