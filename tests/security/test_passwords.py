"""Passwords are kept as argon2id, compared in equal time, and not too easy to guess."""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from argon2 import PasswordHasher

from wallet_api.config import Settings, settings
from wallet_api.errors import InvalidInput
from wallet_api.users import passwords

GOOD = "correct horse battery staple"


@pytest.fixture(autouse=True)
def at_full_cost(monkeypatch: pytest.MonkeyPatch) -> Settings:
    """What OWASP has, even where the other tests are spared it."""
    full = replace(settings(), argon2_memory_kib=19456, argon2_time_cost=2, argon2_parallelism=1)
    monkeypatch.setattr(passwords, "settings", lambda: full)
    return full


def refusal_of(password: str) -> str:
    with pytest.raises(InvalidInput) as refused:
        passwords.acceptable(password)
    (problem,) = refused.value.problems
    assert problem[0] == "/password"
    return problem[1]


def test_a_password_matches_its_own_hash_only() -> None:
    kept = passwords.hashed(GOOD)

    assert passwords.matches(GOOD, kept)
    assert not passwords.matches(GOOD + " ", kept)
    assert not passwords.matches(GOOD.upper(), kept)


def test_the_hash_is_argon2id_with_the_parameters_of_the_settings() -> None:
    kept = passwords.hashed(GOOD)

    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert kept != passwords.hashed(GOOD)
    assert not passwords.is_outdated(kept)


def test_a_hash_with_other_parameters_is_outdated_but_matches(
    monkeypatch: pytest.MonkeyPatch, at_full_cost: Settings
) -> None:
    kept = passwords.hashed(GOOD)
    stronger = replace(at_full_cost, argon2_time_cost=3)

    monkeypatch.setattr(passwords, "settings", lambda: stronger)

    assert passwords.is_outdated(kept)
    assert passwords.matches(GOOD, kept)


@pytest.mark.parametrize("kept", ["", "plain", "$2b$10$" + "x" * 53, "$argon2id$v=19$broken"])
def test_what_is_not_an_argon2_hash_matches_nothing(kept: str) -> None:
    assert not passwords.matches("plain", kept)


def test_a_stranger_costs_the_time_of_a_wrong_password() -> None:
    def fastest(work: object, *given: str) -> float:
        times = []
        for _ in range(7):
            started = time.perf_counter()
            assert not work(*given)  # type: ignore[operator]
            times.append(time.perf_counter() - started)
        return min(times)

    wrong = fastest(passwords.matches, "wrong", passwords.hashed(GOOD))

    assert 0.5 < fastest(passwords.matches_nobody, "wrong") / wrong < 2


@pytest.mark.parametrize("length", [8, 128])
def test_from_8_to_128_characters_are_taken(length: int) -> None:
    password = "\N{PILE OF POO}é z" * (length // 4)

    assert passwords.acceptable(password) == password


@pytest.mark.parametrize("length", [0, 1, 7, 129, 10_000])
def test_fewer_or_more_are_refused(length: int) -> None:
    assert "characters at" in refusal_of("é" * length)


def test_a_long_password_is_never_cut_off() -> None:
    kept = passwords.hashed("x" * 127 + "y")

    assert not passwords.matches("x" * 127 + "z", kept)


@pytest.mark.parametrize("password", ["aaaaaaab", "        x", "zzzzzzzzzz9z", "ууууууую"])
def test_there_are_no_rules_of_composition(password: str) -> None:
    assert passwords.acceptable(password) == password


@pytest.mark.parametrize("password", ["password", "PassWord", "12345678", "iloveyou", "qwertyuiop"])
def test_a_common_password_is_refused_whatever_its_case(password: str) -> None:
    assert "common" in refusal_of(password)


@pytest.mark.parametrize("odd", ["\x00", "\n", "\x7f", "\ud800"])
def test_control_characters_and_lone_surrogates_are_refused(odd: str) -> None:
    assert "control" in refusal_of(GOOD + odd)


def test_a_try_with_a_lone_surrogate_simply_fails() -> None:
    assert not passwords.matches(passwords.readable("\ud800"), passwords.hashed(GOOD))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("cafe\u0301 society", "caf\u00e9 society"),
        ("two\u00a0words here", "two words here"),
        ("\u1112\u1161\u11ab password", "\ud55c password"),
    ],
)
def test_a_password_is_the_same_on_every_keyboard(one: str, other: str) -> None:
    assert passwords.matches(passwords.readable(one), passwords.hashed(passwords.readable(other)))


@pytest.mark.parametrize(
    ("one", "other"), [("ﬁnancial", "financial"), ("x²y²z²w²", "x2y2z2w2"), (" padded ", "padded")]
)
def test_different_passwords_stay_different(one: str, other: str) -> None:
    assert passwords.readable(one) != passwords.readable(other)


def test_normalising_cannot_be_made_slow() -> None:
    started = time.perf_counter()

    assert refusal_of("\u0315\u0300" * 30_000)

    assert time.perf_counter() - started < 0.1


def test_only_so_many_run_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    running: list[int] = []
    seen: list[int] = []

    def run(hasher: PasswordHasher, *_: bytes) -> str:
        running.append(1)
        seen.append(len(running))
        time.sleep(0.02)
        running.pop()
        return "a hash"

    monkeypatch.setattr(PasswordHasher, "hash", run)
    with ThreadPoolExecutor(12) as people:
        hashes = list(people.map(passwords.hashed, [GOOD] * 12))

    assert hashes == ["a hash"] * 12
    assert max(seen) <= min(4, os.cpu_count() or 1)


def test_the_blocklist_does_not_bring_the_other_word_lists_into_memory() -> None:
    program = (
        "import sys; from wallet_api.users import passwords;"
        "passwords.acceptable('correct horse battery'); print('zxcvbn' in sys.modules)"
    )

    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)

    assert ran.stdout == "False\n", ran.stderr
