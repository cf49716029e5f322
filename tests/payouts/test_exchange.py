"""One exchange with a gateway ends in time, in bounded memory, and says whether it was sent."""

import os
import socket
import ssl
import subprocess
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from wallet_api.payouts.adapters.exchange import Exchange, Method, NoReply, NotSent, Reply
from wallet_api.payouts.conformance import acts
from wallet_api.payouts.conformance.acts import Act, Response
from wallet_api.payouts.conformance.hostile_gateway import HostileGateway

pytestmark = pytest.mark.slow

DEADLINE = timedelta(seconds=0.6)
OK = Response(200, b'{"status": "settled"}')


@pytest.fixture
def exchange() -> Iterator[Exchange]:
    exchange = Exchange(DEADLINE)
    yield exchange
    exchange.close()


def ask(exchange: Exchange, url: str, method: Method = "POST") -> Reply:
    return exchange.ask(method, f"{url}/payouts", headers={"X-Own": "1"}, body=b"{}")


def test_an_answer_comes_with_its_status_its_headers_and_its_body(
    exchange: Exchange, hostile: HostileGateway
) -> None:
    hostile.plays(acts.says(Response(201, b"{}", {"Retry-After": "7"})))

    reply = ask(exchange, hostile.url)

    assert (reply.status, reply.headers["retry-after"], reply.body) == (201, "7", b"{}")
    sent = hostile.requests[0]
    assert (sent.method, sent.target, sent.body) == ("POST", "/payouts", b"{}")
    assert sent.headers["x-own"] == "1"
    assert sent.headers["accept-encoding"] == "identity"


STALLING = {
    "never answers": acts.hangs,
    "drips a byte each tenth of a second": acts.drips(OK),
    "drips its body": acts.drips_its_body(OK),
    "sends headers without an end": acts.sends_an_endless_head,
    "answers late": acts.waits_and_says(2, OK),
    "says continue, and no more": acts.sends_noise(b"HTTP/1.1 100 Continue\r\n\r\n" * 3),
}


@pytest.mark.parametrize("act", STALLING.values(), ids=STALLING)
def test_the_deadline_is_around_the_whole_exchange(
    exchange: Exchange, hostile: HostileGateway, act: Act
) -> None:
    hostile.plays(act)
    began = time.monotonic()

    with pytest.raises(NoReply):
        ask(exchange, hostile.url)

    assert time.monotonic() - began < DEADLINE.total_seconds() + 0.4


HUGE = {
    "1 GB": acts.sends_a_gigabyte(OK),
    "1 GB in 1 MB of gzip": acts.sends_a_bomb(OK),
    "64 KiB and a byte": acts.says(Response(200, b"a" * 65_537)),
}


@pytest.mark.parametrize("act", HUGE.values(), ids=HUGE)
def test_an_answer_over_64_kib_is_cut_off_in_bounded_memory(
    exchange: Exchange, hostile: HostileGateway, act: Act
) -> None:
    hostile.plays(acts.says(OK), act)
    ask(exchange, hostile.url)
    tracemalloc.start()

    reply = ask(exchange, hostile.url)

    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (reply.status, reply.body) == (200, None)
    assert peak < 8 * 2**20


def test_an_answer_of_64_kib_is_whole(exchange: Exchange, hostile: HostileGateway) -> None:
    hostile.plays(acts.says(Response(200, b"a" * 65_536)))

    assert len(ask(exchange, hostile.url).body or b"") == 65_536


def test_a_redirect_is_an_answer_and_is_not_followed(
    exchange: Exchange, hostile: HostileGateway
) -> None:
    with HostileGateway() as elsewhere:
        hostile.plays(acts.says(Response(307, b"", {"Location": f"{elsewhere.url}/payouts"})))

        reply = ask(exchange, hostile.url)

        assert (reply.status, elsewhere.requests) == (307, [])


def test_cookies_are_not_kept(exchange: Exchange, hostile: HostileGateway) -> None:
    hostile.plays(acts.says(Response(200, b"{}", {"Set-Cookie": "a=b; Path=/"})))

    for _ in range(2):
        ask(exchange, hostile.url.replace("127.0.0.1", "localhost"))

    assert "cookie" not in hostile.requests[1].headers


def test_a_proxy_of_the_environment_is_not_used(
    exchange: Exchange, hostile: HostileGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    hostile.plays(acts.says(OK))
    with HostileGateway() as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)

        ask(exchange, hostile.url)

        assert (len(hostile.requests), proxy.requests) == (1, [])


BREAKING = {
    "closes": acts.closes,
    "resets the connection": acts.resets,
    "cuts the answer": acts.cuts(OK),
    "speaks no HTTP": acts.sends_noise(b"\x00\xff SSH-2.0\r\n\r\n"),
}


