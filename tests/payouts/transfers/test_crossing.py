"""Transfers that cross each other wait for nobody, and lose nothing."""

from concurrent.futures import ThreadPoolExecutor

from flask.testing import FlaskClient

from tests.payouts.transfers.sending import all_cents, arrivals, go_on, sends
from tests.support.books import assert_books_balance
from tests.support.people import Person, someone

TIMES = 30


def test_two_who_send_each_other_at_once_both_arrive(ada: Person, bob: Person) -> None:
    assert bob.deposits(100).status_code == 200

    with ThreadPoolExecutor(12) as pool:
        out = pool.map(lambda n: sends(ada, 1, bob, f"a{n}"), range(TIMES))
        back = pool.map(lambda n: sends(bob, 2, ada, f"b{n}"), range(TIMES))
        answers = [*out, *back]
    go_on()

    assert {answer.status_code for answer in answers} == {201}
    assert arrivals(bob) == [100] * TIMES
    assert arrivals(ada) == [200] * TIMES
    assert (ada.balance(), bob.balance()) == (13_000, 7_000)
    for person in ada, bob:
        assert_books_balance(person.id)


def test_money_in_a_circle_comes_round(client: FlaskClient, ada: Person, bob: Person) -> None:
    eve = someone(client, "eve@example.com")
    ring = [ada, bob, eve]

    for _ in range(3):
        for sender, recipient in zip(ring, [*ring[1:], ada], strict=True):
            assert sends(sender, 100, recipient).get_json()["status"] == "success"

    assert ada.balance() == all_cents(*(each.id for each in ring)) == 10_000
