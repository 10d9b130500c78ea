"""The egress policy: which addresses calls may go to.

It is applied where the socket opens. The connection goes to one of the checked addresses, so a second DNS
lookup can't change it.
"""

import errno
import ipaddress
import socket
import time
from enum import Enum
from functools import lru_cache
from typing import NoReturn

from django.conf import settings

from playground.catalogue.providers import LOCAL_MODEL, read_catalogue
from playground.config import Config
from playground.exchange.refusal import FieldProblem, Refusal, RefusedError
from playground.text.endpoint import Endpoint
from playground.text.sentence import gettext_noop, say

# Errors for addresses that this system has no route or no protocol for.
_NO_WAY = (
    errno.EAFNOSUPPORT,
    errno.ENETUNREACH,
    errno.EHOSTUNREACH,
    errno.EADDRNOTAVAIL,
    errno.EACCES,
    errno.EPERM,
    errno.EINVAL,
)
# A refusal after a lookup is delayed to a multiple of this, so that its timing does not reveal the result.
REFUSAL_SECONDS = 0.25


class Rule(Enum):
    """Why an address was refused."""

    ADDRESS = "no public address"
    PORT = "a port that is not allowed"


class AddressRefusedError(RefusedError):
    """The policy does not allow this host. The error does not reveal whether it exists.

    `ports` are the allowed ones, if the port was the reason.
    """

    def __init__(self, rule: Rule, host: str, port: int, ports: tuple[int, ...] = ()) -> None:
        self.rule, self.host, self.port, self.ports = rule, host, port, ports
        if rule is Rule.PORT:
            sentence = say(_OTHER_PORTS, port=str(port), ports=tuple(map(str, ports)))
            advice = say(_ALLOW_PORTS)
        else:
            # Unknown names get the same text: callers must not learn which internal names exist.
            sentence, advice = say(_NO_PUBLIC_ADDRESS, host=host[:200]), say(_ALLOW_ADDRESS)
        problem = FieldProblem("base_url", sentence)
        super().__init__(Refusal(403, "address_refused", say(_ADDRESS_REFUSED), advice, (problem,)))

    def __str__(self) -> str:
        return f"{self.host}:{self.port}: {self.rule.value}"


_ADDRESS_REFUSED = gettext_noop("Address not allowed")
_OTHER_PORTS = gettext_noop("Port %(port)s isn’t allowed. Use %(ports)s.")
_ALLOW_PORTS = gettext_noop(
    "Change the port in the base URL. (Administrators can allow more ports in PLAYGROUND_PORTS.)"
)
_NO_PUBLIC_ADDRESS = gettext_noop(
    "“%(host)s” has no public address. It doesn’t exist, or it is in the server’s own network."
)
_ALLOW_ADDRESS = gettext_noop(
    "Check the spelling of the base URL. (Administrators can allow a host:port in "
    "PLAYGROUND_PRIVATE_UPSTREAMS.)"
)


class UnknownHostError(Exception):
    """The name has no address. Raised only for hosts in the provider list or PLAYGROUND_PRIVATE_UPSTREAMS."""


def addresses(host: str, port: int) -> list[str]:
    """Return the addresses to try, in order. Raises `AddressRefusedError` or `UnknownHostError`.

    One internal address refuses the whole name. A name without any address is refused too, unless it is in
    the provider list: callers must not learn which internal names exist.
    """
    if is_private_upstream(host, port):
        return _resolve(host, port)
    named = (host, port) in _catalogue_hosts(settings.CONFIG)
    ports = settings.CONFIG.ports
    if port not in ports and not named:
        raise AddressRefusedError(Rule.PORT, host, port, ports)
    started = time.monotonic()
    try:
        found = _resolve(host, port)
    except UnknownHostError:
        if named:
            raise
        _refuse(host, port, started)
    if not all(_is_public(address) and not _is_own(address, port) for address in found):
        _refuse(host, port, started)
    return found


def is_private_upstream(host: str, port: int) -> bool:
    """Whether this exact host and port is allowed, whatever address the name resolves to."""
    return (host, port) in _private_upstreams(settings.CONFIG)