@pytest.mark.parametrize("act", BREAKING.values(), ids=BREAKING)
def test_a_request_that_was_sent_and_not_answered_may_have_arrived(
    exchange: Exchange, hostile: HostileGateway, act: Act
) -> None:
    hostile.plays(act)

    with pytest.raises(NoReply):
        ask(exchange, hostile.url)

    assert len(hostile.requests) == 1


def nobody_listens() -> str:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"http://127.0.0.1:{server.getsockname()[1]}"


UNREACHABLE: dict[str, Callable[[], str]] = {
    "nobody listens": nobody_listens,
    "no such host": lambda: "http://gateway.invalid",
    "no port": lambda: "http://127.0.0.1:0",
    "no URL": lambda: "http://[::1",
    "a port that cannot be": lambda: "http://127.0.0.1:99999",
    "no host": lambda: "http://",
    "a host that cannot be": lambda: f"http://{'a' * 70}.example",
}


@pytest.mark.parametrize("url", UNREACHABLE.values(), ids=UNREACHABLE)
def test_without_a_connection_nothing_was_sent(exchange: Exchange, url: Callable[[], str]) -> None:
    with pytest.raises(NotSent):
        ask(exchange, url())


def test_a_certificate_of_nobody_is_refused_before_a_byte_is_sent(
    exchange: Exchange, tmp_path: Path
) -> None:
    request = "req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2"
    subprocess.run(
        ["openssl", *request.split(), "-subj", "/CN=127.0.0.1"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"https://127.0.0.1:{server.getsockname()[1]}"
        received: list[bytes] = []

        def serve() -> None:
            connection, _ = server.accept()
            with connection, suppress(OSError):
                received.append(context.wrap_socket(connection, server_side=True).recv(1000))

        thread = threading.Thread(target=serve)
        thread.start()

        with pytest.raises(NotSent, match="Certificate"):
            ask(exchange, url)

        thread.join(5)
        assert received in ([], [b""])


def test_a_host_that_never_accepts_was_sent_nothing(exchange: Exchange) -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        address = full.getsockname()
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(address)
        began = time.monotonic()

        with pytest.raises(NotSent):
            ask(exchange, f"http://127.0.0.1:{address[1]}")

        assert time.monotonic() - began < DEADLINE.total_seconds() + 0.4
        for filler in fillers:
            filler.close()


def test_a_connection_is_used_again(exchange: Exchange, hostile: HostileGateway) -> None:
    hostile.plays(acts.says(OK))

    for _ in range(5):
        ask(exchange, hostile.url)

    assert (len(hostile.requests), hostile.connections) == (5, 1)


def test_a_request_is_never_sent_twice_by_itself(
    exchange: Exchange, hostile: HostileGateway
) -> None:
    """A library that repeats a POST in a connection that was closed may pay twice."""
    hostile.plays(acts.says(OK), acts.closes, acts.says(OK))
    ask(exchange, hostile.url)

    with pytest.raises(NoReply):
        ask(exchange, hostile.url)

    assert len(hostile.requests) == 2


def test_a_slow_exchange_keeps_no_other_thread_waiting(
    exchange: Exchange, hostile: HostileGateway
) -> None:
    with HostileGateway() as slow:
        slow.plays(acts.hangs)
        hostile.plays(acts.says(OK))

        def wait_in_vain() -> None:
            with suppress(NoReply):
                ask(exchange, slow.url)

        waiting = [threading.Thread(target=wait_in_vain) for _ in range(8)]
        for thread in waiting:
            thread.start()
        began = time.monotonic()

        ask(exchange, hostile.url)

        assert time.monotonic() - began < DEADLINE.total_seconds() / 2
        for thread in waiting:
            thread.join(5)


def test_a_forked_process_asks_by_a_loop_of_its_own(
    exchange: Exchange, hostile: HostileGateway
) -> None:
    hostile.plays(acts.says(OK))
    ask(exchange, hostile.url)

    child = os.fork()
    if child == 0:
        status = 1
        try:
            status = 0 if ask(exchange, hostile.url).status == 200 else 2
        finally:
            os._exit(status)

    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert ask(exchange, hostile.url).status == 200
    assert hostile.connections == 2


def test_an_exchange_that_is_closed_meanwhile_raises_nothing_else(
    exchange: Exchange, hostile: HostileGateway
) -> None:
    hostile.plays(acts.says(OK))
    raised: list[BaseException] = []
    over = threading.Event()

    def ask_on() -> None:
        while not over.is_set():
            try:
                ask(exchange, hostile.url)
            except (NotSent, NoReply):
                continue
            except BaseException as error:
                raised.append(error)
                return

    asking = [threading.Thread(target=ask_on) for _ in range(4)]
    for thread in asking:
        thread.start()

    for _ in range(40):
        time.sleep(0.01)
        exchange.close()

    over.set()
    for thread in asking:
        thread.join(5)
    assert raised == []
    assert ask(exchange, hostile.url).status == 200


def test_a_closed_exchange_can_be_closed_again(exchange: Exchange) -> None:
    exchange.close()
    exchange.close()
