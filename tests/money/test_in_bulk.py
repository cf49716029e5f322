"""Several wallets' movements in one command: each wallet's happen, or do not, as by themselves.

Mutants seen to fail here: what is not among the latest movements, or not in the outbox any more,
taken for not committed; a balance told as it was read, later movements included; a movement nobody
tells of passed over in silence.
"""

from collections.abc import Callable
from typing import Any

import pytest
from bson import ObjectId
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pymongo.collection import Collection
from pymongo.errors import BulkWriteError, NetworkTimeout, PyMongoError, WTimeoutError

from tests.support.books import assert_books_balance, balance_of, entries_of
from tests.support.commands import recorder
from tests.support.interleaving import crashing, held_before, interposed
from tests.support.people import funded
from wallet_api.config import settings
from wallet_api.documents.kinds import MovementKind
from wallet_api.documents.ledger_entry import LedgerEntry
from wallet_api.documents.wallet import Wallet
from wallet_api.errors import InsufficientFunds
from wallet_api.movements import commit, updates
from wallet_api.movements.group_commit import bulk
from wallet_api.movements.orders import Order
from wallet_api.movements.post import post
from wallet_api.movements.relay import worker
from wallet_api.movements.relay.copy import copy_out
from wallet_api.movements.updates import Step
from wallet_api.movements.used_keys import recent

pytestmark = pytest.mark.usefixtures("app")
__all__ = ["interposed"]


def order(user: ObjectId, cents: int, key: str | None = None) -> Order:
    if cents < 0:
        return Order(user, MovementKind.WITHDRAWAL, cents, "INR", key, "bank")
    return Order(user, MovementKind.DEPOSIT, cents, "INR", key)


def step(user: ObjectId, cents: int, key: str | None = None) -> Step:
    return updates.step_of(order(user, cents, key))


def refusal(user: ObjectId, cents: int, key: str) -> Step:
    return updates.refusal_of(order(user, cents, key), Wallet.objects.get(user=user).generation)


def told(outcomes: list[commit.Outcome]) -> list[Any]:
    """The balance that each was told, in minor units."""
    return [getattr(outcome, "balance_cents", outcome) for outcome in outcomes]


def commands_of(act: Callable[[], Any]) -> list[str]:
    with recorder.recording() as commands:
        act()
    return [next(iter(command)) for command in commands]


def test_the_movements_of_several_wallets_are_two_round_trips() -> None:
    one, two, three = funded(1000), funded(1000), funded(1000)
    steps = [step(one, -300, "a"), step(two, 50), step(three, -1000, "a"), step(one, 7, "b")]
    outcomes: list[commit.Outcome] = []

    assert commands_of(lambda: outcomes.extend(commit._commit_all(steps))) == ["update", "find"]

    assert told(outcomes) == [700, 1050, 0, 707]
    for user in (one, two, three):
        assert_books_balance(user)
    assert [entry["_id"] for entry in entries_of(one)[1:]] == [outcomes[0].id, outcomes[3].id]
    assert [entry["balanceAfterCents"] for entry in entries_of(one)[1:]] == [700, 707]


def test_a_wallet_that_cannot_does_not_keep_the_others() -> None:
    poor, rich, gone = funded(10), funded(1000), ObjectId()
    steps = [step(poor, -11), step(rich, -11), step(gone, 5)]
    outcomes: list[commit.Outcome] = []

    assert commands_of(lambda: outcomes.extend(commit._commit_all(steps))) == ["update", "find"]

    assert told(outcomes) == [None, 989, None]
    assert (balance_of(poor), balance_of(rich)) == (10, 989)
    assert commands_of(lambda: commit._commit_all([step(poor, -11), step(gone, 5)])) == ["update"]


def test_a_group_that_cannot_is_tried_one_by_one_beside_the_others() -> None:
    poor, rich = funded(100), funded(1000)

    outcomes = commit._commit_all(
        [step(poor, -60), step(rich, -1), step(poor, -60), step(rich, -2), step(poor, 30)]
    )

    assert told(outcomes) == [40, 999, None, 997, 70]
    assert_books_balance(poor)
    assert_books_balance(rich)


