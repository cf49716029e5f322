"""Movements that come at the same time are committed by one of their threads."""

from collections.abc import Sequence

from bson import ObjectId

from wallet_api.batcher import Batcher, run_each
from wallet_api.movements import commit as alone
from wallet_api.movements.attempts import Attempt, can_share_update
from wallet_api.movements.commit import Committed
from wallet_api.movements.group_commit import bulk

Outcome = Committed | None | Exception


def commit(attempt: Attempt) -> Committed | None:
    """As `movements.commit.commit`, which it may replace or be replaced by.

    Under load its round trip is shared with the movements that come at the same time: one for all
    that come to one wallet, two for those of several wallets, and one more for each movement of a
    wallet where not all of them could be made.

    Raises PyMongoError: unknown whether it committed; the same key sent again finds out.
    """
    return _batcher.do(attempt.order.user, attempt)


def commit_batch(attempts: Sequence[Attempt]) -> list[Outcome]:
    """Commit the attempts of each wallet in one update, and several wallets' updates in one
    command; where not all conditions of an update hold, commit each of its attempts alone."""
    if len(attempts) == 1:
        return [alone.commit(attempts[0])]
    groups: dict[ObjectId, list[Attempt]] = {}
    for attempt in attempts:
        groups.setdefault(attempt.order.user, []).append(attempt)
    last = _update([g for g in groups.values() if len(g) == 1 or can_share_update(g)])
    outcomes: dict[Attempt, Outcome] = {}
    for user, group in groups.items():
        outcomes.update(zip(group, _outcomes(group, last.get(user)), strict=True))
    return [outcomes[attempt] for attempt in attempts]


_batcher = Batcher(commit_batch)


def _update(groups: Sequence[Sequence[Attempt]]) -> dict[ObjectId, Committed | Exception]:
    """Where the last attempts have left those wallets whose groups have committed."""
    if len(groups) > 1:
        return bulk.update(groups)
    found = {group[0].order.user: alone.commit_together(group) for group in groups}
    return {user: committed for user, committed in found.items() if committed}


def _outcomes(group: Sequence[Attempt], last: Committed | Exception | None) -> Sequence[Outcome]:
    if len(group) == 1:
        return [last]
    if isinstance(last, Committed):
        return [last.before(group[number + 1 :]) for number in range(len(group))]
    if last is not None:
        return [last] * len(group)
    return list(run_each(group, alone.commit))
