"""What was withdrawn before there were payouts is paid by no gateway, and refunded by none."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from flask.testing import FlaskClient
from pymongo.database import Database

from tests.money.audit_books import audited
from tests.moving_in import original
from tests.moving_in.before_payouts import OLD, Old
from tests.payouts.paying import Paying
from tests.payouts.reconciliation.reconciling import Reconciling
from tests.support.people import Person
from wallet_api.documents.withdrawal import Withdrawal
from wallet_api.movements.used_keys import recent

pytestmark = [
    pytest.mark.in_process("the database has changed below the service"),
    pytest.mark.slow,
]


@pytest.fixture(params=OLD)
def old(db: Database, request: pytest.FixtureRequest) -> Iterator[Old]:
    """Brought to the present version; its outboxes wait as they were left."""
    found = OLD[request.param]
    found.load(db, original.clear)
    moved = original.migrated()
    assert (moved.exit_code, moved.left()) == (0, [])
    yield found
    original.clear(db)


@pytest.fixture
def ada(old: Old, paying: Paying, client: FlaskClient) -> Person:
    return original.logged_in(client, old.email, old.password)


def withdrawals() -> list[dict[str, Any]]:
    return list(Withdrawal._get_collection().find().sort("_id", 1))


def references() -> set[str]:
    return {f"wd{each['_id']}" for each in withdrawals()}


def told(app: Flask, *arguments: str) -> Result:
    return app.test_cli_runner().invoke(args=arguments)


def assert_no_gateway_knows(paying: Paying, references: set[str]) -> None:
    assert not references & {each["reference"] for each in paying.gateway.books()["payouts"]}


def test_none_of_them_is_due_or_sent_or_held(old: Old, ada: Person, paying: Paying) -> None:
    paying.sweep()
    before = withdrawals()

    taken_up = paying.run()

    assert taken_up == 0
    assert withdrawals() == before
    assert not [each for each in before if each.keys() & {"gateway", "dueAt", "attempts"}]
    assert_no_gateway_knows(paying, references())
    wallet = ada.get("/wallets").get_json()
    assert (wallet["balanceCents"], wallet["heldCents"]) == (old.cents, 0)


def test_their_keys_get_their_first_answers(old: Old, ada: Person, paying: Paying) -> None:
    for _ in "with some in the outbox", "with all copied":
        recent.clear()
        for status, asked in ("success", old.paid), ("failed", old.reversed):
            for key, body in asked.items():
                again = ada.post("/withdrawals", body, key)
                replayed = again.headers.get("Idempotent-Replayed")
                assert (key, again.status_code, replayed) == (key, 201, "true"), again.get_json()
                assert again.get_json()["status"] == status
        for key, body in old.refused.items():
            again = ada.post("/withdrawals", body, key)
            assert (again.status_code, again.get_json()["code"]) == (400, "insufficient_funds")
        assert ada.balance() == old.cents
        paying.run()
    assert_no_gateway_knows(paying, references())


def test_new_ones_of_an_old_wallet_are_paid_once(old: Old, ada: Person, paying: Paying) -> None:
    answers = [ada.withdraws(3, "new"), ada.withdraws(3, "new"), ada.withdraws(4)]

    ended = [paying.until_it_ends(ada, each) for each in answers]

    assert [each["status"] for each in ended] == ["success"] * 3
    assert [paying.paid(each) for each in answers] == [[300], [300], [400]]
    assert ada.balance() == old.cents - 700
    assert audited("--verify-chain").differences == []


def test_one_that_came_back_is_reversed_as_ever_and_once(
    app: Flask, old: Old, ada: Person, paying: Paying
) -> None:
    key, body = next(iter(old.paid.items()))
    paid = ada.post("/withdrawals", body, key).get_json()

    for _ in range(2):
        done = told(app, "reverse", paid["id"], "--reason", "the bank sent it back")
        assert done.exit_code == 0, done.output

    shown = ada.get(f"/withdrawals/{paid['id']}").get_json()
    assert (shown["status"], shown["failureReason"]) == ("failed", "the bank sent it back")
    assert ada.balance() == old.cents + paid["amountCents"]
    assert ada.post("/withdrawals", body, key).get_json()["status"] == "failed"
    assert paying.run() == 0
    assert audited("--verify-chain").differences == []


def test_no_command_for_payouts_touches_them(
    app: Flask, old: Old, ada: Person, paying: Paying
) -> None:
    paying.sweep()
    before = withdrawals()

    for each in before:
        for command in ("settle", "fail", "retry", "inquire", "show"):
            why = () if command in ("inquire", "show") else ("--reason", "a try")
            refused = told(app, "payouts", command, str(each["_id"]), *why)
            assert refused.exit_code == 1, refused.output
            assert "No withdrawal of this id is paid out by a gateway" in refused.output
        answer = ada.post(f"/withdrawals/{each['_id']}/cancel", None)
        assert answer.status_code in (404, 409)  # 404: of others
    for wanted in ("--needs-review",), ("--status", "success"), ("--status", "failed"), ():
        assert told(app, "payouts", "list", *wanted).output.strip() == "0 payouts"

    assert withdrawals() == before


def test_reconciliation_expects_none_of_them(
    app: Flask, old: Old, ada: Person, paying: Paying, tmp_path: Path
) -> None:
    reconciling = Reconciling(app, paying, tmp_path)
    new = ada.withdraws(3)
    paying.until_it_ends(ada, new)

    ended = reconciling.run(
        reconciling.statement(new), "--from", "2020-01-01", "--to", "2100-01-01"
    )

    assert (ended.code, ended.kinds) == (0, [])
    assert (ended.report["withdrawals"], ended.report["notes"]) == (1, {})
