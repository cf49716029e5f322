"""A request's id tells its client nothing of the others' requests, and no two are the same."""

import os
import re
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from flask.testing import FlaskClient

from wallet_api.web import request_ids
from wallet_api.web.request_ids import new_id


def ids_in_a_fork(count: int) -> list[str]:
    """Made by a child that is forked off here and now."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        try:
            os.write(writing, " ".join(new_id() for _ in range(count)).encode())
        finally:
            os.kill(os.getpid(), signal.SIGKILL)  # nothing of pytest's may run in the child
    os.close(writing)
    with os.fdopen(reading) as told:
        ids = told.read().split()
    os.waitpid(child, 0)
    return ids


def numbers_in(first: str, second: str) -> int:
    """How far one id is from the other, if they are numbers."""
    return abs(int(second.replace("-", ""), 16) - int(first.replace("-", ""), 16))


def test_an_id_is_twenty_random_digits(client: FlaskClient) -> None:
    ids = [client.get("/healthz").headers["X-Request-Id"] for _ in range(40)]

    assert all(re.fullmatch("[0-9a-f]{20}", each) for each in ids), ids
    # Each of the 800 digits is any of sixteen: a counter leaves most of them as they were.
    assert all(len({each[place] for each in ids}) > 4 for place in range(20)), ids


def test_two_ids_do_not_tell_how_many_requests_came_between(client: FlaskClient) -> None:
    ask: Callable[[], str] = lambda: client.get("/healthz").headers["X-Request-Id"]  # noqa: E731

    distances = [numbers_in(ask(), ask()) for _ in range(10)]

    assert min(distances) > 2**40


def test_ids_of_threads_at_once_differ() -> None:
    each = 4 * request_ids.AT_ONCE + 1

    with ThreadPoolExecutor(8) as pool:
        made = pool.map(lambda _: [new_id() for _ in range(each)], range(8))
        ids = [one for some in made for one in some]

    assert len(set(ids)) == 8 * each


def test_processes_that_are_forked_have_no_id_in_common() -> None:
    new_id()  # some are ready now

    of_children = [ids_in_a_fork(20) for _ in range(2)]
    ids = [*of_children[0], *of_children[1], *(new_id() for _ in range(20))]

    assert [len(some) for some in of_children] == [20, 20]
    assert len(set(ids)) == 60
