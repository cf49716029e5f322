"""Writes that are less durable than they say, and answers about them that are not true."""

import os
import signal
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from pymongo import MongoClient, WriteConcern

from tests.mutants.kinds import Patch
from wallet_api.documents.ledger_entry import LedgerEntry
from wallet_api.documents.wallet import Wallet
from wallet_api.documents.withdrawal import Withdrawal
from wallet_api.movements import commit
from wallet_api.movements.attempts import Attempt
from wallet_api.movements.sendings import Sendings


def w1(patch: Patch) -> None:
    """A write is taken for done before a majority has it."""
    _writes_with(WriteConcern(w=1), patch)


def unjournaled(patch: Patch) -> None:
    """A write is taken for done before it is in the journal."""
    _writes_with(WriteConcern(w="majority", j=False), patch)


def unacknowledged(patch: Patch) -> None:
    """A write is taken for done when one server has it in its memory."""
    _writes_with(WriteConcern(w=1, j=False), patch)


def read_then_write(patch: Patch) -> None:
    """The balance is looked at first, and then changed."""
    wallet_that_allows = commit.wallet_that_allows

    def mutant(attempts: Sequence[Attempt]) -> Any:
        if wallet_that_allows(attempts).first() is None:
            return Wallet.objects(user=None)
        return wallet_that_allows([replace(each, min_balance_cents=None) for each in attempts])

    patch(commit, "wallet_that_allows", mutant)


def refused_though_sent_twice(patch: Patch) -> None:
    """What an update finds is believed, although it may arrive a second time."""
    patch(Sendings, "check", lambda sendings: None)


def no_causal_session(patch: Patch) -> None:
    """The reading after a command of several wallets need not see what the command has done."""
    start_session = MongoClient.start_session

    def mutant(client: Any, **options: Any) -> Any:
        return start_session(client, **options | {"causal_consistency": False})

    patch(MongoClient, "start_session", mutant)


def impatient(patch: Patch) -> None:
    """A worker that is asked to end does so at once, whatever it was doing."""
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))


def _writes_with(concern: WriteConcern, patch: Patch) -> None:
    for document in (Wallet, LedgerEntry, Withdrawal):
        durable = document._get_collection

        def careless(durable: Any = durable) -> Any:
            return durable().with_options(write_concern=concern)

        patch(document, "_get_collection", staticmethod(careless))
