"""Several wallets' movements in one command: each wallet's happen, or do not, as by themselves.

Mutants seen to fail here: what is not among the last movements, or not in the outbox any more,
taken for not committed; a balance answered as it was read, later movements included; a committed
movement that is found nowhere passed over in silence.
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

from tests.support.batches import Outcome, attempt_of, one_by_one, post_together, together
from tests.support.books import assert_books_balance, balance_of, entries_of
from tests.support.commands import recorder
from tests.support.interleaving import crashing, held_before
from tests.support.people import funded
from wallet_api.config import settings
from wallet_api.documents.kinds import MovementKind
from wallet_api.documents.ledger_entry import LedgerEntry
from wallet_api.documents.wallet import Wallet
from wallet_api.errors import InsufficientFunds
from wallet_api.movements import Order, attempts, post, used_keys
from wallet_api.movements import commit as alone
from wallet_api.movements.attempts import Attempt
from wallet_api.movements.commit import Committed
from wallet_api.movements.group_commit import bulk, group
from wallet_api.movements.relay import worker
from wallet_api.movements.relay.copy import copy_outbox
from wallet_api.movements.used_keys import recent

pytestmark = [pytest.mark.usefixtures("app"), pytest.mark.lengthy]


def order(user: ObjectId, cents: int, key: str | None = None) -> Order:
    if cents < 0:
        return Order(user, MovementKind.WITHDRAWAL, cents, "INR", key, "bank")
    return Order(user, MovementKind.DEPOSIT, cents, "INR", key)


def attempt(user: ObjectId, cents: int, key: str | None = None) -> Attempt:
    return attempt_of(order(user, cents, key))


def refusal(user: ObjectId, cents: int, key: str) -> Attempt:
    now = used_keys.fence(Wallet.objects.get(user=user).generation)
    return attempts.refusal(order(user, cents, key), now)


def balances(outcomes: list[Outcome]) -> list[Any]:
    """The balance that each is answered with, in minor units."""
    return [getattr(outcome, "balance_cents", outcome) for outcome in outcomes]


def commands_of(act: Callable[[], Any]) -> list[str]:
    with recorder.recording() as commands:
        act()
    return [next(iter(command)) for command in commands]


def test_the_movements_of_several_wallets_are_two_round_trips() -> None:
    one, two, three = funded(1000), funded(1000), funded(1000)
    batch = [
        attempt(one, -300, "a"),
        attempt(two, 50),
        attempt(three, -1000, "a"),
        attempt(one, 7, "b"),
    ]
    outcomes: list[Outcome] = []

    assert commands_of(lambda: outcomes.extend(together(batch))) == ["update", "find"]

    assert balances(outcomes) == [700, 1050, 0, 707]
    for user in (one, two, three):
        assert_books_balance(user)
    assert [entry["_id"] for entry in entries_of(one)[1:]] == [outcomes[0].id, outcomes[3].id]
    assert [entry["balanceAfterCents"] for entry in entries_of(one)[1:]] == [700, 707]


def test_a_wallet_that_cannot_does_not_keep_the_others() -> None:
    poor, rich, gone = funded(10), funded(1000), ObjectId()
    batch = [attempt(poor, -11), attempt(rich, -11), attempt(gone, 5)]
    outcomes: list[Outcome] = []

    assert commands_of(lambda: outcomes.extend(together(batch))) == ["update", "find"]

    assert balances(outcomes) == [None, 989, None]
    assert (balance_of(poor), balance_of(rich)) == (10, 989)
    assert commands_of(lambda: together([attempt(poor, -11), attempt(gone, 5)])) == ["update"]


def test_a_group_that_cannot_is_tried_one_by_one_beside_the_others() -> None:
    poor, rich = funded(100), funded(1000)

    outcomes = together(
        [
            attempt(poor, -60),
            attempt(rich, -1),
            attempt(poor, -60),
            attempt(rich, -2),
            attempt(poor, 30),
        ]
    )

    assert balances(outcomes) == [40, 999, None, 997, 70]
    assert_books_balance(poor)
    assert_books_balance(rich)


def test_an_error_among_those_tried_one_by_one_is_its_own_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    poor, rich = funded(100), funded(1000)
    commit = alone.commit

    def broken(attempt: Attempt) -> Any:
        if attempt.order.amount_cents == -7:
            raise PyMongoError("unknown")
        return commit(attempt)

    monkeypatch.setattr(alone, "commit", broken)

    outcomes = together(
        [
            attempt(poor, -60),
            attempt(poor, -7),
            attempt(rich, -1),
            attempt(poor, -60),
            attempt(poor, -1),
        ]
    )

    assert isinstance(outcomes[1], PyMongoError)
    assert balances([*outcomes[:1], *outcomes[2:]]) == [40, 999, None, 39]


def test_those_left_do_not_wait_for_a_database_that_has_gone_silent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    poor, rich, waited = funded(100), funded(1000), []
    silence = NetworkTimeout("no answer")

    def silent(attempt: Attempt) -> Any:
        waited.append(attempt)
        raise silence

    monkeypatch.setattr(alone, "commit", silent)

    outcomes = together([*(attempt(poor, -60) for _ in range(3)), attempt(rich, -1)])

    assert balances(outcomes) == [silence, silence, silence, 999]
    assert len(waited) == 1


def many_more(user: ObjectId) -> None:
    for _ in range(bulk.RECENT + 1):
        post(order(user, -1))


def copied(user: ObjectId) -> None:
    copy_outbox(user)


def copied_and_more(user: ObjectId) -> None:
    post(order(user, -1))
    copy_outbox(user)
    many_more(user)


@pytest.mark.usefixtures("interposed")
@pytest.mark.parametrize("act", [many_more, copied, copied_and_more])
@pytest.mark.parametrize("refused", [False, True], ids=["moved", "refused"])
@pytest.mark.parametrize("others", [[], [-9999], [5, -9999]], ids=len)
def test_what_comes_between_the_update_and_the_reading_hides_nothing(
    act: Callable[[ObjectId], None], refused: bool, others: list[int]
) -> None:
    for n in range(2, 10):
        user, other = funded(1000), funded(1000)
        last = refusal(user, -2000, "last") if refused else attempt(user, -200, "last")
        batch = [attempt(user, -100, "a"), last, attempt(other, 1)]
        batch += [attempt(funded(0), cents) for cents in others]
        outcomes: list[Outcome] = []

        held = held_before(
            n,
            lambda outcomes=outcomes, batch=batch: outcomes.extend(together(batch)),
            lambda user=user: act(user),
        )

        wanted = [900, 900 if refused else 700, 1001]
        assert balances(outcomes)[:3] == wanted, f"held before operation {n}"
        assert balances(outcomes)[3:] == [5 if cents > 0 else None for cents in others]
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
            together([attempt(user, -100), attempt(other, 1)])
        except PyMongoError as error:
            raised.append(error)

    def lose(user: ObjectId) -> None:
        copy_outbox(user)
        LedgerEntry._get_collection().delete_many({"user": user})

    assert held_before(2, act, lambda: lose(user))

    assert "2 wallets were changed, but 1 tell" in str(raised[0])


def test_a_corrupt_wallet_is_an_error_of_its_own_alone() -> None:
    corrupt, sound, poor = funded(1000), funded(1000), funded(0)
    Wallet._get_collection().update_one({"user": corrupt}, {"$set": {"outbox": "?"}})

    outcomes = together([attempt(corrupt, 1), attempt(sound, 1), attempt(poor, -1)])

    assert isinstance(outcomes[0], Exception)
    assert balances(outcomes[1:]) == [1001, None]
    assert balance_of(corrupt) == 1000
    poorer = [attempt(corrupt, -5000), attempt(sound, 1), attempt(poor, -1)]
    assert balances(together(poorer)[1:]) == [1002, None]


@pytest.mark.parametrize(
    "damage",
    [{"$unset": {"sealedFilters": ""}}, {"$set": {"chain": None}}, {"$set": {"chain": "?"}}],
    ids=["no sealed filters", "no chain", "a chain of text"],
)
@pytest.mark.parametrize("commit", [together, one_by_one])
def test_what_commits_in_a_wallet_of_older_code_is_answered(commit: Any, damage: Any) -> None:
    old, other = funded(1000), funded(1000)
    Wallet._get_collection().update_one({"user": old}, damage)

    outcomes = commit([attempt(old, 1), attempt(other, 1)])

    assert balances(outcomes) == [1001, 1001]
    assert balance_of(old) == 1001


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
        together([attempt(funded(1000), 1), attempt(funded(1000), 1)])


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
        batch = [attempt_of(one) for one in orders]

        struck = crashing(n, after=after, action=lambda batch=batch: no_error_in(batch))
        recent.clear()
        first, again = ([answer_to(one) for one in orders] for _ in range(2))

        assert first == again
        assert [balance_of(user) for user in (rich, poor, third)] == [750, 0, 5]
        for user in (rich, poor, third):
            assert_books_balance(user)
    assert n - 1 == 5, "the update, the reading, and three of the poor one's, one by one"


def no_error_in(batch: list[Attempt]) -> None:
    for outcome in together(batch):
        if isinstance(outcome, Exception):
            raise outcome


def answer_to(order: Order) -> tuple[ObjectId, int] | str:
    try:
        receipt = post(order)
    except InsufficientFunds:
        return "refused"
    return receipt.id, receipt.balance_cents


def test_each_wallet_that_fills_a_batch_of_the_relay_is_copied(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    full, other, due = funded(1000), funded(1000), []
    for _ in range(settings().relay_batch - 2):
        post(order(full, -1))
    monkeypatch.setattr(worker, "enqueue", due.append)

    for wanted in ([full], [full]):
        post_together([order(full, -1), order(other, 1)])
        assert due == wanted
    assert recent.wallets.get(other) == recent.WalletHint("INR", 0)


@pytest.mark.usefixtures("interposed")
def test_nobody_is_called_to_copy_what_was_copied_meanwhile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    user, other, due = funded(1000), funded(1000), []
    monkeypatch.setattr(worker, "enqueue", due.append)
    another = attempt(other, 1)

    def in_a_batch(attempt: Attempt) -> Committed | None:
        outcome, _ = group.commit_batch([attempt, another])
        return outcome if isinstance(outcome, Committed) else None

    assert held_before(2, lambda: post(order(user, -1), in_a_batch), lambda: copy_outbox(user))

    assert due == []


@pytest.mark.slow
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
    ends = []
    for take in (together, one_by_one):
        users = [funded(cents) for cents in funds]
        batch = [attempt(users[n % len(users)], cents, key) for n, cents, key in moves]
        ends.append((balances(take(batch)), [balance_of(user) for user in users]))
        for user in users:
            assert_books_balance(user)

    assert ends[0] == ends[1]
