"""Addresses in settings: networks whose proxies are trusted, origins whose pages may call."""

import re
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_network

from environs import EnvError

# No path, not even a slash; no default port, which browsers leave out; no wildcard.
_ORIGIN = re.compile(
    r"(?!http://.*:80$|https://.*:443$)https?://([a-z0-9.-]+|\[[0-9a-f:.]+\])(:[1-9]\d{0,4})?",
    re.ASCII,
)


def origins(name: str, text: str) -> tuple[str, ...]:
    """Origins as browsers write them, separated by commas. Raises EnvError."""
    origins = tuple(filter(None, (part.strip().lower() for part in text.split(","))))
    for origin in origins:
        if not _ORIGIN.fullmatch(origin):
            raise EnvError(
                f"{name}: {origin} is no origin. An origin is a scheme, a host and a port unless "
                "it is the scheme's own, such as https://app.example.com or http://localhost:8080"
            )
    return origins


def networks(name: str, text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """Networks and single addresses, separated by commas. Raises EnvError."""
    networks = []
    for part in filter(None, map(str.strip, text.split(","))):
        try:
            networks.append(_without_mapping(ip_network(part)))
        except ValueError as error:
            raise EnvError(f"{name}: {error}") from None
    return tuple(networks)


def _without_mapping(network: IPv4Network | IPv6Network) -> IPv4Network | IPv6Network:
    """::ffff:10.0.0.0/104 is 10.0.0.0/8: addresses are compared as IPv4 wherever they are that."""
    first = network.network_address
    if isinstance(first, IPv6Address) and first.ipv4_mapped and network.prefixlen >= 96:
        return IPv4Network((first.ipv4_mapped, network.prefixlen - 96))
    return network
