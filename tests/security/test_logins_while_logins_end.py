"""A login that comes while the user's logins are ended gets no token that outlives the end."""

from collections.abc import Callable
from itertools import count

import pytest
from bson import ObjectId

from tests.mutants import Mutant, people
from tests.support.interleaving import crashing, held_before
from wallet_api.callers import Caller
from wallet_api.errors import InvalidCredentials, Unauthenticated
from wallet_api.movements.wallets import end_logins, read_wallet
from wallet_api.users import account
from wallet_api.users import service as users

pytestmark = pytest.mark.usefixtures("app", "interposed")

OLD, NEW = "correct horse battery", "tidal-lantern-42-moss"

Meanwhile = Callable[[str, ObjectId], None]


def is_heard(caller: Caller) -> bool:
    try:
        read_wallet(caller)
    except Unauthenticated:
        return False
    return True


def password_changed(email: str, user: ObjectId) -> None:
    account.change_password(Caller(user), OLD, NEW)


def deactivated_for_a_while(email: str, user: ObjectId) -> None:
    users.set_active(email, False)
    users.set_active(email, True)


def logins_held(meanwhile: Meanwhile) -> list[bool]:
    """Log in with the old password, hold the login before each of its operations, and end all
    logins then: for each, whether a token of it would still be heard."""
    heard = []
    for n in count(1):
        email = f"person-{n}@example.com"
        user = users.register("A", "Person", email, OLD)
        got: list[Caller] = []

        def log_in(email: str = email, got: list[Caller] = got) -> None:
            got.append(users.authenticate(email, OLD)[1])

        def end(email: str = email, user: ObjectId = user) -> None:
            meanwhile(email, user)

        if not held_before(n, log_in, end):
            assert [is_heard(caller) for caller in got] == [True], "without an end it is a login"
            return heard
        heard.append(any(is_heard(caller) for caller in got))
    return heard


def test_the_old_password_gets_no_token_that_outlives_its_change() -> None:
    assert logins_held(password_changed) == [False] * 3


def test_the_check_above_finds_a_login_that_reads_the_epoch_last(
    mutate: Callable[[Mutant], None],
) -> None:
    mutate(people.password_before_wallet)

    assert True in logins_held(password_changed)


def test_a_login_from_before_a_deactivation_is_not_heard_after_it() -> None:
    """Held before its first operation or before it reads the wallet, it comes after."""
    assert logins_held(deactivated_for_a_while) == [True, True, False]


def test_nobody_logs_in_while_either_says_that_the_user_is_not_active() -> None:
    """A deactivation is half done: a token of its new epoch would count once it is undone."""
    user = users.register("A", "Person", "a@example.com", OLD)
    held = []

    def try_to_log_in() -> None:
        try:
            held.append(users.authenticate("a@example.com", OLD)[1])
        except InvalidCredentials:
            return

    for n in count(1):
        users.set_active("a@example.com", True)
        held.clear()
        if not held_before(n, lambda: users.set_active("a@example.com", False), try_to_log_in):
            break
        users.set_active("a@example.com", True)
        assert not any(is_heard(caller) for caller in held), (n, user)


def password_works(email: str, password: str) -> bool:
    try:
        users.authenticate(email, password)
    except InvalidCredentials:
        return False
    return True


def logins_during_the_change() -> list[bool]:
    """Hold the change before each of its operations, and log in with the old password then: for
    each, whether that login is still heard after the change."""
    heard = []
    for n in count(1):
        email = f"person-{n}@example.com"
        user = users.register("A", "Person", email, OLD)
        got: list[Caller] = []

        def log_in(email: str = email, got: list[Caller] = got) -> None:
            if password_works(email, OLD):
                got.append(users.authenticate(email, OLD)[1])

        def change(email: str = email, user: ObjectId = user) -> None:
            password_changed(email, user)

        if not held_before(n, change, log_in):
            return heard
        assert password_works(email, NEW)
        heard.append(any(is_heard(caller) for caller in got))
    return heard


def test_no_login_with_the_old_password_outlives_its_change() -> None:
    assert logins_during_the_change() == [False] * 4


@pytest.mark.parametrize("after", [False, True], ids=["before its effect", "after it"])
def test_no_crash_leaves_an_old_token_beside_a_new_password(after: bool) -> None:
    for n in count(1):
        email = f"person-{n}@example.com"
        user = users.register("A", "Person", email, OLD)

        def change(email: str = email, user: ObjectId = user) -> None:
            password_changed(email, user)

        if not crashing(n, after=after, action=change):
            break

        assert password_works(email, OLD) != password_works(email, NEW)
        assert not (password_works(email, NEW) and is_heard(Caller(user)))
    assert n == 5


def test_a_login_that_was_ended_changes_no_password() -> None:
    """However late: the first of the two ends demands that it has not been ended."""
    for n in count(1):
        email = f"person-{n}@example.com"
        user = users.register("A", "Person", email, OLD)

        def change(email: str = email, user: ObjectId = user) -> None:
            password_changed(email, user)

        if not held_before(n, change, lambda user=user: end_logins(user)):
            break
        if n <= 2:
            assert password_works(email, OLD)
    assert n == 5
