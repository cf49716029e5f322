"""Wallets of older code and of the original, each brought to this version by one update.

A wallet of the original has a balance and no movements. It gets one, an adjustment with the reason
`opening balance`, in its outbox: committed like any other movement, in the update that makes the
wallet ours, and copied to the ledger like any other.
"""

from typing import Any

from bson import ObjectId
from pymongo.errors import WriteError

from wallet_api import clock
from wallet_api.documents.kinds import MovementKind
from wallet_api.documents.schema_record import SIGNED_SINCE
from wallet_api.documents.user import User
from wallet_api.documents.wallet import Wallet
from wallet_api.migrations.amounts import whole_cents
from wallet_api.migrations.batches import ABSENT, OLDER, Change, apply, batches_of
from wallet_api.migrations.key_filters import recorded_keys, store_keys
from wallet_api.migrations.report import Report
from wallet_api.migrations.seals import sealed
from wallet_api.migrations.wallet_forms import Form, problem_of, recognise
from wallet_api.movements.relay import hash_chain

OPENING_REASON = "opening balance"

MOVED_IN = "wallets moved in"
OPENED = "opening entries made"
CHANGED = "wallets of older code changed"
STAMPED = "wallets given the version"


def migrate_wallets(report: Report) -> None:
    """Change every older wallet but those that are reported. Five round trips for each batch."""
    twins = _users_with_several(report)
    for some in batches_of(Wallet, report):
        users = [wallet["user"] for wallet in some if isinstance(wallet.get("user"), ObjectId)]
        active = _activity(users)
        keys = recorded_keys([] if all(map(_is_signed, some)) else users)
        changes = []
        for wallet in some:
            user = wallet.get("user")
            if isinstance(user, ObjectId) and user in twins:
                continue
            form = recognise(wallet)
            problem = problem_of(wallet, form)
            if form is Form.ORIGINAL and problem is None and user not in active:
                problem = f"it has {wallet['balanceCents']} cents, and there is no user {user}"
            if problem is not None:
                report.leave(f"wallet {wallet['_id']}: {problem}")
                continue
            change = _change(
                wallet, form, keys.get(wallet["user"], []), active.get(wallet["user"], True), report
            )
            if change is not None:
                changes.append(change)
        apply(Wallet, changes, report)


def leave_users_without_wallet(report: Report) -> None:
    """Report users of the original who have no wallet: ours get theirs when it is first missed."""
    of_the_original = {"$or": [{"movedInAt": {"$exists": True}}, {**OLDER, "currency": ABSENT}]}
    of_the_user = {
        "from": Wallet._get_collection_name(),
        "localField": "_id",
        "foreignField": "user",
        "as": "wallets",
    }
    stages = [
        {"$match": of_the_original},
        {"$project": {"email": 1}},
        {"$lookup": of_the_user},
        {"$match": {"wallets": []}},
    ]
    for user in User._get_collection().aggregate(stages):
        report.leave(
            f"user {user['_id']} ({user.get('email')}): there is no wallet; an empty one is opened "
            "when the user next asks for it"
        )


def _change(
    wallet: dict[str, Any], form: Form, keys: list[str], active: bool, report: Report
) -> Change | None:
    """None: somebody else has changed the wallet meanwhile, or the report says why not."""
    if form is Form.CURRENT and _is_signed(wallet):
        return Change(wallet["_id"], {}, {}, (STAMPED,))
    if form is Form.CURRENT:
        unchanged = {"generation": wallet["generation"]}
        return Change(wallet["_id"], unchanged, sealed(wallet, {}), (CHANGED,))
    if form is Form.VOLUMES:
        unchanged = {"generation": wallet["generation"], "volumes": wallet["volumes"]}
        changed = sealed(wallet, {"sealedFilters": wallet["volumes"]})
        return Change(wallet["_id"], unchanged, changed, (CHANGED,), {"$unset": {"volumes": ""}})
    held = {} if report.dry_run else _held(wallet, keys, report)
    if held is None:
        return None
    if form is Form.ORIGINAL:
        return _opening(wallet, held, active, report)
    return _with_keys_of_the_records(wallet, form, held)


