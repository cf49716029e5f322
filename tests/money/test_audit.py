"""The audit finds every damage, names it, and never cries wolf."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from random import Random
from threading import Event
from typing import Any

import pytest
from bson import ObjectId
from click.testing import CliRunner

from wallet_api import database, errors
from wallet_api.audit import reading, run
from wallet_api.audit.cli import audit_command
from wallet_api.ledger import chain
from wallet_api.ledger.documents import LedgerEntry
from wallet_api.movements.copy_out import copy_out
from wallet_api.movements.order import ADJUSTMENT, DEPOSIT, REFUND, WITHDRAWAL, Order
from wallet_api.movements.post import post
from wallet_api.users.documents import User
from wallet_api.wallets.documents import Wallet
from wallet_api.wallets.opening import open_wallet
from wallet_api.withdrawals.documents import Withdrawal

pytestmark = pytest.mark.usefixtures("app")

wallets = Wallet._get_collection
entries = LedgerEntry._get_collection
withdrawals = Withdrawal._get_collection


@dataclass(frozen=True)
class Audited:
    exit_code: int
    differences: list[dict[str, Any]]
    summary: dict[str, Any]

    def kinds(self) -> set[str]:
        return {difference["kind"] for difference in self.differences}

    def named(self, kind: str) -> dict[str, Any]:
        (difference,) = [each for each in self.differences if each["kind"] == kind]
        return difference


def audited(*options: str) -> Audited:
    result = CliRunner().invoke(audit_command, ["--json", *options])
    summary = json.loads(result.stdout)
    return Audited(result.exit_code, summary.pop("differences"), summary)


@dataclass(frozen=True)
class Books:
    """A wallet with a history: entries 1 to 6 copied, then a deposit that is not."""

    user: ObjectId
    paid: ObjectId
    """Entry 3, a withdrawal of 40.00 that succeeded."""
    returned: ObjectId
    """Entry 4, a withdrawal of 30.00 that entry 5 refunds."""
    refused: ObjectId
    waiting: ObjectId
    """A deposit of 7.00 in the outbox."""

    def entry(self, sequence: int) -> dict[str, Any]:
        found = entries().find_one({"user": self.user, "sequence": sequence})
        assert found is not None
        return found


def deposited(user: ObjectId, cents: int, key: str | None = None) -> ObjectId:
    return post(Order(user, DEPOSIT, cents, "INR", key)).id


def withdrawn(user: ObjectId, cents: int, key: str | None = None) -> ObjectId:
    return post(Order(user, WITHDRAWAL, -cents, "INR", key, "bank:1")).id


def refunded(user: ObjectId, cents: int, withdrawal: ObjectId) -> ObjectId:
    order = Order(user, REFUND, cents, "INR", str(withdrawal), None, withdrawal, "returned")
    return post(order).id


@pytest.fixture
def books() -> Books:
    user = ObjectId()
    open_wallet(user, "INR")
    deposited(user, 100_00, "salary")
    deposited(user, 50_00)
    paid = withdrawn(user, 40_00, "rent")
    returned = withdrawn(user, 30_00)
    copy_out(user)
    refunded(user, 30_00, returned)
    post(Order(user, ADJUSTMENT, -10_00, "INR", reason="fee"))
    with pytest.raises(errors.InsufficientFunds):
        withdrawn(user, 999_00, "yacht")
    copy_out(user)
    refused = withdrawals().find_one({"user": user, "idempotencyKey": "yacht"})
    assert refused is not None
    return Books(user, paid, returned, refused["_id"], deposited(user, 7_00, "tip"))


def test_healthy_books_are_clean(books: Books) -> None:
    open_wallet(ObjectId(), "USD")

    found = audited("--verify-chain")

    assert (found.exit_code, found.differences) == (0, [])
    assert found.summary == {
        "clean": True,
        "differenceCount": 0,
        "wallets": 2,
        "ledgerEntries": 6,
        "movementsNotYetCopied": 1,
        "withdrawals": 3,
        "usersWithoutWallet": 0,
        "totals": {
            "INR": {
                "depositsCents": 157_00,
                "withdrawalsCents": 70_00,
                "refundsCents": 30_00,
                "adjustmentsCents": -10_00,
                "balancesCents": 107_00,
                "heldCents": 0,
                "differenceCents": 0,
            },
            "USD": {
                "depositsCents": 0,
                "withdrawalsCents": 0,
                "refundsCents": 0,
                "adjustmentsCents": 0,
                "balancesCents": 0,
                "heldCents": 0,
                "differenceCents": 0,
            },
        },
    }


def test_an_empty_database_is_clean() -> None:
    found = audited()

    assert (found.exit_code, found.summary["wallets"]) == (0, 0)


@pytest.mark.parametrize("rounds", [0, 1, 2, 3])
def test_the_books_add_up_however_far_the_copying_has_come(books: Books, rounds: int) -> None:
    for _ in range(rounds):
        copy_out(books.user)

    assert audited("--verify-chain").differences == []


def test_copies_whose_round_never_ended_are_no_difference(books: Books) -> None:
    before = wallets().find_one({"user": books.user})
    assert before is not None
    copy_out(books.user)
    wallets().replace_one({"_id": before["_id"]}, before)

    assert entries().count_documents({"_id": books.waiting}) == 1
    assert audited("--verify-chain").differences == []


def test_a_refund_whose_withdrawal_does_not_know_of_it_yet_is_no_difference(books: Books) -> None:
    refunded(books.user, 40_00, books.paid)

    assert audited().differences == []


@pytest.mark.parametrize("status", ["pending", "processing"])
def test_a_payout_under_way_holds_its_money(books: Books, status: str) -> None:
    withdrawals().update_one({"_id": books.paid}, {"$set": {"status": status}})

    found = audited()

    assert found.differences == []
    assert found.summary["totals"]["INR"]["heldCents"] == 40_00


def test_a_registration_that_died_halfway_is_a_note_only(books: Books) -> None:
    User._get_collection().insert_one({"_id": ObjectId(), "email": "ada@example.com"})

    found = audited()

    assert (found.exit_code, found.summary["usersWithoutWallet"]) == (0, 1)


# Damages: what is done to the books, and the difference that must be among those found.
Damage = Callable[[Books], object]


def _set(collection: Callable[[], Any], id_: Any, **members: Any) -> None:
    assert collection().update_one({"_id": id_}, {"$set": members}).modified_count == 1


def _set_wallet(books: Books, **members: Any) -> None:
    assert wallets().update_one({"user": books.user}, {"$set": members}).modified_count == 1


def _remove_entry(books: Books, sequence: int) -> None:
    entries().delete_one({"_id": books.entry(sequence)["_id"]})


def _insert_entry(books: Books, sequence: int) -> None:
    like = books.entry(2)
    entries().insert_one(like | {"_id": ObjectId(), "sequence": sequence})


def _swap_entries(books: Books, one: int, other: int) -> None:
    first, second = books.entry(one), books.entry(other)
    _set(entries, first["_id"], sequence=1_000)
    _set(entries, second["_id"], sequence=one)
    _set(entries, first["_id"], sequence=other)


def _move_again(books: Books, entry: dict[str, Any]) -> None:
    """Book it as the next movement, with a wallet and a chain that agree: a perfect forgery."""
    copy_out(books.user)
    wallet = wallets().find_one({"user": books.user})
    assert wallet is not None
    balance = wallet["balanceCents"] + entry["amountCents"]
    entry = entry | {"sequence": wallet["sequence"] + 1, "balanceAfterCents": balance}
    entry = chain.linked(entry, wallet["chain"])
    entries().insert_one(entry)
    end = chain.end_with(entry)
    _set_wallet(books, balanceCents=balance, sequence=entry["sequence"], chain=end, outbox=[])


def _refund_again(books: Books) -> None:
    refund = books.entry(5) | {"_id": ObjectId()}
    refund.pop("idempotencyKey")
    _move_again(books, refund)


def _debit_without_record(books: Books) -> None:
    id_ = ObjectId()
    _move_again(books, books.entry(3) | {"_id": id_, "withdrawal": id_})


def _refund_what_succeeded(books: Books) -> None:
    refund = {"_id": ObjectId(), "amountCents": 40_00, "withdrawal": books.paid}
    _move_again(books, books.entry(5) | refund | {"idempotencyKey": "refund:forged"})


def _record_without_debit(books: Books, status: str) -> None:
    record = withdrawals().find_one({"_id": books.returned})
    withdrawals().insert_one(record | {"_id": ObjectId(), "status": status})


def _fail_without_refund(books: Books) -> None:
    _set(withdrawals, books.paid, status="failed", failureReason="returned")


def _use_key_twice(books: Books) -> None:
    copied = {"user": books.user, "sequence": 2}
    entries().update_one(copied, {"$set": {"idempotencyKey": "deposit:tip"}})


def _use_key_twice_without_an_index(books: Books) -> None:
    withdrawals().drop_index([("user", 1), ("idempotencyKey", 1)])
    _set(withdrawals, books.returned, idempotencyKey="rent")


def _negative(books: Books) -> None:
    _set_wallet(books, balanceCents=-1_00)


DAMAGES: dict[str, tuple[Damage, str, dict[str, Any]]] = {
    "balance changed by hand": (
        lambda books: _set_wallet(books, balanceCents=207_00),
        "balance",
        {"amountCents": 100_00},
    ),
    "balance below zero": (_negative, "negative_balance", {"amountCents": -1_00}),
    "entry removed": (
        lambda books: _remove_entry(books, 2),
        "entry_missing",
        {"sequence": 2, "amountCents": 50_00},
    ),
    "two entries removed": (
        lambda books: (_remove_entry(books, 1), _remove_entry(books, 2)),
        "entry_missing",
        {"sequence": 1, "amountCents": 150_00},
    ),
    "last entry removed": (
        lambda books: _remove_entry(books, 6),
        "entry_missing",
        {"sequence": 6, "amountCents": -10_00},
    ),
    "last entry removed, and the wallet changed to agree": (
        lambda books: (
            _remove_entry(books, 6),
            _set_wallet(books, balanceCents=117_00, sequence=6),
        ),
        "chain_sequence",
        {"sequence": 6},
    ),
    "amount of an entry changed": (
        lambda books: _set(entries, books.entry(2)["_id"], amountCents=51_00),
        "balance_after",
        {"sequence": 2, "amountCents": -1_00},
    ),
    "balance after an entry changed": (
        lambda books: _set(entries, books.entry(6)["_id"], balanceAfterCents=101_00),
        "balance_after",
        {"sequence": 6, "amountCents": 1_00},
    ),
    "entry after the last inserted": (
        lambda books: _insert_entry(books, 8),
        "entry_beyond_wallet",
        {"sequence": 8, "amountCents": 50_00},
    ),
    "entry in the place of one that waits": (
        lambda books: _insert_entry(books, 7),
        "not_the_movement",
        {"sequence": 7, "amountCents": 43_00},
    ),
    "entry before the first inserted": (
        lambda books: _insert_entry(books, 0),
        "sequence",
        {"sequence": 0, "amountCents": 50_00},
    ),
    "withdrawal record removed": (
        lambda books: withdrawals().delete_one({"_id": books.paid}),
        "withdrawal_missing",
        {"sequence": 3, "amountCents": -40_00},
    ),
    "withdrawal record inserted": (
        lambda books: _record_without_debit(books, "success"),
        "debit_missing",
        {"amountCents": 30_00},
    ),
    "failed withdrawal record inserted": (
        lambda books: _record_without_debit(books, "failed"),
        "debit_missing",
        {"amountCents": 30_00},
    ),
    "debit without a record": (
        _debit_without_record,
        "withdrawal_missing",
        {"sequence": 8, "amountCents": -40_00},
    ),
    "amount of a withdrawal changed": (
        lambda books: _set(withdrawals, books.paid, amountCents=41_00),
        "amount",
        {"sequence": 3, "amountCents": 1_00},
    ),
    "debited, and called refused": (
        lambda books: _set(
            withdrawals, books.paid, status="failed", failureReason="insufficient_funds"
        ),
        "withdrawal_missing",
        {"sequence": 3, "amountCents": -40_00},
    ),
    "refused, and called paid": (
        lambda books: _set(withdrawals, books.refused, status="success"),
        "debit_missing",
        {"amountCents": 999_00},
    ),
    "failed and not refunded": (_fail_without_refund, "refund_missing", {"amountCents": 40_00}),
    "refunded twice": (_refund_again, "refunded_twice", {"sequence": 8, "amountCents": 30_00}),
    "refunded though it succeeded": (
        _refund_what_succeeded,
        "refund_unfounded",
        {"sequence": 8, "amountCents": 40_00},
    ),
    "refunded, and called a success": (
        lambda books: _set(withdrawals, books.returned, status="success"),
        "refund_unfounded",
        {"sequence": 5, "amountCents": 30_00},
    ),
    "outbox emptied by hand": (
        lambda books: _set_wallet(books, outbox=[]),
        "entry_missing",
        {"sequence": 7, "amountCents": 7_00},
    ),
    "amount in the outbox changed": (
        lambda books: wallets().update_one(
            {"user": books.user, "outbox.id": books.waiting},
            {"$set": {"outbox.$.amountCents": 8_00}},
        ),
        "balance",
        {"amountCents": -1_00},
    ),
    "key used by a record and by the outbox": (_use_key_twice, "key_twice", {}),
    "key used by two records": (
        _use_key_twice_without_an_index,
        "key_twice",
        {"amountCents": 30_00},
    ),
    "currency of an entry changed": (
        lambda books: _set(entries, books.entry(1)["_id"], currency="USD"),
        "currency",
        {"sequence": 1, "amountCents": 100_00},
    ),
    "sign of a kind turned": (
        lambda books: _set(entries, books.entry(1)["_id"], type="withdrawal"),
        "wrong_sign",
        {"sequence": 1, "amountCents": 100_00},
    ),
    "amount turned into text": (
        lambda books: _set(entries, books.entry(1)["_id"], amountCents="10000"),
        "malformed",
        {},
    ),
    "wallet without its chain": (
        lambda books: wallets().update_one({"user": books.user}, {"$unset": {"chain": 1}}),
        "malformed",
        {},
    ),
    "entry of nobody": (
        lambda books: _set(entries, books.entry(2)["_id"], user="nobody"),
        "stray",
        {"amountCents": 50_00},
    ),
    "last hash changed": (
        lambda books: _set(entries, books.entry(6)["_id"], hash=bytes(32)),
        "chain_head",
        {"sequence": 6},
    ),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damage_is_found_and_named(books: Books, name: str) -> None:
    damage, kind, members = DAMAGES[name]
    damage(books)

    found = audited()

    assert found.exit_code == 1
    assert kind in found.kinds()
    difference = found.named(kind)
    assert difference.items() >= members.items()
    owner = "nobody" if kind == "stray" else str(books.user)
    assert difference["wallet"] == owner


def test_swapped_entries_do_not_follow_one_another(books: Books) -> None:
    _swap_entries(books, 1, 2)

    found = audited()

    assert found.exit_code == 1
    broken = {each["sequence"] for each in found.differences if each["kind"] == "balance_after"}
    assert broken == {1, 2, 3}


def test_a_wallet_that_is_gone_shows_as_missing_money(books: Books) -> None:
    copy_out(books.user)
    wallets().delete_one({"user": books.user})

    found = audited()

    assert found.exit_code == 1
    amounts = [each["amountCents"] for each in found.differences]
    assert amounts == [-107_00, 40_00 + 30_00 + 999_00]
    assert found.summary["totals"]["INR"]["differenceCents"] == -107_00


def _rechained(books: Books, from_sequence: int) -> None:
    """What a clever forger does: every hash anew, as the service itself computes them."""
    link: dict[str, Any] = chain.START
    for entry in list(entries().find({"user": books.user}).sort("sequence", 1)):
        entry = chain.linked(entry, link)
        link = chain.end_with(entry)
        if entry["sequence"] >= from_sequence:
            entries().replace_one({"_id": entry["_id"]}, entry)


FORGERIES: dict[str, tuple[Damage, str]] = {
    "reason changed": (
        lambda books: _set(entries, books.entry(6)["_id"], reason="gift"),
        "entry_changed",
    ),
    "two entries that balance changed": (
        lambda books: (
            _set(entries, books.entry(1)["_id"], amountCents=90_00, balanceAfterCents=90_00),
            _set(entries, books.entry(2)["_id"], amountCents=60_00),
        ),
        "entry_changed",
    ),
    "hash of a changed entry recomputed": (
        lambda books: (
            _set(entries, books.entry(1)["_id"], idempotencyKey="deposit:wages"),
            _set(entries, books.entry(1)["_id"], hash=chain.digest(books.entry(1))),
        ),
        "link_broken",
    ),
    "entries swapped": (lambda books: _swap_entries(books, 1, 2), "link_broken"),
    "entry removed": (lambda books: _remove_entry(books, 3), "link_broken"),
    "entry inserted": (lambda books: _insert_entry(books, 0), "link_broken"),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forgery_breaks_the_chain(books: Books, name: str) -> None:
    forge, kind = FORGERIES[name]
    forge(books)

    found = audited("--verify-chain")

    assert found.exit_code == 1
    assert kind in found.kinds()


def test_a_chain_recomputed_to_its_end_is_not_the_one_that_the_wallet_keeps(books: Books) -> None:
    _set(entries, books.entry(1)["_id"], amountCents=90_00, balanceAfterCents=90_00)
    _set(entries, books.entry(2)["_id"], amountCents=60_00)
    _rechained(books, from_sequence=1)

    found = audited("--verify-chain")

    assert found.exit_code == 1
    assert found.kinds() == {"chain_head"}


def _stale(move: Callable[[], object]) -> Callable[[], Iterator[Any]]:
    read = reading.ranges

    def ranges() -> Iterator[Any]:
        for wallets_and_users in read():
            move()
            yield wallets_and_users

    return ranges


def test_what_moves_after_the_wallet_was_read_is_no_difference(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    def move() -> None:
        deposited(books.user, 5_00)
        withdrawn(books.user, 2_00)
        refunded(books.user, 40_00, books.paid)
        stranger = ObjectId("f" * 24)
        open_wallet(stranger, "INR")
        deposited(stranger, 1_00)
        for user in (books.user, stranger):
            copy_out(user)

    monkeypatch.setattr(reading, "ranges", _stale(move))
    monkeypatch.setattr(run, "READINGS", 2)

    assert audited("--verify-chain").differences == []


def test_read_once_only_it_would_be_a_difference(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control of the test above: the race is real."""

    def move() -> None:
        withdrawn(books.user, 2_00)
        copy_out(books.user)

    monkeypatch.setattr(reading, "ranges", _stale(move))
    monkeypatch.setattr(run, "READINGS", 1)

    assert audited().kinds() == {"entry_beyond_wallet", "debit_missing"}


