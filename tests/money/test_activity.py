"""User and wallet agree on who is active, however the operator's commands interleave."""

from collections.abc import Callable
from itertools import count

import pytest
from flask.testing import FlaskClient

from tests.mutants import Mutant, people
from tests.support.interleaving import crashing, held_before
from tests.support.people import Person, someone
from wallet_api.documents.user import User
from wallet_api.documents.wallet import Wallet
from wallet_api.users import service as users

pytestmark = pytest.mark.usefixtures("app", "interposed")

EMAIL = "alice@example.com"


def activate() -> None:
    users.set_active(EMAIL, True)


def deactivate() -> None:
    users.set_active(EMAIL, False)


def flags(person: Person) -> tuple[bool, bool]:
    """The user's and the wallet's."""
    return User.objects.get(id=person.id).is_active, Wallet.objects.get(user=person.id).active


WAYS = pytest.mark.parametrize(
    ("held", "meanwhile"),
    [
        (deactivate, activate),
        (activate, deactivate),
        (deactivate, lambda: (activate(), deactivate())),
        (activate, lambda: (deactivate(), activate())),
    ],
    ids=[
        "activate in deactivate",
        "deactivate in activate",
        "both in deactivate",
        "both in activate",
    ],
)


@WAYS
def test_user_and_wallet_agree_however_two_commands_interleave(
    client: FlaskClient, held: Callable[[], None], meanwhile: Callable[[], None]
) -> None:
    for n in count(1):
        person = someone(client, f"person-{n}@example.com")
        User.objects(email=EMAIL).delete()
        User.objects(id=person.id).update_one(set__email=EMAIL)

        if not held_before(n, held, meanwhile):
            break

        user, wallet = flags(person)
        assert user == wallet, f"held before operation {n}"
        assert (person.logged_in_again.get("/wallets").status_code == 200) == wallet
    assert n == 5, "each command has four operations"


@pytest.mark.parametrize("act", [activate, deactivate])
@pytest.mark.parametrize("after", [False, True], ids=["before its effect", "after it"])
def test_after_a_crash_the_command_repeated_ends_in_agreement(
    alice: Person, act: Callable[[], None], after: bool
) -> None:
    for n in count(1):
        if not crashing(n, after=after, action=act):
            break

        act()

        assert flags(alice) == ((True, True) if act is activate else (False, False))


def test_a_deactivation_that_crashes_has_stopped_the_money_or_nothing(alice: Person) -> None:
    """The wallet comes first: nobody is shut out of a wallet whose money still moves."""
    for n in count(1):
        activate()
        if not crashing(n, after=True, action=deactivate):
            break
        assert flags(alice) in ((True, True), (True, False), (False, False))


def test_the_harness_finds_a_user_who_follows_any_decision(
    client: FlaskClient, mutate: Callable[[Mutant], None]
) -> None:
    mutate(people.follows_any_decision)

    with pytest.raises(AssertionError, match="held before operation"):
        test_user_and_wallet_agree_however_two_commands_interleave(client, deactivate, activate)
