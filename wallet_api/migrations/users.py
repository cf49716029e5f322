"""Users of the original: their emails become canonical, their passwords stay until they log in."""

from collections import defaultdict
from typing import Any

from bson import ObjectId

from wallet_api import clock
from wallet_api.config import settings
from wallet_api.documents.user import User
from wallet_api.documents.wallet import Wallet
from wallet_api.errors import InvalidInput
from wallet_api.migrations.batches import ABSENT, BATCH, OLDER, Change, apply, batches_of
from wallet_api.migrations.report import Report
from wallet_api.users import bcrypt_hashes
from wallet_api.users.emails import canonical

MOVED_IN = "users moved in"
SPELLED = "emails brought to their canonical form"
STAMPED = "users given the version"


def migrate_users(report: Report) -> None:
    """Change every older user but those that are reported. Round trips: three for each batch."""
    clashing = _clashing_emails(report)
    for some in batches_of(User, report):
        currencies = _currencies([user["_id"] for user in some])
        changes = []
        for user in some:
            if "erasedAt" in user:
                changes.append(Change(user["_id"], {}, {}, (STAMPED,)))
                continue
            email = _email_of(user, report)
            if email is None or email in clashing:
                continue
            changes.append(_change(user, email, currencies))
        for refused in apply(User, changes, report):
            report.leave(f"user {refused.id}: the email {refused.set['email']} is taken meanwhile")


def original(user: dict[str, Any]) -> bool:
    """Whether the Node original has written this user, since ours have a currency."""
    return "currency" not in user


def bcrypt_cost() -> int | None:
    """Of one of the users who have not logged in since; None: there are none. One round trip."""
    of_bcrypt = {"movedInAt": {"$exists": True}, "password": {"$regex": r"^\$2"}}
    found = User._get_collection().find_one(of_bcrypt, {"password": 1})
    return None if found is None else bcrypt_hashes.cost_of(found["password"])


def _change(user: dict[str, Any], email: str, currencies: dict[ObjectId, str]) -> Change:
    changed: dict[str, Any] = {}
    counts: tuple[str, ...] = (STAMPED,)
    if original(user):
        counts = (MOVED_IN,)
        changed = {
            "currency": currencies.get(user["_id"], settings().default_currency),
            "isActive": user.get("isActive", True) is True,
            "movedInAt": clock.now(),
        }
    if email != user["email"]:
        counts += (SPELLED,)
        changed["email"] = email
    return Change(user["_id"], {"email": user["email"]}, changed, counts)


def _email_of(user: dict[str, Any], report: Report) -> str | None:
    """The canonical email; None: something is wrong with the user, and reported."""
    email, password = user.get("email"), user.get("password")
    if not isinstance(user["_id"], ObjectId):
        report.leave(f"user {user['_id']!r}: the id is no ObjectId")
        return None
    if not isinstance(password, str) or not _is_hash(password):
        report.leave(f"user {user['_id']}: the password is neither a bcrypt nor an argon2id hash")
        return None
    form = _canonical(email)
    if form is None:
        report.leave(f"user {user['_id']}: {email!r} is no email address")
    return form


def _is_hash(password: str) -> bool:
    return bcrypt_hashes.is_bcrypt(password) or password.startswith("$argon2id$")


def _canonical(email: Any) -> str | None:
    try:
        return canonical(email) if isinstance(email, str) else None
    except InvalidInput:
        return None


def _clashing_emails(report: Report) -> set[str]:
    """Canonical forms that several users would have. Reported, and none of them is touched.

    A scan of the older users, and a round trip for each batch of those that are spelled otherwise.
    """
    spelled: dict[str, list[dict[str, Any]]] = defaultdict(list)
    with_email = {**OLDER, "erasedAt": ABSENT}
    for user in User._get_collection().find(with_email, {"email": 1}):
        form = _canonical(user.get("email"))
        if form is not None and form != user["email"]:
            spelled[form].append(user)
    forms = list(spelled)
    for start in range(0, len(forms), BATCH):
        wanted = {"email": {"$in": forms[start : start + BATCH]}}
        for user in User._get_collection().find(wanted, {"email": 1}):
            spelled[user["email"]].append(user)
    for twin in _twins():
        spelled[twin["_id"]].extend({"_id": each, "email": twin["_id"]} for each in twin["users"])
    clashing = {form: users for form, users in spelled.items() if len(users) > 1}
    for form, users in clashing.items():
        who = ", ".join(f"{user['_id']} ({user['email']})" for user in users)
        report.leave(f"users {who}: all of them would be {form}")
    return set(clashing)


def _twins() -> list[dict[str, Any]]:
    """Emails that several users have to the letter: none where a unique index stands."""
    collection = User._get_collection()
    for index in collection.index_information().values():
        if list(index["key"]) == [("email", 1)] and index.get("unique") and not index.get("sparse"):
            return []
    several = {"_id": "$email", "users": {"$push": "$_id"}, "count": {"$sum": 1}}
    stages = [{"$group": several}, {"$match": {"count": {"$gt": 1}, "_id": {"$type": "string"}}}]
    return list(collection.aggregate(stages, allowDiskUse=True))


def _currencies(users: list[Any]) -> dict[ObjectId, str]:
    wallets = Wallet._get_collection().find({"user": {"$in": users}}, {"user": 1, "currency": 1})
    return {
        wallet["user"]: wallet["currency"]
        for wallet in wallets
        if isinstance(wallet.get("currency"), str)
    }
