"""gunicorn as configured, and a browser's connection to it as a bare socket."""

import codecs
import http.client
import json
import re
import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

import pytest
import requests

from tests.site import Site, manage, migrate, serving
from tests.upstreams.scripted import ScriptedUpstream, completion

FORM = {
    "provider": "test",
    "base_url": "",
    "model": "m",
    "role": "user",
    "content": "Hello!",
    "tool_call_id": "",
    "extra": "",
}


@pytest.fixture(scope="session")
def static_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("served")


@pytest.fixture(scope="module")
def provider_server() -> Iterator[ScriptedUpstream]:
    """The provider `test` of all sites in a module."""
    with ScriptedUpstream() as server:
        yield server


@pytest.fixture
def upstream(provider_server: ScriptedUpstream) -> ScriptedUpstream:
    provider_server.forget()
    provider_server.reply(completion())
    return provider_server


@pytest.fixture
def serve(static_folder: Path, provider_server: ScriptedUpstream) -> Iterator[Callable[..., Site]]:
    """Return a function that starts a site for this test only: `serve(PLAYGROUND_THREADS="10")`."""
    with ExitStack() as stack:
        yield lambda **environment: stack.enter_context(
            serving(static_folder, provider_server.host_port, **environment)
        )


@pytest.fixture(scope="module")
def share(static_folder: Path, provider_server: ScriptedUpstream) -> Iterator[Callable[..., Site]]:
    """Return a function that gives the module's one site with these settings: a start takes a second."""
    sites: dict[frozenset[tuple[str, str]], Site] = {}
    with ExitStack() as stack:

        def share_(**environment: str) -> Site:
            settings = frozenset(environment.items())
            if settings not in sites:
                running = serving(static_folder, provider_server.host_port, **environment)
                sites[settings] = stack.enter_context(running)
            return sites[settings]

        yield share_


EMBED_REQUEST = {"model": "m", "messages": [{"role": "user", "content": "Hello!"}], "max_tokens": 50}


@pytest.fixture(scope="session")
def made_database(static_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the embed `hello` for the provider `test`. Tests copy it."""
    database = tmp_path_factory.mktemp("made") / "embeds.sqlite3"
    embed = ["embed", "hello", "--origin=https://docs.example.org", "--provider=test", "--key=server"]
    embed += ["--request", json.dumps(EMBED_REQUEST)]
    migrate(static_folder, "127.0.0.1:1", PLAYGROUND_DATABASE=str(database))
    manage(static_folder, "127.0.0.1:1", *embed, PLAYGROUND_DATABASE=str(database))
    return database


@dataclass
class Tab:
    """One browser tab: its cookie, and a connection for each request."""

    site: Site
    session: requests.Session = field(default_factory=requests.Session)
    streams: list["OpenStream"] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.session.get(self.site.address, timeout=60).raise_for_status()

    @property
    def token(self) -> str:
        return self.session.cookies["csrftoken"]

    def open(self, *, receive_buffer: int = 0, **changes: str) -> "OpenStream":
        """Send the form with `stream` on, and return the connection once the response's head has arrived."""
        connection = http.client.HTTPConnection("127.0.0.1", self.site.port, timeout=60)
        connection.connect()
        if receive_buffer:
            connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        connection.request(
            "POST",
            "/send/",
            urlencode(FORM | {"stream": "on", "include_usage": "on"} | changes),
            {
                "Content-Type": "application/x-www-form-urlencoded",
                "Cookie": f"csrftoken={self.token}",
                "X-CSRFToken": self.token,
                "HX-Request": "true",
                "Accept": "text/html, text/event-stream",
            },
        )
        self.streams.append(OpenStream(connection, connection.getresponse()))
        return self.streams[-1]

    def close(self) -> None:
        self.session.close()
        for stream in self.streams:
            stream.response.close()
            stream.connection.close()

    def stop(self, stream: "OpenStream") -> int:
        answer = self.session.post(
            f"{self.site.address}stop/",
            {"number": stream.number},
            headers={"X-CSRFToken": self.token},
            timeout=60,
        )
        return answer.status_code

    def send(self, **changes: str) -> requests.Response:
        headers = {"X-CSRFToken": self.token, "HX-Request": "true", "Accept": "text/html"}
        return self.session.post(f"{self.site.address}send/", FORM | changes, headers=headers, timeout=60)


@dataclass
class OpenStream:
    """A streamed response as it arrives."""

    connection: http.client.HTTPConnection
    response: http.client.HTTPResponse
    seen: str = ""
    # A read may end within a character.
    decoder: codecs.IncrementalDecoder = field(default_factory=codecs.getincrementaldecoder("utf-8"))

    def read(self) -> str:
        """Return what came next: part of an event, one, or several; "" at the end."""
        while data := self.response.read1(65_536):
            if text := self.decoder.decode(data):
                self.seen += text
                return text
        return ""

    def until(self, words: str) -> str:
        """Return everything so far as soon as it contains `words`."""
        while words not in self.seen:
            assert self.read(), f"the stream ended without {words!r}: {self.seen[-3000:]}"
        return self.seen

    def rest(self) -> str:
        while self.read():
            pass
        return self.seen

    @property
    def number(self) -> str:
        found = re.search(r'data-live="([^"]+)"', self.until("data-live="))
        assert found
        return found[1]

    def leave(self, *, reset: bool = False) -> None:
        """Close the connection: with a FIN, or with a RST as a failing network does."""
        sock = self.connection.sock or self.response.fp.raw._sock  # type: ignore[attr-defined]
        if reset:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.response.close()
        else:
            sock.shutdown(socket.SHUT_RDWR)
        self.connection.close()


@pytest.fixture
def open_tab() -> Iterator[Callable[[Site], Tab]]:
    with ExitStack() as stack:

        def open_(site: Site) -> Tab:
            tab = Tab(site)
            stack.callback(tab.close)
            return tab

        yield open_


def eventually(check: Callable[[], bool], seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if check():
            return True
        time.sleep(0.01)
    return check()