def test_it_is_clean_while_money_moves(books: Books) -> None:
    users = [books.user, *(ObjectId() for _ in range(5))]
    for user in users[1:]:
        open_wallet(user, "INR")
    stop = Event()

    def move_money(seed: int) -> int:
        random, moved = Random(seed), 0
        while not stop.is_set():
            user = random.choice(users)
            key = random.choice([None, f"{seed}-{moved}"])
            with suppress(errors.InsufficientFunds):
                deposited(user, random.randint(1, 1000), key)
                withdrawal = withdrawn(user, random.randint(1, 1000), key)
                if random.random() < 0.2:
                    amount = abs(_amount_of(user, withdrawal))
                    refunded(user, amount, withdrawal)
            if random.random() < 0.5:
                copy_out(user)
            moved += 1
        return moved

    with ThreadPoolExecutor(4) as pool:
        movers = [pool.submit(move_money, seed) for seed in range(4)]
        try:
            audits = [audited("--verify-chain") for _ in range(20)]
        finally:
            stop.set()

    assert all(mover.result() > 0 for mover in movers)
    assert [each.differences for each in audits] == [[]] * 20
    assert audits[-1].summary["ledgerEntries"] > audits[0].summary["ledgerEntries"]
    assert audited("--verify-chain").differences == []


