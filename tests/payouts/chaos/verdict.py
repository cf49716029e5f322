"""What both books say of every withdrawal, once all is quiet. The gateway's are the oracle."""

import time
from collections import Counter
from typing import Any

from tests.payouts.chaos.crowd import START, USERS, Crowd
from tests.payouts.chaos.town import Town

OPEN = {"status": {"$in": ["pending", "processing"]}}
OWED = {"refund": "owed"}


def is_quiet(town: Town) -> bool:
    records = town.database.withdrawals
    waiting = town.database.wallets.count_documents({"outbox.0": {"$exists": True}})
    due = {"dueAt": {"$exists": True}}
    return not waiting and not records.count_documents({"$or": [OPEN, OWED, due]})


def wait_until_quiet(town: Town, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if is_quiet(town):
            return True
        time.sleep(0.5)
    return False


def violations(town: Town, crowd: Crowd) -> list[str]:
    records = {each["_id"]: each for each in town.database.withdrawals.find()}
    books: dict[str, list[Any]] = {}
    for entry in town.gateway.books()["payouts"]:
        books.setdefault(entry["reference"], []).append(entry)
    found = [problem for record in records.values() for problem in _of_one(record, books)]
    found += [f"{reference}: paid, and not ours" for reference in books]
    for each in crowd.asked:
        if len(each.ids) != 1:
            found.append(f"{each.key}: answered with {len(each.ids)} withdrawals")
    ids = {str(each) for each in records}
    known = {each for asked in crowd.asked for each in asked.ids}
    found += [f"{each}: answered, and not there" for each in known - ids]
    found += [f"{each}: there, and never answered" for each in ids - known]
    for user in range(USERS):
        kept = sum(
            each.amount_cents
            for each in crowd.asked
            if each.user == user and _is_paid(records, each.ids)
        )
        if (balance := crowd.balance_cents(user)) != START * 100 - kept:
            found.append(f"user {user}: balance {balance}, should be {START * 100 - kept}")
    return found


def counts(town: Town) -> Counter[str]:
    return Counter(
        record["status"] + (f" ({record['failureReason']})" if "failureReason" in record else "")
        for record in town.database.withdrawals.find()
    )


def _of_one(record: dict[str, Any], books: dict[str, list[Any]]) -> list[str]:
    entries = [
        entry
        for attempt in record.get("attempts", [])
        for entry in books.pop(attempt["reference"], [])
    ]
    with_them = sum(entry["paidMinor"] - entry["returnedMinor"] for entry in entries)
    expected = record["amountCents"] if record["status"] == "success" else 0
    name = f"{record['_id']} ({record['status']})"
    problems = []
    if with_them != expected:
        behaviours = sorted({str(entry.get("behaviours")) for entry in entries})
        problems.append(f"{name}: {with_them} with the recipient, not {expected}: {behaviours}")
    if sum(entry["paidMinor"] > 0 for entry in entries) > 1 or any(
        entry["paidMinor"] > record["amountCents"] for entry in entries
    ):
        problems.append(f"{name}: paid twice")
    if record["status"] == "failed" and record.get("refund") != "paid":
        problems.append(f"{name}: never refunded")
    return problems


def _is_paid(records: dict[Any, dict[str, Any]], ids: set[str]) -> bool:
    return any(
        str(each) in ids and record["status"] == "success" for each, record in records.items()
    )
