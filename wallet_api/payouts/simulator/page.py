"""The books and the behaviours as a small page, for people."""

from wallet_api.payouts.simulator.books import Books
from wallet_api.payouts.simulator.callbacks.post_office import PostOffice
from wallet_api.payouts.simulator.options import Options

POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def shown(options: Options, books: Books, post_office: PostOffice) -> str:
    return "<!doctype html><title>Payout simulator</title><h1>Payout simulator</h1>"
