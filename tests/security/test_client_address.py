"""Of X-Forwarded-For, no more is believed than what trusted proxies have written."""

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wallet_api.web.client_address import MAX_HOPS, client_address

TRUSTED = tuple(
    map(ip_network, ("127.0.0.1", "10.0.0.0/8", "::1", "2001:db8:aaaa::/48", "fe80::/10"))
)
PROXY = "10.0.0.1"

CASES = {
    "no proxy between": ("192.0.2.1", "", "192.0.2.1"),
    "a client that is no proxy invents one": ("192.0.2.1", "203.0.113.9", "192.0.2.1"),
    "one proxy": (PROXY, "192.0.2.1", "192.0.2.1"),
    "a proxy that says nothing": (PROXY, "", PROXY),
    "forged hops before the true one": (PROXY, "203.0.113.9, 10.0.0.9, 192.0.2.1", "192.0.2.1"),
    "two proxies": (PROXY, "192.0.2.1, 10.0.0.2", "192.0.2.1"),
    "two proxies and forged hops": (PROXY, "8.8.8.8, 10.9.9.9, 192.0.2.1, 10.0.0.2", "192.0.2.1"),
    "a client that is itself a proxy": (PROXY, "10.0.0.7", "10.0.0.7"),
    "nothing but proxies": (PROXY, "10.0.0.7, 10.0.0.8", "10.0.0.7"),
    "garbage": (PROXY, "unknown", PROXY),
    "garbage of the client's": (PROXY, "<script>, 192.0.2.1", "192.0.2.1"),
    "garbage between": (PROXY, "192.0.2.1, unknown, 10.0.0.2", "10.0.0.2"),
    "empty elements": (PROXY, " , 192.0.2.1,, ", "192.0.2.1"),
    "several headers, joined": (PROXY, "203.0.113.9,192.0.2.1", "192.0.2.1"),
    "tabs and blanks": (PROXY, "\t192.0.2.1\t ,  10.0.0.2 ", "192.0.2.1"),
    "IPv4 with a port": (PROXY, "192.0.2.1:4711", "192.0.2.1"),
    "IPv6": ("::1", "2001:db8::1", "2001:db8::1"),
    "IPv6 in another spelling": ("::1", "2001:DB8:0:0::0001", "2001:db8::1"),
    "IPv6 in brackets": (PROXY, "[2001:db8::1]", "2001:db8::1"),
    "IPv6 with a port": (PROXY, "[2001:db8::1]:4711", "2001:db8::1"),
    "IPv6 with a zone": (PROXY, "2001:db8::1%eth0", "2001:db8::1"),
    "IPv6 with a zone and a port": (PROXY, "[2001:db8::1%25eth0]:4711", "2001:db8::1"),
    "an IPv6 proxy, by its network": ("2001:db8:aaaa::7", "192.0.2.1", "192.0.2.1"),
    "a proxy with a zone": ("fe80::1%eth0", "192.0.2.1", "192.0.2.1"),
    "an IPv4-mapped peer": ("::ffff:10.0.0.1", "192.0.2.1", "192.0.2.1"),
    "an IPv4-mapped client": (PROXY, "::ffff:192.0.2.1", "192.0.2.1"),
    "an IPv4-mapped proxy in the list": (PROXY, "192.0.2.1, ::ffff:10.0.0.2", "192.0.2.1"),
    "a port that is none": (PROXY, "192.0.2.1:99999", PROXY),
    "a port of other digits": (PROXY, "192.0.2.1:\u0664\u0667", PROXY),
    "an address of other digits": (PROXY, "192.0.2.\u0661", PROXY),
    "IPv4 in brackets": (PROXY, "[192.0.2.1]:80", PROXY),
    "an open bracket": (PROXY, "[2001:db8::1", PROXY),
    "text after a bracket": (PROXY, "[2001:db8::1]80", PROXY),
    "leading zeros": (PROXY, "192.0.2.010", PROXY),
    "a number": (PROXY, "3221225985", PROXY),
    "a network": (PROXY, "192.0.2.0/24", PROXY),
    "an endless entry": (PROXY, "1" * 10_000, PROXY),
    "a Unix socket": ("", "192.0.2.1", ""),
}


@pytest.mark.parametrize("case", CASES)
def test_the_client_is_the_last_address_that_is_no_trusted_proxy(case: str) -> None:
    peer, forwarded_for, client = CASES[case]

    assert client_address(peer, forwarded_for, TRUSTED) == client


def test_nobody_is_believed_where_no_proxy_is_trusted() -> None:
    assert client_address("127.0.0.1", "192.0.2.1", ()) == "127.0.0.1"


ADDRESSES = st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)).map(str)
CLIENTS = ADDRESSES.filter(
    lambda text: (
        not any(ip_address(text) in network for network in TRUSTED)
        and not getattr(ip_address(text), "ipv4_mapped", None)
    )
)
PROXIES = st.sampled_from(["10.0.0.2", "[::1]:80", "127.0.0.1:8080", "fe80::1%eth0"])
FORGED = st.text(
    st.characters(codec="latin-1", exclude_characters="\r\n\0"), max_size=200
) | st.lists(ADDRESSES | PROXIES).map(", ".join)


@given(forged=FORGED, client=CLIENTS, proxies=st.lists(PROXIES, max_size=MAX_HOPS - 2))
def test_forged_hops_change_nothing(forged: str, client: str, proxies: list[str]) -> None:
    honest = ", ".join([client, *proxies])

    assert client_address(PROXY, f"{forged},{honest}", TRUSTED) == str(ip_address(client))
    assert client_address(PROXY, honest, TRUSTED) == str(ip_address(client))


@given(peer=CLIENTS, forged=FORGED)
def test_a_peer_that_is_no_proxy_is_the_client_whatever_it_sends(peer: str, forged: str) -> None:
    assert client_address(peer, forged, TRUSTED) == str(ip_address(peer))


@given(FORGED)
def test_whatever_is_sent_an_address_comes_out(forged: str) -> None:
    assert ip_address(client_address(PROXY, forged, TRUSTED))


def test_thousands_of_hops_are_not_all_read() -> None:
    """And what lies beyond those that are read is not believed."""
    endless = "192.0.2.1, " + ", ".join(["10.0.0.2"] * 100_000)

    assert client_address(PROXY, endless, TRUSTED) == "10.0.0.2"
