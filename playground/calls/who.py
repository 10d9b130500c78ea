"""Who calls: the address behind trusted proxies, and a pseudonym that does not reveal it."""

import ipaddress
from functools import cache

from django.conf import settings
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from playground.config_types import UNIX

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# An IPv6 subscriber has at least a /64, and can use any address in it (RFC 6177).
_IPV6_PREFIX = 64


def address_of(request: HttpRequest) -> str:
    """Return the visitor's IPv4 address or IPv6 /64 network; "" on a Unix socket without either.

    Reads `X-Forwarded-For` from its end, as far as proxies of PLAYGROUND_TRUSTED_PROXIES wrote the entries:
    the visitor can have made up everything before them.
    """
    trusted = settings.CONFIG.trusted_proxies
    address = _address(request.META.get("REMOTE_ADDR", ""))
    known = address is not None or UNIX in trusted
    for entry in reversed(request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")):
        if not known or (address is not None and not _is_trusted(address, trusted)):
            break
        if (named := _address(entry)) is None:
            break  # not an address: only the proxy that wrote the entry is known
        address = named
    return _network(address) if address else ""


def is_from_proxy(request: HttpRequest) -> bool:
    """Whether a proxy of PLAYGROUND_TRUSTED_PROXIES has sent this request."""
    trusted, address = settings.CONFIG.trusted_proxies, _address(request.META.get("REMOTE_ADDR", ""))
    return UNIX in trusted if address is None else _is_trusted(address, trusted)


def pseudonym_of(request: HttpRequest) -> str:
    """Return a pseudonym for the visitor's address, stable until the secret key changes."""
    return salted_hmac("playground.log", address_of(request)).hexdigest()[:12]


def _address(text: str) -> Address | None:
    """Parse `192.0.2.1`, `192.0.2.1:8080`, `2001:db8::1` or `[2001:db8::1]:8080`, as proxies write it."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _is_trusted(address: Address, trusted: frozenset[str]) -> bool:
    return any(address in network for network in _networks(trusted))


@cache
def _networks(trusted: frozenset[str]) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(name) for name in trusted if name != UNIX)


def _network(address: Address) -> str:
    if address.version == 4:
        return str(address)
    return str(ipaddress.ip_network((address, _IPV6_PREFIX), strict=False))