def _amount_of(user: ObjectId, id_: ObjectId) -> int:
    entry = entries().find_one({"_id": id_})
    if entry is not None:
        return entry["amountCents"]
    wallet = wallets().find_one({"user": user, "outbox.id": id_}, {"outbox.$": 1})
    return wallet["outbox"][0]["amountCents"] if wallet else _amount_of(user, id_)


def test_every_wallet_is_read_once_however_many_there_are(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "WALLETS_AT_ONCE", 2)
    users = [ObjectId("0" * 24), ObjectId(), ObjectId(), ObjectId(), ObjectId("f" * 24)]
    for user in users:
        open_wallet(user, "INR")
        deposited(user, 1_00)
        copy_out(user)
    orphans = [ObjectId("0" * 23 + "1"), ObjectId(), ObjectId("f" * 23 + "e")]
    for orphan in orphans:
        entries().insert_one(books.entry(1) | {"_id": ObjectId(), "user": orphan})

    found = audited()

    assert found.summary["wallets"] == 6
    assert [each["wallet"] for each in found.differences] == [str(orphan) for orphan in orphans]


def test_people_read_the_answer_in_the_last_line(books: Books) -> None:
    clean = CliRunner().invoke(audit_command, [])
    _set_wallet(books, balanceCents=207_00)
    damaged = CliRunner().invoke(audit_command, [])

    assert (clean.exit_code, damaged.exit_code) == (0, 1)
    assert clean.stdout.splitlines()[-1] == "Every cent adds up."
    assert damaged.stdout.splitlines()[-1] == "1 difference."
    assert f"balance: wallet {books.user}, 100.00 INR" in damaged.stdout
    assert (clean.stderr, damaged.stderr) == ("", "")


def test_a_long_list_is_cut_for_people_and_whole_for_programs(books: Books) -> None:
    for _ in range(120):
        _record_without_debit(books, "success")

    text = CliRunner().invoke(audit_command, []).stdout

    assert text.count("debit_missing") == 100
    assert "... and 20 more" in text
    assert text.splitlines()[-1] == "120 differences."
    assert len(audited().differences) == 120


def test_a_wallet_in_ruins_does_not_fill_the_memory(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wallet_api.audit.differences.DIFFERENCES_PER_WALLET", 3)
    for _ in range(9):
        _record_without_debit(books, "success")

    found = audited()

    assert [each["kind"] for each in found.differences] == ["debit_missing"] * 3 + ["more"]


def test_an_audit_that_cannot_run_is_not_a_verdict(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    database.disconnect()

    result = CliRunner().invoke(audit_command, ["--json"])

    assert result.exit_code == 2
    assert "no result" in result.stderr
