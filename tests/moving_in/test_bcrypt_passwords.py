"""A user who was moved in logs in with the old password, and its hash becomes argon2id."""

from collections.abc import Callable

import bcrypt
import pytest
from bson import ObjectId
from flask.testing import FlaskClient
from pymongo.database import Database
from werkzeug.test import TestResponse

from wallet_api import schema_version
from wallet_api.users import bcrypt_hashes, passwords
from wallet_api.users import service as users

SECRET = "a long enough secret"

# Made by bcryptjs 3.0.3, cost 4, as the Express twin of the original calls it.
BY_BCRYPTJS = {
    "é" * 50: "$2b$04$z3nPue4c7GycIvZ0rKhbsOin77/9gFxu5HyM5IfjoEDqmD9/SNxae",
    "abc\0def-long": "$2b$04$tu.HRuhMcg/XuPGP6cDcg.mvNDGqyLeilguT4nYjKjLV3tg0cUrJW",
    "cafe\u0301 society": "$2b$04$oVmOzXBv4N3tkcF8SCloMOte/t5XZAe0SQNVMOxpdUO36DZB8dlQG",
    "lone\ud800surrogate": "$2b$04$GzgJQnN/LKaB157.PASvru1ABoSy0wuYnKZSqNZHJQ94ZQHnG.prG",
    "\N{PILE OF POO}" * 20: "$2b$04$5EfU9BzgJeRZNGUJ1cszvuV/FMt.2iFTDUhhWwgwJoIz1nF1dPCFu",
}


def bcrypt_hash(password: str, cost: int = 4, prefix: str = "2b") -> str:
    made = bcrypt.hashpw(password.encode(), bcrypt.gensalt(cost)).decode()
    return f"${prefix}" + made[3:]


@pytest.fixture
def moved_in(db: Database) -> ObjectId:
    user = users.register("Ada", "Lovelace", "ada@example.com", SECRET)
    db.users.update_one({"_id": user}, {"$set": {"password": bcrypt_hash(SECRET)}})
    return user


def hash_of(db: Database, user: ObjectId) -> str:
    kept: str = db.users.find_one({"_id": user}, {"password": 1})["password"]  # type: ignore[index]
    return kept


def log_in(client: FlaskClient, password: str, email: str = "ada@example.com") -> TestResponse:
    return client.post("/auth/login", json={"email": email, "password": password})


@pytest.mark.parametrize("prefix", ["2a", "2b", "2y"])
def test_every_prefix_of_bcrypt_is_compared(prefix: str) -> None:
    kept = bcrypt_hash(SECRET, prefix=prefix)

    assert passwords.matches(SECRET, kept)
    assert not passwords.matches(SECRET + " ", kept)


@pytest.mark.parametrize("password", BY_BCRYPTJS, ids=ascii)
def test_what_bcryptjs_has_hashed_is_matched_as_it_was_typed(password: str) -> None:
    assert passwords.matches(password, BY_BCRYPTJS[password])
    assert not passwords.matches("x" + password, BY_BCRYPTJS[password])


def test_bytes_after_the_72nd_are_not_compared_as_the_original_did_not() -> None:
    kept = bcrypt_hash("x" * 72)

    assert passwords.matches("x" * 72 + "whatever", kept)
    assert not passwords.matches("x" * 71 + "y", kept)


def test_another_keyboards_form_of_the_password_matches_too() -> None:
    kept = bcrypt_hash("caf\u00e9 society")

    assert passwords.matches("cafe\u0301 society", kept)


def test_the_old_password_logs_in_and_its_hash_becomes_argon2id(
    client: FlaskClient, db: Database, moved_in: ObjectId
) -> None:
    first = log_in(client, SECRET)

    kept = hash_of(db, moved_in)
    assert first.status_code == 200
    assert kept.startswith("$argon2id$")
    assert log_in(client, SECRET).status_code == 200
    assert hash_of(db, moved_in) == kept


def test_a_wrong_password_is_refused_and_leaves_the_hash(
    client: FlaskClient, db: Database, moved_in: ObjectId
) -> None:
    kept = hash_of(db, moved_in)

    answer = log_in(client, SECRET.upper())

    assert (answer.status_code, answer.get_json()["code"]) == (401, "invalid_credentials")
    assert hash_of(db, moved_in) == kept


def test_a_password_typed_in_another_unicode_form_survives_its_rehash(
    client: FlaskClient, db: Database, moved_in: ObjectId
) -> None:
    kept = BY_BCRYPTJS["cafe\u0301 society"]
    db.users.update_one({"_id": moved_in}, {"$set": {"password": kept}})

    assert log_in(client, "cafe\u0301 society").status_code == 200
    assert log_in(client, "caf\u00e9 society").status_code == 200


def test_each_failed_login_does_the_work_of_both_kinds_of_hash(
    client: FlaskClient, db: Database, moved_in: ObjectId, monkeypatch: pytest.MonkeyPatch
) -> None:
    users.register("Bob", "B", "bob@example.com", SECRET)
    users.register("Gone", "G", "gone@example.com", SECRET)
    users.set_active("gone@example.com", False)
    work: list[str] = []
    in_turn = passwords._in_turn

    def noted(task: Callable[..., object], *given: object) -> object:
        work.append("bcrypt" if task.__module__ == bcrypt_hashes.__name__ else "argon2")
        return in_turn(task, *given)

    monkeypatch.setattr(passwords, "_in_turn", noted)
    monkeypatch.setattr(schema_version, "_bcrypt_cost", 4)
    for email, password in (
        ("nobody@example.com", SECRET),
        ("ada@example.com", "wrong"),
        ("bob@example.com", "wrong"),
        ("gone@example.com", SECRET),
    ):
        work.clear()

        assert log_in(client, password, email).status_code == 401

        assert sorted(work) == ["argon2", "bcrypt"], email


def test_the_work_for_a_stranger_is_one_hash_of_the_same_cost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    costs: list[int] = []
    hashpw = bcrypt.hashpw

    def noted(password: bytes, salt: bytes) -> bytes:
        made = hashpw(password, salt)
        costs.append(bcrypt_hashes.cost_of(made.decode()))
        return made

    monkeypatch.setattr(bcrypt, "hashpw", noted)

    bcrypt_hashes.spend(b"wrong", 5)
    bcrypt_hashes.spend(b"longer than bcrypt reads" * 9, 4)

    assert costs == [5, 4]
