"""A fake DNS resolver: names under `.test`, with the answers that a test defines."""

import json
import os
import socket
from itertools import count
from typing import Any

_real = socket.getaddrinfo


def install() -> None:
    """Resolve from `TEST_ZONE`: `{"a.test": [["10.0.0.1"], ["127.0.0.1"]]}` has an answer for each lookup.

    After the last one it starts over; an empty answer means that the name does not exist.
    """
    zone: dict[str, list[list[str]]] = json.loads(os.environ.get("TEST_ZONE", "{}"))
    asked = {name: count() for name in zone}

    def resolve(host: Any, port: Any, *rest: Any, **options: Any) -> Any:
        if not str(host).rstrip(".").endswith(".test"):
            return _real(host, port, *rest, **options)
        answers = zone.get(host, [[]])
        addresses = answers[next(asked[host]) % len(answers)] if host in zone else []
        if not addresses:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [answer for address in addresses for answer in _real(address, port, *rest, **options)]

    socket.getaddrinfo = resolve