def test_an_error_among_those_tried_one_by_one_is_its_own_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    poor, rich = funded(100), funded(1000)
    update_one = commit._update_one

    def broken(steps: Any) -> Any:
        if steps[0].order.amount_cents == -7:
            raise PyMongoError("unknown")
        return update_one(steps)

    monkeypatch.setattr(commit, "_update_one", broken)

    outcomes = commit._commit_all(
        [step(poor, -60), step(poor, -7), step(rich, -1), step(poor, -60), step(poor, -1)]
    )

    assert isinstance(outcomes[1], PyMongoError)
    assert told([*outcomes[:1], *outcomes[2:]]) == [40, 999, None, 39]


def test_those_left_do_not_wait_for_a_database_that_has_gone_silent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    poor, rich, waited = funded(100), funded(1000), []
    silence = NetworkTimeout("no answer")

    def silent(steps: Any) -> Any:
        waited.append(steps)
        raise silence

    monkeypatch.setattr(commit, "_update_one", silent)

    outcomes = commit._commit_all([*(step(poor, -60) for _ in range(3)), step(rich, -1)])

    assert told(outcomes) == [silence, silence, silence, 999]
    assert len(waited) == 1


def many_more(user: ObjectId) -> None:
    for _ in range(bulk.LATEST + 1):
        post(order(user, -1))


def copied(user: ObjectId) -> None:
    copy_out(user)


def copied_and_more(user: ObjectId) -> None:
    post(order(user, -1))
    copy_out(user)
    many_more(user)


@pytest.mark.usefixtures("interposed")
@pytest.mark.parametrize("act", [many_more, copied, copied_and_more])
@pytest.mark.parametrize("refused", [False, True], ids=["moved", "refused"])
@pytest.mark.parametrize("company", [[], [-9999], [5, -9999]], ids=len)
def test_what_comes_between_the_update_and_the_look_hides_nothing(
    act: Callable[[ObjectId], None], refused: bool, company: list[int]
) -> None:
    for n in range(2, 10):
        user, other = funded(1000), funded(1000)
        last = refusal(user, -2000, "last") if refused else step(user, -200, "last")
        steps = [step(user, -100, "a"), last, step(other, 1)]
        steps += [step(funded(0), cents) for cents in company]
        outcomes: list[commit.Outcome] = []

        held = held_before(
            n,
            lambda outcomes=outcomes, steps=steps: outcomes.extend(commit._commit_all(steps)),
            lambda user=user: act(user),
        )

        wanted = [900, 900 if refused else 700, 1001]
        assert told(outcomes)[:3] == wanted, f"held before operation {n}"
        assert told(outcomes)[3:] == [5 if cents > 0 else None for cents in company]
        assert_books_balance(user)
        if not held:
            break
    assert n > 2


@pytest.mark.usefixtures("interposed")
def test_a_commit_that_nothing_tells_of_is_an_error_and_no_refusal() -> None:
    user, other = funded(1000), funded(1000)
    raised: list[Exception] = []

    def act() -> None:
        try:
            commit._commit_all([step(user, -100), step(other, 1)])
        except PyMongoError as error:
            raised.append(error)

    def lose(user: ObjectId) -> None:
        copy_out(user)
        LedgerEntry._get_collection().delete_many({"user": user})

    assert held_before(2, act, lambda: lose(user))

    assert "2 wallets were changed, but 1 tell" in str(raised[0])


@pytest.mark.parametrize(
    ("damage", "moved"),
    [
        ({"$set": {"outbox": "?"}}, 0),
        ({"$unset": {"volumes": ""}}, 1),
        ({"$set": {"chain": None}}, 1),
    ],
    ids=["cannot be changed", "no volumes", "no chain"],
)
def test_a_wallet_in_ruins_is_an_error_of_its_own_alone(damage: Any, moved: int) -> None:
    ruined, sound, poor = funded(1000), funded(1000), funded(0)
    Wallet._get_collection().update_one({"user": ruined}, damage)

    outcomes = commit._commit_all([step(ruined, 1), step(sound, 1), step(poor, -1)])

    assert isinstance(outcomes[0], Exception)
    assert told(outcomes[1:]) == [1001, None]
    assert balance_of(ruined) == 1000 + moved
    poorer = [step(ruined, -5000), step(sound, 1), step(poor, -1)]
    assert told(commit._commit_all(poorer)[1:]) == [1002, None]


