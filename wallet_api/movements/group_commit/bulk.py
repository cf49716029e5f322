"""Several wallets' updates in one command, and where each wallet stood after its own."""

from collections.abc import Sequence
from contextlib import suppress
from functools import partial

from bson import ObjectId
from pymongo import UpdateOne
from pymongo.client_session import ClientSession
from pymongo.errors import BulkWriteError, PyMongoError, WriteError

from wallet_api import database
from wallet_api.batcher import outcomes_of
from wallet_api.documents.kinds import MovementKind
from wallet_api.documents.ledger_entry import LedgerEntry
from wallet_api.documents.wallet import Wallet
from wallet_api.documents.withdrawal import Withdrawal
from wallet_api.movements import updates
from wallet_api.movements.standing import PROJECTION, Standing
from wallet_api.movements.updates import Step

LATEST = 2
"""Movements of an outbox that are read first: seldom has more than one come meanwhile. With 8 a
deposit took 0.014 ms more of the service's CPU."""

Group = Sequence[Step]
"""Of one wallet, all in one update."""


def update(groups: Sequence[Group]) -> dict[ObjectId, Standing | Exception]:
    """Commit each group in its own wallet; those missing from the answer have changed nothing.

    Two round trips: the update command tells how many have committed and no more, so the wallets
    are read afterwards. Up to two more for a wallet whose movements others have hidden by then.

    A wallet in ruins, or one that could not be read, has the exception as its answer: unknown
    whether it committed.

    Raises PyMongoError: unknown which have committed.
    """
    # Causally consistent: after a failover the read must not miss what the write has done.
    with database.server().start_session(causal_consistency=True) as session:
        committed, refused = _write(groups, session)
        found = _latest(groups, session) if committed else {}
        if missing := committed - len(found):
            hidden = [g for g in groups if _user(g) not in found | refused]
            found |= _search(hidden, missing, session)
    if len(found) < committed:
        raise PyMongoError(f"{committed} wallets were changed, but {len(found)} tell of it")
    return found | refused


def _write(
    groups: Sequence[Group], session: ClientSession
) -> tuple[int, dict[ObjectId, Exception]]:
    """How many have committed, and those that the server could not even try."""
    commands = [UpdateOne(updates.condition(group), updates.change(group)) for group in groups]
    wallets = Wallet._get_collection()
    try:
        return wallets.bulk_write(commands, ordered=False, session=session).matched_count, {}
    except BulkWriteError as error:
        database.check_durable(error)
        refused: dict[ObjectId, Exception] = {
            _user(groups[failed["index"]]): WriteError(failed["errmsg"], failed["code"])
            for failed in error.details["writeErrors"]
        }
        return error.details["nMatched"], refused


def _latest(
    groups: Sequence[Group], session: ClientSession
) -> dict[ObjectId, Standing | Exception]:
    """Of those whose movements are among the latest of their outboxes."""
    last = {_user(group): group[-1].movement["id"] for group in groups}
    wallets = Wallet._get_collection().find(
        {"user": {"$in": list(last)}},
        PROJECTION | {"user": 1, "outbox": {"$slice": -LATEST}},
        session=session,
    )
    found: dict[ObjectId, Standing | Exception] = {}
    for wallet in wallets:
        # One in ruins is for its own callers to know, see `_search`.
        with suppress(KeyError, TypeError):
            if standing := Standing.after(last[wallet["user"]], wallet):
                found[wallet["user"]] = standing
    return found


def _search(
    groups: Sequence[Group], missing: int, session: ClientSession
) -> dict[ObjectId, Standing | Exception]:
    """Of those whose movements others have hidden, until so many as are missing are found."""
    found: dict[ObjectId, Standing | Exception] = {}
    searched = outcomes_of(groups, partial(_searched, session=session))
    for group, outcome in zip(groups, searched, strict=True):
        if outcome is not None:
            found[_user(group)] = outcome
        missing -= isinstance(outcome, Standing)
        if not missing:
            break
    return found


def _searched(group: Group, session: ClientSession) -> Standing | None:
    """A movement that has committed is in the outbox or, if it was copied and dropped before that
    was read, in the records. None: it has not."""
    last = group[-1].movement
    wallet = Wallet._get_collection().find_one(
        {"user": _user(group)}, PROJECTION | {"outbox": 1}, session=session
    )
    if wallet is None:
        return None
    if standing := Standing.after(last["id"], wallet):
        return standing
    records = Withdrawal if last["kind"] == MovementKind.REFUSED else LedgerEntry
    record = records._get_collection().find_one({"_id": last["id"]}, session=session)
    if record is None:
        return None
    # As if they alone were waiting: they are copied, so nobody need be called to do it.
    waiting = updates.entries(group)
    return Standing(record["balanceAfterCents"], waiting, wallet["volumes"])


def _user(group: Group) -> ObjectId:
    return group[0].order.user
