"""Connect through an HTTP proxy, if the administrator has set one.

It is always a tunnel (CONNECT, RFC 9110, 9.3.6), for `http` too: the request is the same as without a proxy,
and the proxy's own response is never mistaken for the provider's.
"""

import base64
import socket
from http.client import HTTPException, HTTPResponse

from playground.config_types import Proxy


class ProxyError(Exception):
    """The proxy refused the tunnel. Its reason is not passed on: it may reveal the internal network."""


def tunnel(sock: socket.socket, proxy: Proxy, host: str, port: int) -> socket.socket:
    """Connect the socket to the host. Closes it and raises `OSError` or `ProxyError` on failure."""
    name = f"[{host}]" if ":" in host else host
    lines = [f"CONNECT {name}:{port} HTTP/1.1", f"Host: {name}:{port}"]
    if proxy.credentials:
        lines.append(f"Proxy-Authorization: Basic {base64.b64encode(proxy.credentials.encode()).decode()}")
    try:
        sock.sendall("\r\n".join([*lines, "", ""]).encode("ascii"))
        with HTTPResponse(sock, method="CONNECT") as answer:
            answer.begin()
            if not 200 <= answer.status < 300:
                raise ProxyError
    except (OSError, HTTPException, ProxyError) as error:
        sock.close()
        raise error if isinstance(error, OSError) else ProxyError from error
    return sock
