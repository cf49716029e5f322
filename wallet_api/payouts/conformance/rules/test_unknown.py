"""What is no answer about the payout is unknown: it is never declined, and nothing is raised."""

import json
import random
import socket
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import replace
from typing import Any

import bson
import pytest

from wallet_api.payouts.conformance import acts
from wallet_api.payouts.conformance.acts import Act, Response
from wallet_api.payouts.conformance.hostile_gateway import HostileGateway
from wallet_api.payouts.conformance.trial import Asked, Trial
from wallet_api.payouts.gateway import Answer, Verdict

BREAKS: dict[str, Callable[[Response], Act]] = {
    "closes": lambda _: acts.closes,
    "resets": lambda _: acts.resets,
    "cuts_its_answer": acts.cuts,
    "speaks_no_http": lambda _: acts.sends_noise(b"\x00\xff SSH-2.0\r\n\r\n"),
}


@pytest.mark.parametrize("asked", Asked)
@pytest.mark.parametrize("breaks", BREAKS.values(), ids=BREAKS)
def test_a_connection_that_breaks_off_is_unknown(
    trial: Trial, asked: Asked, breaks: Callable[[Response], Act]
) -> None:
    payout = trial.payout()
    response = trial.response(asked, trial.said(payout, Verdict.DECLINED))

    answer = trial.ask(asked, payout, breaks(response))

    assert answer.verdict == Verdict.UNKNOWN


@pytest.mark.parametrize("asked", Asked)
@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_server_error_is_unknown_whatever_its_body_says(
    trial: Trial, asked: Asked, status: int
) -> None:
    payout = trial.payout()
    declined = trial.response(asked, trial.said(payout, Verdict.DECLINED))

    answer = trial.ask(asked, payout, acts.says(replace(declined, status=status)))

    assert answer.verdict == Verdict.UNKNOWN


@pytest.mark.parametrize("asked", Asked)
@pytest.mark.parametrize("body", [b"<html>No</html>", b'{"message": "no such path"}'])
@pytest.mark.parametrize("status", [400, 404, 405, 408, 409, 410, 413, 418, 422, 451])
def test_a_client_error_without_the_gateways_own_words_is_unknown(
    trial: Trial, asked: Asked, status: int, body: bytes
) -> None:
    """A proxy, or a gateway of another version, says so too."""
    answer = trial.ask(asked, trial.payout(), acts.says(Response(status, body)))

    assert answer.verdict == Verdict.UNKNOWN


BODIES = {
    "nothing": b"",
    "html": b"<!doctype html><h1>Welcome</h1>",
    "an_empty_object": b"{}",
    "an_empty_list": b"[]",
    "null": b"null",
    "a_number": b"1",
    "nested_too_deep": b"[" * 50_000,
    "digits_without_an_end": b"1" * 50_000,
    "no_utf_8": b'{"status": "\xff\xfe"}',
    "an_error": b'{"error": {"code": "SERVER_ERROR", "description": "declined"}}',
}


@pytest.mark.parametrize("asked", Asked)
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_body_that_is_not_the_protocols_is_unknown(
    trial: Trial, asked: Asked, body: bytes
) -> None:
    answer = trial.ask(asked, trial.payout(), acts.says(Response(200, body)))

    assert answer.verdict == Verdict.UNKNOWN


@pytest.mark.parametrize("asked", Asked)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed_and_unknown(trial: Trial, asked: Asked, status: int) -> None:
    payout = trial.payout()
    with HostileGateway() as elsewhere:
        lie = trial.response(asked, trial.said(payout))
        elsewhere.plays(acts.says(lie))
        redirect = Response(status, b"", {"Location": f"{elsewhere.url}/payouts"})

        answer = trial.ask(asked, payout, acts.says(redirect))

        assert answer.verdict == Verdict.UNKNOWN
        assert elsewhere.requests == []


def test_a_gateway_that_cannot_be_reached_is_not_taken_or_unknown(trial: Trial) -> None:
    port = int(trial.gateway.url.rpartition(":")[2])
    trial.gateway.__exit__(None, None, None)
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", port), 1)

    submitted = trial.adapter.submit(trial.payout())
    inquired = trial.adapter.inquire(trial.payout())

    assert {submitted.verdict, inquired.verdict} <= {Verdict.NOT_TAKEN, Verdict.UNKNOWN}
    assert not submitted.reference_is_spent


ODD: list[Any] = [
    None,
    [],
    {},
    "",
    "x",
    "\ud800",
    "a" * 5000,
    -1,
    0,
    1.5,
    2**70,
    True,
    [{}],
    {"a": 1},
]


@pytest.mark.parametrize("asked", Asked)
def test_no_member_of_an_answer_can_be_so_odd_that_it_raises_or_cannot_be_stored(
    trial: Trial, asked: Asked
) -> None:
    payout = trial.payout()
    response = trial.response(asked, trial.said(payout))

    for odd in _with_odd_members(response):
        answer = trial.ask(asked, payout, acts.says(odd))

        assert _can_be_stored(answer), odd.body


@pytest.mark.parametrize("asked", Asked)
def test_no_bytes_raise(trial: Trial, asked: Asked) -> None:
    chance = random.Random(7)  # noqa: S311  the same bytes each time
    payout = trial.payout()
    whole = trial.response(asked, trial.said(payout))

    for _ in range(60):
        body = bytearray(whole.body)
        for _ in range(chance.randint(1, 8)):
            body[chance.randrange(len(body))] = chance.randrange(256)
        answer = trial.ask(asked, payout, acts.says(Response(whole.status, bytes(body))))

        assert isinstance(answer, Answer)


def _with_odd_members(response: Response) -> Iterator[Response]:
    try:
        whole = json.loads(response.body)
    except ValueError:
        pytest.skip("the protocol is not JSON")
    for path in _paths(whole):
        for odd in ODD:
            changed = deepcopy(whole)
            holder = changed
            for step in path[:-1]:
                holder = holder[step]
            holder[path[-1]] = odd
            yield replace(response, body=json.dumps(changed).encode())


def _paths(value: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    inside: Any = ()
    if isinstance(value, dict):
        inside = value.items()
    elif isinstance(value, list):
        inside = enumerate(value)
    for name, member in inside:
        yield (*above, name)
        yield from _paths(member, (*above, name))


def _can_be_stored(answer: Answer) -> bool:
    repeated = {
        "reference": answer.reference,
        "amount": answer.amount_cents,
        "currency": answer.currency,
        "gatewayReference": answer.gateway_reference,
        "trace": answer.trace,
        "fee": answer.fee_cents,
        "reason": answer.reason,
        "description": answer.description,
        "source": answer.source,
        "review": answer.needs_review,
        "state": dict(answer.state),
    }
    return len(bson.encode(repeated)) < 65_536
