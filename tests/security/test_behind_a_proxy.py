"""The table of docs/limits-on-guessing.md, through nginx and to gunicorn itself, over sockets."""

import http.client
import json
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count

import pytest
from pymongo.uri_parser import parse_uri

from tests.faults.service import Service
from tests.support.nginx import Nginx
from wallet_api.embedded_mongo import EmbeddedMongo

PASSWORD = "tidal-lantern-42-moss"
PROXY = "127.0.0.1"
_numbers = count(1)


@dataclass(frozen=True)
class Doors:
    nginx: int
    gunicorn: int


@pytest.fixture(scope="module")
def doors(
    mongo: EmbeddedMongo, tmp_path_factory: pytest.TempPathFactory, _no_settings_from_outside: None
) -> Iterator[Doors]:
    """The ports of an nginx, and of the service behind it, which trusts that nginx alone."""
    folder = tmp_path_factory.mktemp("behind-a-proxy")
    host, mongo_port = parse_uri(mongo.uri)["nodelist"][0]
    service = Service(
        f"mongodb://{host}:{mongo_port}/behind_a_proxy",
        folder / "service.log",
        hooks={},
        settings={
            "TRUSTED_PROXIES": PROXY,
            "LOGIN_TRIES_PER_ADDRESS": "100",
            "REGISTRATIONS_PER_ADDRESS": "100",
            # No window ends in the midst of a test.
            "LOGIN_WINDOW_SECONDS": "100000000",
            "WORKERS": "2",
        },
    )
    proxy = Nginx(folder / "nginx", service.port)
    service.start()
    try:
        service.wait()
        proxy.start()
        yield Doors(proxy.port, service.port)
        service.terminate()
    finally:
        proxy.stop()
        service.kill_tree()


def new_address() -> str:
    """On this machine, and nobody's yet. Not the proxy's."""
    number = next(_numbers)
    return f"127.1.{number // 250}.{number % 250 + 1}"


def call(port: int, path: str, body: object, address: str, *forwarded: str) -> tuple[int, int]:
    """Status and Retry-After (0: none) of a POST from the address, with forged hops."""
    client = http.client.HTTPConnection("127.0.0.1", port, 60, source_address=(address, 0))
    try:
        raw = json.dumps(body).encode()
        client.putrequest("POST", path)
        client.putheader("Content-Type", "application/json")
        client.putheader("Content-Length", str(len(raw)))
        for value in forwarded:
            client.putheader("X-Forwarded-For", value)
        client.endheaders(raw)
        answer = client.getresponse()
        answer.read()
        return answer.status, int(answer.getheader("Retry-After", "0"))
    finally:
        client.close()


def log_in(
    port: int, email: str, address: str, *forwarded: str, password: str = PASSWORD
) -> tuple[int, int]:
    return call(port, "/auth/login", {"email": email, "password": password}, address, *forwarded)


def guess(port: int, email: str, address: str, *forwarded: str) -> int:
    status, retry_after = log_in(port, email, address, *forwarded, password="wrong")
    assert (retry_after > 0) == (status == 429)
    return status


def register(port: int, email: str, address: str) -> int:
    who = {"firstName": "A", "lastName": "B", "email": email, "password": PASSWORD}
    return call(port, "/auth/register", who, address)[0]


@pytest.fixture
def ada(doors: Doors) -> str:
    """The email of a new user, registered from an address of no other consequence."""
    email = f"ada-{next(_numbers)}@example.com"
    assert register(doors.nginx, email, new_address()) == 201
    return email


def test_ten_wrong_passwords_shut_out_their_address_and_no_other(doors: Doors, ada: str) -> None:
    stranger, owner = new_address(), new_address()

    guesses = [guess(doors.nginx, ada, stranger) for _ in range(12)]

    assert guesses == [401] * 10 + [429] * 2
    assert log_in(doors.nginx, ada, stranger)[0] == 429
    assert log_in(doors.nginx, ada, owner)[0] == 200


