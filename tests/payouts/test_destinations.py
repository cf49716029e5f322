"""A destination is taken apart by the grammar of its kind, or refused by the rule it breaks."""

import pytest

from wallet_api.payouts.destinations import (
    Destination,
    Kind,
    NoDestination,
    kind_of,
    last_four,
    parse,
)

GOOD = {
    "bank:HDFC0001234:5012345678:Asha Rao": (Kind.BANK, "5012345678", "Asha Rao", "HDFC0001234"),
    "bank:HDFC0001234:5012345678:A: B": (Kind.BANK, "5012345678", "A: B", "HDFC0001234"),
    "upi:asha.rao@okhdfc": (Kind.UPI, "asha.rao@okhdfc", "", ""),
    "iban:DE89 3704 0044 0532 0130 00:Jo": (Kind.IBAN, "DE89370400440532013000", "Jo", ""),
    "wallet:67bc3e205d1e4a2b9c8d7e70": (Kind.WALLET, "67bc3e205d1e4a2b9c8d7e70", "", ""),
    "bank-account-0001": (Kind.TEXT, "", "", ""),
    "Bank:HDFC0001234": (Kind.TEXT, "", "", ""),
    "sepa:x": (Kind.TEXT, "", "", ""),
    "bank": (Kind.TEXT, "", "", ""),
}

BAD = {
    "bank:HDFC0001234:5012345678": "bank:<IFSC>:<account>:<name>",
    "bank:hdfc0001234:5012345678:A": "IFSC",
    "bank:HDFC1001234:5012345678:A": "IFSC",
    "bank:HDFC00012345:5012345678:A": "IFSC",
    "bank:HDFC0001234:5012:A": "account",
    "bank:HDFC0001234:50-12345:A": "account",
    "bank:HDFC0001234:5012345678\n:A": "account",
    "bank:HDFC0001234:5012345678: ": "name",
    "upi:asha": "upi:",
    "upi:asha@okhdfc@x": "upi:",
    "upi:": "upi:",
    "iban:DE89370400440532013001:Jo": "IBAN",
    "iban:DE8937040044053201300:Jo": "IBAN",
    "iban:DE89370400440532013000": "iban:<IBAN>:<name>",
    "iban:DE89370400440532013000:": "name",
    "wallet:me": "wallet:",
    "wallet:67BC3E205D1E4A2B9C8D7E70": "wallet:",
}


@pytest.mark.parametrize("text", GOOD)
def test_a_good_destination_is_taken_apart(text: str) -> None:
    kind, account, name, ifsc = GOOD[text]

    assert parse(text) == Destination(kind, text, account, name, ifsc)


@pytest.mark.parametrize("text", BAD)
def test_a_bad_one_is_refused_by_its_rule(text: str) -> None:
    with pytest.raises(NoDestination, match=BAD[text]):
        parse(text)


@pytest.mark.parametrize("text", [*GOOD, *BAD])
def test_its_prefix_alone_tells_the_kind(text: str) -> None:
    prefix = text.partition(":")[0]

    expected = prefix if ":" in text and prefix in tuple(Kind) else "text"

    assert kind_of(text) == expected


def test_a_log_learns_four_characters_at_most() -> None:
    assert last_four("bank:HDFC0001234:5012345678:A") == "...78:A"
    assert last_four("12345678") == "..."