def test_updates_that_are_not_durable_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    bulk_write = Collection.bulk_write

    def timed_out(*args: Any, **options: Any) -> Any:
        done = bulk_write(*args, **options)
        concern = {
            "code": 64,
            "errmsg": "waiting for replication timed out",
            "errInfo": {"wtimeout": True},
        }
        details = {"writeErrors": [], "writeConcernErrors": [concern]}
        raise BulkWriteError(details | {"nMatched": done.matched_count})

    monkeypatch.setattr(Collection, "bulk_write", timed_out)

    with pytest.raises(WTimeoutError):
        commit._commit_all([step(funded(1000), 1), step(funded(1000), 1)])


@pytest.mark.usefixtures("interposed")
@pytest.mark.parametrize("after", [False, True], ids=["before its effect", "after its effect"])
def test_groups_that_crashed_anywhere_happen_once_when_each_is_sent_again(after: bool) -> None:
    n, struck = 0, True
    while struck:
        n += 1
        rich, poor, third = funded(1000), funded(100), funded(0)
        orders = [
            *(order(rich, -300, "a"), order(rich, 50, "b"), order(third, 5, "a")),
            *(order(poor, -60, "a"), order(poor, -60, "b"), order(poor, -40, "c")),
        ]
        steps = [updates.step_of(one) for one in orders]

        struck = crashing(n, after=after, action=lambda steps=steps: no_error_in(steps))
        recent.forget()
        first, again = ([answer_to(one) for one in orders] for _ in range(2))

        assert first == again
        assert [balance_of(user) for user in (rich, poor, third)] == [750, 0, 5]
        for user in (rich, poor, third):
            assert_books_balance(user)
    assert n - 1 == 5, "the update, the look, and three of the poor one's, one by one"


def no_error_in(steps: list[Step]) -> None:
    for outcome in commit._commit_all(steps):
        if isinstance(outcome, Exception):
            raise outcome


def answer_to(order: Order) -> tuple[ObjectId, int] | str:
    try:
        receipt = post(order)
    except InsufficientFunds:
        return "refused"
    return receipt.id, receipt.balance_cents


def test_each_wallet_whose_round_is_full_is_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    full, other, due = funded(1000), funded(1000), []
    batch = settings().copy_out_batch
    for _ in range(batch - 2):
        post(order(full, -1))
    monkeypatch.setattr(worker, "notify", due.append)

    for wanted in ([full], [full]):
        commit._commit_all([step(full, -1), step(other, 1)])
        assert due == wanted
    assert recent.wallets.get(other) == recent.SeenWallet("INR", 0)


@pytest.mark.usefixtures("interposed")
def test_nobody_is_called_to_copy_what_was_copied_meanwhile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    user, other, due = funded(1000), funded(1000), []
    monkeypatch.setattr(worker, "notify", due.append)
    steps = [step(user, -1), step(other, 1)]

    assert held_before(2, lambda: commit._commit_all(steps), lambda: copy_out(user))

    assert due == []


@hypothesis_settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    funds=st.lists(st.integers(0, 500), min_size=2, max_size=4),
    moves=st.lists(
        st.tuples(
            st.integers(0, 3),
            st.integers(-300, 300).filter(bool),
            st.sampled_from([None, None, *"abcdef"]),
        ),
        min_size=2,
        max_size=9,
    ),
)
def test_they_end_as_one_after_the_other(
    funds: list[int], moves: list[tuple[int, int, str | None]]
) -> None:
    def one_by_one(steps: list[Step]) -> list[commit.Outcome]:
        return [commit._alone(one) for one in steps]

    ends = []
    for take in (commit._commit_all, one_by_one):
        users = [funded(cents) for cents in funds]
        steps = [step(users[n % len(users)], cents, key) for n, cents, key in moves]
        ends.append((told(take(steps)), [balance_of(user) for user in users]))
        for user in users:
            assert_books_balance(user)

    assert ends[0] == ends[1]
