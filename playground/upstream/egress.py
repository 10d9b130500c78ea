"""Which addresses may be reached.

The one policy, asked where a socket opens: a name's addresses are checked and the connection goes to one
of those that were checked, so a second look-up cannot answer otherwise.
"""

import ipaddress
import socket
from functools import cache

from playground import env
from playground.exchange.endpoint import Endpoint
from playground.upstream.providers import LOCAL_MODEL, catalogue


class AddressRefusedError(Exception):
    """The policy does not let this host be called. Says nothing of what is there."""


class UnknownHostError(Exception):
    """The name has no address."""


def addresses(host: str, port: int) -> list[str]:
    """The addresses to try, in order. Raises `AddressRefusedError` or `UnknownHostError`.

    One address inside the network refuses the whole name.
    """
    found = _resolve(host, port)
    if (host, port) not in _exceptions() and not all(_is_public(address) for address in found):
        raise AddressRefusedError(host)
    return found


def _resolve(host: str, port: int) -> list[str]:
    try:
        answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise UnknownHostError(host) from error
    return list(dict.fromkeys(str(answer[4][0]) for answer in answers))


def _is_public(address: str) -> bool:
    """Whether it is public unicast, also when it is IPv4 inside IPv6."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is not None and not _is_public(str(inner)):
            return False
        if ip in _NAT64:
            return _is_public(str(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)))
        if ip.is_site_local:
            return False
    platform = any(ip in network for network in _PLATFORMS)
    return ip.is_global and not ip.is_multicast and not ip.is_reserved and not platform


_NAT64 = ipaddress.ip_network("64:ff9b::/96")
# Public by their number, and answering only inside: Azure's platform, and the block (RFC 6890) that Oracle's
# metadata stand in, of which Python before 3.13 takes all but a few addresses for public.
_PLATFORMS = (ipaddress.ip_network("168.63.129.16/32"), ipaddress.ip_network("192.0.0.0/24"))


@cache
def _exceptions() -> frozenset[tuple[str, int]]:
    doors = set(env.read("PLAYGROUND_PRIVATE_UPSTREAMS"))
    for provider in catalogue().values():
        if provider.endpoint and (provider.local or provider.id == LOCAL_MODEL):
            doors |= _doors(provider.endpoint)
    return frozenset(doors)


def _doors(endpoint: Endpoint) -> set[tuple[str, int]]:
    """The exact pair; this machine goes by all of its names."""
    names = _LOOPBACK if endpoint.host in _LOOPBACK else {endpoint.host}
    return {(name, endpoint.port) for name in names}


_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
