"""An HTTP proxy of the tests' own: tunnels where it is told to, and refuses the rest."""

import select
import socket
import socketserver
import threading
from types import TracebackType
from typing import Self


class _Handler(socketserver.StreamRequestHandler):
    server: "_Server"

    def handle(self) -> None:
        first = self.rfile.readline().decode()
        headers = []
        while line := self.rfile.readline().strip():
            headers.append(line.decode())
        self.server.asked.append((first.strip(), headers))
        target = self.server.tunnels.get(first.split(" ")[1])
        if target is None:
            self.wfile.write(
                b"HTTP/1.1 407 Request Rejected\r\nX-Why: resolved to 10.0.0.5\r\n\r\nsecret\r\n"
            )
            return
        with socket.create_connection(target) as other:
            self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            _pass_on(self.connection, other)


def _pass_on(one: socket.socket, other: socket.socket) -> None:
    while True:
        for ready in select.select([one, other], [], [])[0]:
            data = ready.recv(65_536)
            if not data:
                return
            (other if ready is one else one).sendall(data)


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    tunnels: dict[str, tuple[str, int]]
    asked: list[tuple[str, list[str]]]


class ConnectProxy:
    """`with ConnectProxy({"api.example:80": ("127.0.0.1", 8080)}) as proxy:`"""

    def __init__(self, tunnels: dict[str, tuple[str, int]]) -> None:
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.tunnels = tunnels
        self._server.asked = []
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def host_port(self) -> str:
        return f"127.0.0.1:{self._server.server_address[1]}"

    @property
    def asked(self) -> list[tuple[str, list[str]]]:
        """The first line and the headers of each request."""
        return self._server.asked

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
