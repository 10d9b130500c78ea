"""The way out through an HTTP proxy, when who runs the playground has set one.

Always a tunnel (CONNECT, RFC 9110, 9.3.6), for `http` too: the request goes through it as it would go
without, and an answer of the proxy is never taken for the provider's.
"""

import base64
import socket
from http.client import HTTPException, HTTPResponse

from playground.config_types import Proxy


class ProxyError(Exception):
    """The proxy gives no tunnel. Why is not passed on: it may tell what there is inside."""


def tunnel(sock: socket.socket, proxy: Proxy, host: str, port: int) -> socket.socket:
    """The same socket, now connected to the host. Raises `OSError` or `ProxyError`, and closes it then."""
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
