"""Rate limits over real sockets: two processes, a proxy, and everybody at once."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import count

import pytest
from pymongo import MongoClient
from pymongo.uri_parser import parse_uri

from tests.faults.service import Service
from tests.support.nginx import Nginx
from tests.support.rate_limits import told
from tests.support.redis import redis_where
from tests.support.requests_by_address import Answered, call, new_address, nothing_to_refresh
from wallet_api.embedded_mongo import EmbeddedMongo
from wallet_api.rate_limits.counts import SHARE

pytestmark = pytest.mark.lengthy

PASSWORD = "tidal-lantern-42-moss"
USER_LIMIT, ADDRESS_LIMIT = 400, 12
PROCESSES, AT_ONCE = 2, 50
WINDOW_SECONDS = 7 * 24 * 3600
"""No window ends in the midst of a test, but once in a while."""
_numbers = count(1)


@dataclass(frozen=True)
class Doors:
    """The ports of an nginx, and of the service behind it, which trusts that nginx alone."""

    nginx: int
    gunicorn: int
    counts: Callable[[], dict[str, object]]
    """When each count of the store ends, by its key."""


@pytest.fixture(
    scope="module", params=["mongodb", pytest.param("redis", marks=pytest.mark.lengthy)]
)
def doors(
    request: pytest.FixtureRequest,
    mongo: EmbeddedMongo,
    tmp_path_factory: pytest.TempPathFactory,
    _no_settings_from_outside: None,
) -> Iterator[Doors]:
    folder = tmp_path_factory.mktemp("rate-limits")
    host, mongo_port = parse_uri(mongo.uri)["nodelist"][0]
    with redis_where(request.param == "redis", folder / "redis") as redis:
        uri = f"mongodb://{host}:{mongo_port}/rate_limits_{request.param}"
        service = Service(
            uri,
            folder / "service.log",
            hooks={},
            settings={
                "TRUSTED_PROXIES": "127.0.0.1",
                "RATE_LIMIT_USER": f"{USER_LIMIT}/{WINDOW_SECONDS} seconds",
                "RATE_LIMIT_ADDRESS": f"{ADDRESS_LIMIT}/{WINDOW_SECONDS} seconds",
                "RATE_LIMIT_STORE": redis.url if redis else "mongodb",
                "WORKERS": str(PROCESSES),
            },
        )
        proxy = Nginx(folder / "nginx", service.port)
        service.start()
        try:
            service.wait()
            proxy.start()
            counts = redis.counts if redis else partial(counts_in, uri)
            yield Doors(proxy.port, service.port, counts)
            service.terminate()
        finally:
            proxy.stop()
            service.kill_tree()


def counts_in(uri: str) -> dict[str, object]:
    with MongoClient(uri) as client:
        counts = client.get_default_database()["requestCounts"]
        assert counts.index_information()["expireAt_1"]["expireAfterSeconds"] == 0
        return {each["_id"]: each.get("expireAt") for each in counts.find()}


def a_user(doors: Doors) -> str:
    """The token of a new user, from an address of no other consequence."""
    address = new_address()
    who = {"email": f"p{next(_numbers)}@example.com", "password": PASSWORD}
    names = {"firstName": "A", "lastName": "B"}
    assert call(doors.gunicorn, "POST", "/auth/register", who | names, address).status == 201
    token: str = call(doors.gunicorn, "POST", "/auth/login", who, address).body["token"]
    return token


def balance(doors: Doors, token: str) -> Answered:
    return call(doors.gunicorn, "GET", "/wallets", Authorization=f"Bearer {token}")


def statuses_of(times: int, ask: Callable[[], Answered]) -> Counter[int]:
    with ThreadPoolExecutor(min(times, AT_ONCE)) as pool:
        return Counter(answer.status for answer in pool.map(lambda _: ask(), range(times)))


def most(limit: int) -> int:
    """Requests that docs/rate-limits.md allows to pass while the store answers: beside the limit, a
    tenth for each process, and what each answers while it exchanges."""
    return limit + PROCESSES * (max(1, limit // SHARE) + AT_ONCE)


def used_up(doors: Doors, address: str) -> None:
    """In both processes, and in the store."""
    for _ in range(20):
        if statuses_of(AT_ONCE, lambda: nothing_to_refresh(doors.gunicorn, address)) == {
            429: AT_ONCE
        }:
            return
    raise AssertionError("the limit does not hold")


def test_fifty_threads_over_two_processes_pass_the_limit_by_no_more_than_is_said(
    doors: Doors,
) -> None:
    token = a_user(doors)

    statuses = statuses_of(3 * USER_LIMIT, lambda: balance(doors, token))

    assert statuses.keys() == {200, 429}
    assert USER_LIMIT <= statuses[200] <= most(USER_LIMIT)


def test_what_one_process_has_let_through_the_other_counts_too(doors: Doors) -> None:
    """Each by itself would let all of them through."""
    token = a_user(doors)
    below_the_limit_of_each = PROCESSES * USER_LIMIT - 20

    statuses = statuses_of(below_the_limit_of_each, lambda: balance(doors, token))

    assert statuses[429] > 0


def test_one_user_leaves_another_users_requests_alone(doors: Doors) -> None:
    greedy, other = a_user(doors), a_user(doors)
    statuses_of(2 * USER_LIMIT, lambda: balance(doors, greedy))

    answer = balance(doors, other)

    assert told(answer.status, answer.headers)[:3] == (200, USER_LIMIT, USER_LIMIT - 1)


def test_a_forged_token_counts_for_its_address_and_not_for_the_user(doors: Doors) -> None:
    token, forger = a_user(doors), new_address()
    head, claims, _ = token.split(".")
    forged = f"Bearer {head}.{claims}.{'A' * 43}"

    def forge() -> Answered:
        return call(doors.gunicorn, "GET", "/wallets", None, forger, Authorization=forged)

    statuses = statuses_of(USER_LIMIT + 100, forge)

    assert statuses.keys() == {401, 429}
    assert statuses[401] <= most(ADDRESS_LIMIT)
    assert told(*_of(balance(doors, token))).left == USER_LIMIT - 1


def _of(answer: Answered) -> tuple[int, dict[str, str]]:
    return answer.status, answer.headers


def test_a_refusal_is_a_problem_that_says_when_to_come_again(doors: Doors) -> None:
    address = new_address()
    used_up(doors, address)

    answer = nothing_to_refresh(doors.gunicorn, address)

    status, limit, left, reset = told(answer.status, answer.headers)
    assert (status, limit, left) == (429, ADDRESS_LIMIT, 0)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.body["code"] == "rate_limited"
    assert str(ADDRESS_LIMIT) in answer.body["detail"]
    assert answer.headers["Retry-After"] == str(reset)
    assert WINDOW_SECONDS - time.time() % WINDOW_SECONDS == pytest.approx(reset, abs=3)


def test_health_and_documentation_are_never_limited(doors: Doors) -> None:
    address = new_address()
    used_up(doors, address)

    for path in ("/healthz", "/readyz", "/currencies", "/openapi.json", "/"):
        answers = [call(doors.gunicorn, "GET", path, None, address) for _ in range(ADDRESS_LIMIT)]
        assert {answer.status for answer in answers} == {200}, path
        assert not any("RateLimit-Limit" in answer.headers for answer in answers), path


def test_forged_hops_through_the_proxy_are_no_other_address(doors: Doors) -> None:
    client = new_address()

    statuses: Counter[int] = Counter()
    for number in range(most(ADDRESS_LIMIT) + 30):
        forged = f"203.0.113.{number}"
        statuses[nothing_to_refresh(doors.nginx, client, forged).status] += 1

    assert statuses.keys() == {400, 429}
    assert ADDRESS_LIMIT <= statuses[400] <= most(ADDRESS_LIMIT)


def test_each_client_behind_a_trusted_proxy_has_a_limit_of_its_own(doors: Doors) -> None:
    used_up_by, other = new_address(), new_address()
    used_up(doors, used_up_by)

    assert nothing_to_refresh(doors.nginx, used_up_by).status == 429
    assert nothing_to_refresh(doors.nginx, other).status == 400


def test_hops_that_no_proxy_has_written_are_not_believed(doors: Doors) -> None:
    address = new_address()
    used_up(doors, address)

    answer = nothing_to_refresh(doors.gunicorn, address, "203.0.113.9")

    assert answer.status == 429


def test_addresses_of_one_ipv6_network_count_as_one(doors: Doors) -> None:
    hops = (f"2001:db8:{next(_numbers):x}::{number:x}" for number in count(1))
    network = f"2001:db8:{next(_numbers):x}"

    def ask(number: int) -> int:
        hop = f"{network}::{number:x}"
        return nothing_to_refresh(doors.gunicorn, "127.0.0.1", hop).status

    one = Counter(ask(number) for number in range(most(ADDRESS_LIMIT) + 20))
    many = {nothing_to_refresh(doors.gunicorn, "127.0.0.1", next(hops)).status for _ in range(3)}

    assert one[429] > 0
    assert many == {400}


def test_the_store_holds_no_address_and_forgets_each_count(doors: Doors) -> None:
    address = new_address()
    used_up(doors, address)

    counts = doors.counts()

    assert counts
    assert all(ends is not None for ends in counts.values()), "it would be kept for ever"
    assert not any(address in key for key in counts)
