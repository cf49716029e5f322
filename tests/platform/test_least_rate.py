"""How long an answer waits for its reader: for each piece, and for as much as has been read."""

import time
from types import SimpleNamespace

import pytest

from wallet_api.server.sending import LEAST_BYTES_PER_SECOND, Answer

PIECE_SECONDS = 10


class Reader:
    """Takes an answer piece by piece, on a clock of its own."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        monkeypatch.setattr(time, "monotonic", lambda: self.now)
        self.answer = Answer(SimpleNamespace(sent=0), [], lambda: None)

    def takes(self, size: int, seconds: float) -> bool:
        """Whether it is still waited for when it has taken so much after so long."""
        deadline = self.answer.deadline(PIECE_SECONDS)
        self.now += seconds
        self.answer.waited()
        self.answer.response.sent += size
        return self.now <= deadline


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> Reader:
    return Reader(monkeypatch)


def test_a_reader_who_takes_the_least_rate_is_waited_for_to_the_end(reader: Reader) -> None:
    assert all(reader.takes(9 * LEAST_BYTES_PER_SECOND, 9) for _ in range(100))


def test_a_reader_below_the_least_rate_is_cut_off_once_it_has_used_its_time_up(
    reader: Reader,
) -> None:
    taken = [reader.takes(5 * LEAST_BYTES_PER_SECOND // 2, 5) for _ in range(5)]

    # Of 10 seconds that it has to begin with, it uses 5 and gains 2.5 with each piece.
    assert taken == [True, True, True, False, False]


def test_no_reader_may_pause_for_longer_than_a_piece_may_take(reader: Reader) -> None:
    assert reader.takes(1000 * LEAST_BYTES_PER_SECOND, 1)

    assert not reader.takes(1, PIECE_SECONDS + 1)
