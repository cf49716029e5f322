"""A question to a gateway and what its answer means, the same for every HTTP protocol."""

from collections.abc import Callable, Mapping
from typing import Any

from wallet_api.payouts.adapters import outcomes, strict_json
from wallet_api.payouts.adapters.exchange import Exchange, Method, NoReply, NotSent, Reply
from wallet_api.payouts.adapters.strict_json import Malformed, Members, Several
from wallet_api.payouts.gateway import Answer, Verdict

ANSWERED = frozenset({200, 201, 202})


def says_exactly(status: int, /, **members: Any) -> Callable[[Reply], bool]:
    """For `is_not_found`: this status and these members, and none besides.

    A proxy that knows no such path says 404 as well.
    """

    def says(reply: Reply) -> bool:
        try:
            return reply.status == status and strict_json.read_object(reply.body).only(**members)
        except Malformed:
            return False

    return says


def answer_to(
    exchange: Exchange,
    method: Method,
    url: str,
    read: Callable[[Members], Answer],
    *,
    headers: Mapping[str, str],
    query: Mapping[str, str] | None = None,
    body: bytes | None = None,
    is_not_found: Callable[[Reply], bool] = lambda _: False,
) -> Answer:
    """Never raises. `read` makes an answer of a well-formed body, or raises Malformed."""
    try:
        reply = exchange.ask(method, url, headers=headers, query=query, body=body)
    except NotSent as error:
        return outcomes.not_sent(error)
    except NoReply as error:
        return outcomes.unknown("no_reply", str(error))
    if reply.status not in ANSWERED:
        if is_not_found(reply):
            return Answer(verdict=Verdict.NOT_FOUND)
        return outcomes.refused(reply)
    try:
        return read(strict_json.read_object(reply.body))
    except Several as error:
        return outcomes.several(str(error))
    except Malformed as error:
        return outcomes.unknown("malformed", str(error))


def page_of(
    exchange: Exchange, url: str, *, headers: Mapping[str, str], query: Mapping[str, str]
) -> Members:
    """Of a gateway's own list. Raises OSError."""
    try:
        reply = exchange.ask("GET", url, headers=headers, query=query)
        if reply.status != 200:
            raise OSError(f"The gateway does not list its payouts: HTTP {reply.status}.")
        return strict_json.read_object(reply.body)
    except (NotSent, NoReply, Malformed) as error:
        raise OSError(f"The gateway does not list its payouts: {error}.") from error
