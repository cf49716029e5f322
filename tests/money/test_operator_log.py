"""What an operator does is written down before it is done, and nobody can change the line."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.money.audit_books import audited, opened
from wallet_api import operator_log
from wallet_api.documents.operator_act import OperatorAct
from wallet_api.errors import IllegalStatusChange, Unavailable
from wallet_api.operator_log import acting

pytestmark = pytest.mark.usefixtures("app")

acts = OperatorAct._get_collection


def three_acts() -> None:
    opened()
    for number in range(3):
        with acting("payouts retry", f"withdrawal {number}", "it was time", key=f"k{number}"):
            pass


def test_acts_are_numbered_and_linked_and_the_audit_counts_them() -> None:
    three_acts()

    found = audited()

    assert (found.exit_code, found.summary["operatorActs"]) == (0, 3)
    assert [act["number"] for act in acts().find({}).sort("number", 1)] == [1, 2, 3]


def test_an_act_is_written_down_before_it_is_done() -> None:
    with acting("payouts fail", "one", "why"):
        assert acts().count_documents({"command": "payouts fail", "subject": "one"}) == 1


def test_a_refused_act_is_written_down_as_refused() -> None:
    with pytest.raises(IllegalStatusChange), acting("payouts fail", "one", "why"):
        raise IllegalStatusChange("Not now.")

    asked, refused = acts().find({}).sort("number", 1)
    assert asked["reason"] == "why"
    assert refused["details"] == {"act": "1", "refused": "Not now."}


def test_commands_at_once_have_numbers_of_their_own() -> None:
    opened()
    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(lambda n: operator_log.append("c", str(n), None, {}), range(40)))

    assert sorted(numbers) == list(range(1, 41))
    assert audited().differences == []


def test_nothing_is_done_that_cannot_be_written_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operator_log, "MOST_TRIES", 0)

    with pytest.raises(Unavailable), acting("payouts fail", "one", "why"):
        raise AssertionError("it was done")


FORGERIES: dict[str, tuple[Callable[[], object], str]] = {
    "the reason of an act": (
        lambda: acts().update_one({"number": 2}, {"$set": {"reason": "mine"}}),
        "operator_act_changed",
    ),
    "who has done it": (
        lambda: acts().update_one({"number": 2}, {"$set": {"by": "you@there"}}),
        "operator_act_changed",
    ),
    "the withdrawal": (
        lambda: acts().update_one({"number": 2}, {"$set": {"subject": "another"}}),
        "operator_act_changed",
    ),
    "a detail": (
        lambda: acts().update_one({"number": 2}, {"$set": {"details.key": "k9"}}),
        "operator_act_changed",
    ),
    "the version of the signature": (
        lambda: acts().update_one({"number": 2}, {"$set": {"digestVersion": 1}}),
        "operator_act_changed",
    ),
    "an act of any type": (
        lambda: acts().update_one({"number": 2}, {"$set": {"at": [], "previous": 7, "mac": {}}}),
        "operator_act_changed",
    ),
    "an act is deleted": (lambda: acts().delete_one({"number": 2}), "operator_act_missing"),
    "the first act is deleted": (lambda: acts().delete_one({"number": 1}), "operator_act_missing"),
    "an act is put in the place of another": (
        lambda: (
            acts().delete_one({"number": 2}),
            acts().update_one({"number": 3}, {"$set": {"number": 2}}),
        ),
        "operator_act_changed",
    ),
}


@pytest.mark.parametrize("what", FORGERIES)
def test_a_log_that_was_changed_is_named(what: str) -> None:
    forge, kind = FORGERIES[what]
    three_acts()
    forge()

    found = audited()

    assert found.exit_code == 1
    assert kind in found.kinds()


def test_that_the_last_act_is_missing_nothing_tells() -> None:
    """If something does one day, docs/payouts-operations.md is to say so."""
    three_acts()
    acts().delete_one({"number": 3})

    assert audited().differences == []