def _refuse(host: str, port: int, started: float) -> NoReturn:
    if REFUSAL_SECONDS:
        time.sleep(REFUSAL_SECONDS - (time.monotonic() - started) % REFUSAL_SECONDS)
    raise AddressRefusedError(Rule.ADDRESS, host, port) from None


def _resolve(host: str, port: int) -> list[str]:
    try:
        answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise UnknownHostError(host) from error
    return list(dict.fromkeys(str(answer[4][0]) for answer in answers))


def _is_public(address: str) -> bool:
    """Whether the address is public unicast, including IPv4 embedded in IPv6."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv4Address):
        return not any(ip in network for network in _NOT_PUBLIC)
    # An ISATAP router would forward it to the IPv4 address in its interface identifier (RFC 5214, 6.1).
    if int(ip) >> 32 & 0xFDFFFFFF == 0x5EFE and not _is_public(_last_four_bytes(ip)):
        return False
    if ip.ipv4_mapped:
        return _is_public(str(ip.ipv4_mapped))
    if ip in _NAT64:
        return _is_public(_last_four_bytes(ip))
    if ip.sixtofour:
        return _is_public(str(ip.sixtofour))
    return ip in _UNICAST and not any(ip in network for network in _NOT_PUBLIC_V6)


def _is_own(address: str, port: int) -> bool:
    """Whether the address is this machine's: a packet to it would leave from it. No packet is sent."""
    try:
        with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect((address, port))
            source: str = probe.getsockname()[0]
    except OSError as error:
        if error.errno in _NO_WAY:
            return False
        raise
    return ipaddress.ip_address(source) == ipaddress.ip_address(address)


def _last_four_bytes(ip: ipaddress.IPv6Address) -> str:
    return str(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF))


def _networks(*texts: str) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    return tuple(map(ipaddress.ip_network, texts))


# IANA's special-purpose registries (RFC 6890), spelled out because Python's own tables differ between
# releases. 192.0.0.0/24 has Oracle's metadata service, 100.64.0.0/10 Alibaba's, 169.254.0.0/16 most others'.
_NOT_PUBLIC = _networks(
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "161.26.0.0/16",  # IBM Cloud's internal services
    "166.8.0.0/14",  # more of IBM Cloud's
    "168.63.129.16/32",  # Azure's platform: a public number that answers only inside
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.88.99.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/3",  # multicast, reserved and broadcast
)
# All unicast space that was ever allocated is in 2000::/3. The rest (loopback, fc00::/7, fe80::/10,
# fec0::/10, multicast, 64:ff9b:1::/48, IPv4-compatible addresses) is not public.
_UNICAST = ipaddress.ip_network("2000::/3")
_NOT_PUBLIC_V6 = _networks(
    "2001::/23",  # Teredo, benchmarking, ORCHID and other protocols
    "2001:db8::/32",
    "3fff::/20",
)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


@lru_cache(maxsize=4)
def _private_upstreams(settled: Config) -> frozenset[tuple[str, int]]:
    allowed = set(settled.private_upstreams)
    for provider in read_catalogue(settled).values():
        if provider.local or provider.id == LOCAL_MODEL:
            allowed.update(*map(_names, provider.endpoints.values()))
    return frozenset(allowed)


@lru_cache(maxsize=4)
def _catalogue_hosts(settled: Config) -> frozenset[tuple[str, int]]:
    providers = read_catalogue(settled).values()
    endpoints = (endpoint for provider in providers for endpoint in provider.endpoints.values())
    return frozenset((endpoint.host, endpoint.port) for endpoint in endpoints)


def _names(endpoint: Endpoint) -> set[tuple[str, int]]:
    """Return the exact pair; for a loopback host, one pair for each of its names."""
    names = LOOPBACK if endpoint.host in LOOPBACK else {endpoint.host}
    return {(name, endpoint.port) for name in names}


LOOPBACK = {"localhost", "127.0.0.1", "::1"}
