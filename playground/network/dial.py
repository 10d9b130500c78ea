"""Open the socket to a provider: the only place that does, so that only what was checked is dialled.

Caps and rates were checked for the endpoint, and `egress` checks the addresses of its host. Both are compared
with the socket: with the host it is opened for, and with its peer.
"""

import socket
import time
from ipaddress import IPv4Address, IPv6Address, ip_address

from django.conf import settings

from playground.exchange.failure import FailureKind
from playground.network import egress, proxy
from playground.network.public import shown_host
from playground.text.endpoint import Endpoint


class ConnectError(Exception):
    """There is no connection: `kind` says why, and the text is the operating system's."""

    def __init__(self, kind: FailureKind, detail: str = "") -> None:
        super().__init__(detail)
        self.kind = kind


def dial(endpoint: Endpoint, asked: tuple[str, int], timeout: float) -> socket.socket:
    """Open a socket to the endpoint, through the proxy if one is set.

    `timeout`, in seconds, is shared by all addresses that are tried. `asked` is the host and port that the
    library above was about to call. Raises `ConnectError` and `egress.AddressRefusedError`.
    """
    # Caps and rates were checked for this endpoint, so nothing else is called, whatever a library made of it.
    host, port = endpoint.host, endpoint.port
    if asked != (host, port):
        raise _not_judged(*asked)
    deadline = time.monotonic() + timeout
    way_out = settings.CONFIG.egress_proxy
    if way_out is None or egress.is_private_upstream(host, port):
        addresses = _checked(endpoint)
        sock = _open(addresses, port, deadline)
        _check_peer(sock, addresses, port)
    else:
        try:
            sock = proxy.tunnel(_open([way_out.host], way_out.port, deadline), way_out, host, port)
        except (OSError, ConnectError, proxy.ProxyError) as error:
            raise ConnectError(FailureKind.PROXY) from error
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


def _checked(endpoint: Endpoint) -> list[str]:
    try:
        return egress.addresses(endpoint.host, endpoint.port)
    except egress.UnknownHostError as error:
        raise ConnectError(FailureKind.UNKNOWN_HOST) from error
    except egress.AddressRefusedError as error:
        if not endpoint.public:
            raise
        raise egress.AddressRefusedError(error.rule, shown_host(endpoint), error.port, error.ports) from None


def _open(addresses: list[str], port: int, deadline: float) -> socket.socket:
    """Return a socket to the first address that answers."""
    for position, address in enumerate(addresses):
        share = (deadline - time.monotonic()) / (len(addresses) - position)
        try:
            return socket.create_connection((address, port), timeout=max(share, 0.001))
        except OSError as error:
            failed = error
    raise ConnectError(_kind(failed), failed.strerror or "") from failed


def _check_peer(sock: socket.socket, addresses: list[str], port: int) -> None:
    """Raise `AddressRefusedError`, and close the socket, if its peer is not a checked address."""
    try:
        peer, peer_port = sock.getpeername()[:2]
    except OSError:  # the peer has left already
        return
    if peer_port != port or _number(peer) not in map(_number, addresses):
        sock.close()
        raise _not_judged(peer, peer_port)


def _number(address: str) -> IPv4Address | IPv6Address:
    return ip_address(address.partition("%")[0])


def _not_judged(host: str, port: int) -> egress.AddressRefusedError:
    return egress.AddressRefusedError(egress.Rule.ADDRESS, host, port)


def _kind(error: OSError) -> FailureKind:
    match error:
        case TimeoutError():
            return FailureKind.CONNECT_TIMEOUT
        case ConnectionRefusedError():
            return FailureKind.REFUSED
    return FailureKind.UNREACHABLE
