"""Rate limits that a stranger uses up, or that two processes, or a store that is down, let pass."""

import json
from base64 import urlsafe_b64decode
from collections.abc import Callable
from contextlib import nullcontext

from bson import ObjectId
from flask import request

from tests.mutants.kinds import Patch
from wallet_api.auth import guard, request_limits, service, tokens
from wallet_api.callers import Caller
from wallet_api.rate_limits import counts
from wallet_api.rate_limits.counts import Count, Limiter

Add = Callable[[str, int, int], int]


def counted_before_it_is_verified(patch: Patch) -> None:
    """The guard believes what a token says of its user, and then looks at the signature."""
    verify = tokens.caller_of

    def mutant(token: str) -> Caller:
        claims = token.split(".")[1]
        said = json.loads(urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
        request_limits.count_caller(Caller(ObjectId(said["sub"])), {})
        return verify(token)

    patch(guard, "caller_of", mutant)


def counted_after_the_work(patch: Patch) -> None:
    """A login has its password hashed, and is refused afterwards."""
    count, log_in = request_limits.count_address, service.log_in

    def mutant(email: str, password: str, address: str) -> service.Login:
        try:
            return log_in(email, password, address)
        finally:
            count(request.environ)

    patch(request_limits, "count_address", lambda environ: None)
    patch(service, "log_in", mutant)


def never_exchanged(patch: Patch) -> None:
    """Each process counts for itself."""
    patch(Limiter, "exchange", lambda limiter, count, add: None)


def the_store_is_believed(patch: Patch) -> None:
    """A store that has lost its counts gives a process its own requests back."""

    def mutant(limiter: Limiter, count: Count, add: Add) -> None:
        count.total = add(count.key, 1, count.pending)
        count.pending = 0
        count.is_due = False

    patch(Limiter, "exchange", mutant)


def forgotten_while_it_is_sent(patch: Patch) -> None:
    """What is on its way to a store that fails, or is slow, is counted nowhere meanwhile."""

    def mutant(limiter: Limiter, count: Count, add: Add) -> None:
        amount, count.pending, count.is_due = count.pending, 0, False
        total = add(count.key, 1, amount)
        count.total = max(count.total + amount, total)

    patch(Limiter, "exchange", mutant)


def sent_again_when_it_has_arrived(patch: Patch) -> None:
    """What the store has counted, the next exchange adds once more."""
    exchange = Limiter.exchange

    def mutant(limiter: Limiter, count: Count, add: Add) -> None:
        before = count.pending
        exchange(limiter, count, add)
        count.total -= before
        count.pending += before

    patch(Limiter, "exchange", mutant)


def counted_without_a_lock(patch: Patch) -> None:
    """Two threads both take the last request that is left."""
    patch(counts, "Lock", nullcontext)