def _is_signed(wallet: dict[str, Any]) -> bool:
    """Whether it must have a seal if it needs one: a new one would cover up what was changed."""
    version = wallet.get("schemaVersion")
    return isinstance(version, int) and version >= SIGNED_SINCE


def _held(wallet: dict[str, Any], keys: list[str], report: Report) -> dict[str, Any] | None:
    try:
        held = store_keys(wallet, keys)
    except WriteError as error:
        report.leave(f"wallet {wallet['_id']}: its keys cannot be sealed: {error!s:.200}")
        return None
    report.missed += held is None
    return held


def _opening(
    wallet: dict[str, Any], held: dict[str, Any], active: bool, report: Report
) -> Change | None:
    balance_cents = whole_cents(wallet["balanceCents"]) or 0
    opening = {
        "id": ObjectId(),
        "kind": MovementKind.ADJUSTMENT,
        "at": clock.now(),
        "amountCents": balance_cents,
        "reason": OPENING_REASON,
    }
    changed = {
        **held,
        "balanceCents": balance_cents,
        "sequence": 1 if balance_cents else 0,
        "outbox": [opening] if balance_cents else [],
        "chain": hash_chain.START,
        "active": active,
        "createdAt": wallet.get("createdAt") or wallet["_id"].generation_time,
    }
    # The balance too: the original may have moved money since it was read.
    unchanged = {
        "balanceCents": wallet["balanceCents"],
        "outbox": ABSENT,
        "generation": wallet.get("generation", ABSENT),
    }
    counts: tuple[str, ...] = (MOVED_IN,)
    if balance_cents:
        counts += (OPENED,)
        report.opened_cents[wallet["currency"]] += balance_cents
    changed = sealed(wallet, changed)
    return Change(wallet["_id"], unchanged, changed, counts, {"$unset": {"migrating": ""}})


def _with_keys_of_the_records(wallet: dict[str, Any], form: Form, held: dict[str, Any]) -> Change:
    unchanged = {"generation": wallet.get("generation", ABSENT), "volumes": ABSENT}
    more: dict[str, Any] = {"$unset": {"migrating": "", "copying": ""}}
    if form is Form.LINGERING:
        # What the round before had copied stayed in the outbox for one more round.
        unchanged["generations"] = wallet["generations"]
        copied = [movement["id"] for movement in wallet["outbox"][: wallet["copied"]]]
        more["$pull"] = {"outbox": {"id": {"$in": copied}}}
        more["$unset"] |= {"copied": "", "generations": ""}
    return Change(wallet["_id"], unchanged, sealed(wallet, held), (CHANGED,), more)


def _activity(users: list[ObjectId]) -> dict[ObjectId, bool]:
    """Of the users that exist: whether money may move."""
    found = User._get_collection().find({"_id": {"$in": users}}, {"isActive": 1})
    return {user["_id"]: user.get("isActive", True) is True for user in found}


def _users_with_several(report: Report) -> set[ObjectId]:
    """Users with more than one wallet, reported: nobody can say which one counts.

    One round trip where the unique index stands, which allows none; else a scan.
    """
    collection = Wallet._get_collection()
    for index in collection.index_information().values():
        if list(index["key"]) == [("user", 1)] and index.get("unique") and not index.get("sparse"):
            return set()
    several = {"_id": "$user", "wallets": {"$push": "$_id"}, "count": {"$sum": 1}}
    found = collection.aggregate(
        [{"$group": several}, {"$match": {"count": {"$gt": 1}}}], allowDiskUse=True
    )
    twins = set()
    for twin in found:
        if not isinstance(twin["_id"], ObjectId):
            continue  # reported one by one
        twins.add(twin["_id"])
        which = ", ".join(map(str, twin["wallets"]))
        report.leave(f"user {twin['_id']} has {twin['count']} wallets: {which}")
    return twins