def test_forged_hops_through_the_proxy_are_no_other_address(doors: Doors, ada: str) -> None:
    stranger = new_address()

    guesses = [
        guess(doors.nginx, ada, stranger, f"203.0.113.{n}, {PROXY}", f"198.51.100.{n}")
        for n in range(12)
    ]

    assert guesses == [401] * 10 + [429] * 2


def test_a_header_from_a_peer_that_is_no_proxy_is_ignored(doors: Doors, ada: str) -> None:
    """Straight to gunicorn, whose own settings believe nothing of what is forwarded."""
    stranger = new_address()

    guesses = [guess(doors.gunicorn, ada, stranger, f"203.0.113.{n}") for n in range(12)]

    assert guesses == [401] * 10 + [429] * 2


def test_what_a_trusted_proxy_says_is_believed_in_every_spelling(doors: Doors, ada: str) -> None:
    """From the proxy's own address, as the proxy would write it."""
    one_client = [
        ("203.0.113.5",),
        ("203.0.113.5:4711",),
        ("::ffff:203.0.113.5",),
        ("[::ffff:203.0.113.5]:80",),
        ("192.0.2.77, 203.0.113.5",),
        ("192.0.2.78", "203.0.113.5"),
        ("192.0.2.79, 203.0.113.5", PROXY),
        ("rubbish, 203.0.113.5",),
        ("\t203.0.113.5 , ",),
        ("203.0.113.5,,127.0.0.1:80",),
    ]

    guesses = [guess(doors.gunicorn, ada, PROXY, *headers) for headers in one_client]

    assert guesses == [401] * 10
    assert guess(doors.gunicorn, ada, PROXY, "203.0.113.5") == 429
    assert guess(doors.gunicorn, ada, PROXY, "203.0.113.6") == 401


def test_ipv6_clients_count_by_their_64(doors: Doors, ada: str) -> None:
    guesses = [guess(doors.gunicorn, ada, PROXY, f"2001:db8:5:6::{n:x}") for n in range(12)]

    assert guesses == [401] * 10 + [429] * 2
    assert guess(doors.gunicorn, ada, PROXY, "[2001:db8:5:7::1%eth0]:80") == 401


def test_an_account_under_attack_stays_reachable_from_a_known_address(
    doors: Doors, ada: str
) -> None:
    home = new_address()
    assert log_in(doors.nginx, ada, home)[0] == 200

    attack = Counter(
        guess(doors.nginx, ada, address)
        for address in [new_address() for _ in range(12)]
        for _ in range(10)
    )

    assert attack == {401: 100, 429: 20}
    assert log_in(doors.nginx, ada, home)[0] == 200
    assert log_in(doors.nginx, ada, new_address())[0] == 429


def test_one_address_guesses_across_a_hundred_emails_and_no_more(doors: Doors, ada: str) -> None:
    sprayer, home = new_address(), new_address()
    assert log_in(doors.nginx, ada, home)[0] == 200
    assert log_in(doors.nginx, ada, sprayer)[0] == 200, "the sprayer shares an address with her"

    spray = [guess(doors.nginx, f"spray-{n}@example.com", sprayer) for n in range(105)]

    assert spray == [401] * 100 + [429] * 5
    assert log_in(doors.nginx, ada, sprayer)[0] == 200
    assert guess(doors.nginx, "spray-1@example.com", home) == 401


def test_of_a_hundred_guesses_at_once_ten_are_looked_at(doors: Doors, ada: str) -> None:
    stranger = new_address()

    with ThreadPoolExecutor(50) as threads:
        guesses = Counter(threads.map(lambda _: guess(doors.nginx, ada, stranger), range(100)))

    assert guesses == {401: 10, 429: 90}


def test_one_address_registers_so_many_and_learns_of_few_taken_emails(
    doors: Doors, ada: str
) -> None:
    crowd, prober = new_address(), new_address()

    with ThreadPoolExecutor(16) as threads:
        registered = Counter(
            threads.map(
                lambda n: register(doors.nginx, f"{crowd}-{n}@example.com", crowd), range(110)
            )
        )
    probes = [register(doors.nginx, ada, prober) for _ in range(8)]

    assert registered == {201: 100, 429: 10}
    assert probes == [409] * 5 + [429] * 3
