"""Which address a request comes from, where trusted proxies stand between us and the client."""

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any

from wallet_api.config import settings

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

MAX_HOPS = 32
"""So many addresses of X-Forwarded-For are read at most: a client may send thousands."""

MAX_LENGTH = 64
"""Characters. The longest address with a zone and a port is shorter."""


def address_of(environ: dict[str, Any]) -> str:
    """The client's address of this request, for the limits on guessing and for the log only."""
    return client_address(
        environ.get("REMOTE_ADDR", ""),
        environ.get("HTTP_X_FORWARDED_FOR", ""),
        settings().trusted_proxies,
    )


def client_address(peer: str, forwarded_for: str, trusted: Sequence[Network]) -> str:
    """The last address of X-Forwarded-For that is no trusted proxy, if the peer is one.

    Each proxy appends the address that it was called from, so the list is read from its end. What
    stands before the first address that is not a trusted proxy was written by that client, who
    may have invented it. An entry that is no address ends the reading too: the client is then
    known only as the proxy that passed it on.

    Several headers reach us joined by commas, in their order. A peer without an address, behind a
    Unix socket, gives "".
    """
    if not forwarded_for or not trusted:
        return _written(peer)
    client = _parsed(peer)
    if client is None:
        return ""
    if _is_one_of(trusted, client):
        for hop in reversed(forwarded_for.rsplit(",", MAX_HOPS)):
            if not hop.strip(" \t"):
                continue  # an empty element of a list means nothing (RFC 9110, section 5.6.1)
            address = _parsed(hop)
            if address is None:
                break
            client = address
            if not _is_one_of(trusted, client):
                break
    return str(client)


@lru_cache(maxsize=4096)
def _written(peer: str) -> str:
    address = _parsed(peer)
    return "" if address is None else str(address)


def _is_one_of(networks: Sequence[Network], address: Address) -> bool:
    return any(address in network for network in networks)


def _parsed(text: str) -> Address | None:
    return _read(text) if len(text) <= MAX_LENGTH else None


@lru_cache(maxsize=4096)
def _read(text: str) -> Address | None:
    """The address alone: without a port, brackets and zone; None where there is none.

    `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1`, `[2001:db8::1]:4711`, `fe80::1%eth0`. An IPv4
    address that a socket for both families writes as `::ffff:192.0.2.1` is that IPv4 address.
    """
    host, port = _split(text.strip(" \t"))
    if port and not (port[1:].isascii() and port[1:].isdigit() and int(port[1:]) < 65536):
        return None
    try:
        address = ip_address(host)
    except ValueError:
        return None
    if isinstance(address, IPv4Address):
        return address
    # Made anew, without its zone: that names an interface of the machine that wrote it.
    return address.ipv4_mapped or IPv6Address(int(address))


def _split(text: str) -> tuple[str, str]:
    """Host and `:port`; the port may be empty. Nothing that is no address comes out as one."""
    if text.startswith("["):
        host, bracket, port = text[1:].partition("]")
        is_bracketed = bracket and ":" in host and (not port or port.startswith(":"))
        return (host, port) if is_bracketed else ("", "")
    if text.count(":") == 1:
        host, _, port = text.partition(":")
        return host, f":{port}"
    return text, ""
