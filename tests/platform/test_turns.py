"""Who is next, where many of one client's requests wait beside a few of others'."""

import pytest

from wallet_api.server.turns import Turns


def taken(turns: Turns[str]) -> list[str]:
    found = []
    while True:
        try:
            found.append(turns.take())
        except KeyError:
            return found


def test_each_client_has_its_turn_however_many_of_another_wait() -> None:
    turns = Turns[str]()
    for item in ("a1", "a2", "a3", "b1", "a4", "c1"):
        turns.add(item[0], item)

    assert taken(turns) == ["a1", "b1", "c1", "a2", "a3", "a4"]


def test_who_comes_again_waits_behind_who_came_before() -> None:
    turns = Turns[str]()
    turns.add("a", "a1")
    turns.add("b", "b1")

    first = turns.take()
    turns.add("a", "a2")

    assert [first, *taken(turns)] == ["a1", "b1", "a2"]


def test_there_is_no_next_one_where_nobody_waits() -> None:
    turns = Turns[str]()
    turns.add("a", "a1")
    turns.take()

    with pytest.raises(KeyError):
        turns.take()
