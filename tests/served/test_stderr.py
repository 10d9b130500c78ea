"""What gunicorn, Django and the libraries write to stderr: what failed and where, but no content."""

import json
import re
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.served.conftest import Tab, eventually
from tests.site import Site, serving
from tests.upstreams.scripted import ScriptedUpstream, completion_body

CANARY = "canary4711"
QUERY = f"?request=%7B{CANARY}%7D"
HEADERS = f"Host: 127.0.0.1\r\nCookie: a={CANARY}\r\nReferer: http://x/{QUERY}\r\nX-Key: {CANARY}\r\n"


@pytest.fixture(scope="module")
def provider() -> Iterator[ScriptedUpstream]:
    with ScriptedUpstream() as server:
        yield server


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("stderr") / "log"


@pytest.fixture(scope="module", params=["0", "1"], ids=["", "debug"])
def site(
    request: pytest.FixtureRequest, static_folder: Path, provider: ScriptedUpstream, log: Path
) -> Iterator[Site]:
    with (
        log.open("wb") as file,
        serving(
            static_folder,
            provider.host_port,
            stderr=file,
            TEST_URLS="tests.served.failing_urls",
            PLAYGROUND_HTTPS="0",
            PLAYGROUND_DEBUG=request.param,
        ) as running,
    ):
        yield running


def _exchange(site: Site, data: str) -> str:
    with socket.create_connection(("127.0.0.1", site.port), timeout=20) as connection:
        connection.sendall(data.encode())
        answer = b""
        while piece := connection.recv(65_536):
            answer += piece
        return answer.decode()


def _written(log: Path, since: int, *words: str) -> str:
    """Return what was written since, once it contains all of `words`."""

    def text() -> str:
        return log.read_text()[since:]

    assert eventually(lambda: all(word in text() for word in words)), text()
    return text()


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (f"GET /{QUERY} HTTP/1.1 {CANARY}\r\n\r\n", "InvalidHTTPVersion"),
        (f"GET /{QUERY} HTTP/9{CANARY}\r\n\r\n", "InvalidHTTPVersion"),
        (f"{CANARY}\r\n\r\n", "InvalidRequestLine"),
        (f"get{CANARY} / HTTP/1.1\r\n\r\n", "InvalidRequestMethod"),
        (f"GET / HTTP/1.1\r\nAuthorization Bearer {CANARY}\r\n\r\n", "InvalidHeader"),
        (f"GET / HTTP/1.1\r\nA: b\x00{CANARY}\r\n\r\n", "InvalidHeader"),
        (f"GET / HTTP/1.1\r\nA {CANARY}: b\r\n\r\n", "InvalidHeaderName"),
        (f"GET / HTTP/1.1\r\nA: b\r\n {CANARY}\r\n\r\n", "ObsoleteFolding"),
        (f"GET / HTTP/1.1\r\nTransfer-Encoding: {CANARY}\r\n\r\n", "UnsupportedTransferCoding"),
        (f"GET / HTTP/1.1\r\n{HEADERS}Expect: {CANARY}\r\n\r\n", "ExpectationFailed"),
        (f"GET /?{CANARY * 900} HTTP/1.1\r\n{HEADERS}\r\n", "LimitRequestLine"),
        (f"GET / HTTP/1.1\r\n{f'{CANARY}: {CANARY}' * 900}\r\n\r\n", "LimitRequestHeaders"),
    ],
)
def test_an_unreadable_request_is_not_quoted(site: Site, log: Path, data: str, kind: str) -> None:
    before = log.stat().st_size

    head, _, body = _exchange(site, data).partition("\r\n\r\n")

    assert re.match("HTTP/1.1 (4..|501) ", head)
    assert "\r\nCache-Control: no-store\r\n" in head
    assert "\r\nContent-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n" in head
    assert f"\r\nContent-Length: {len(body)}" in head
    assert CANARY not in _written(log, before, "Invalid request from ip=127.0.0.1", f"errors.{kind}")


@pytest.mark.parametrize(
    ("path", "words"),
    [
        (
            "view/",
            ["500 GET /view/", "failing_urls.SomeError", "LookupError", "failing_urls.py", "in _fail"],
        ),
        ("unreadable/", ["400 GET /unreadable/", "exceptions.BadRequest", "failing_urls.py"]),
        ("midway/", ["Error handling request", "failing_urls.SomeError", "LookupError", "failing_urls.py"]),
        ("header/", ["Error handling request GET /header/?…", "errors.InvalidResponseHeader", "wsgi.py"]),
        ("thread/", ["A thread ended", "failing_urls.SomeError", "LookupError", "failing_urls.py"]),
        ("nowhere/", ["404 GET /nowhere/"]),
    ],
)
def test_a_failure_is_logged_without_content(site: Site, log: Path, path: str, words: list[str]) -> None:
    before = log.stat().st_size

    answer = _exchange(site, f"GET /{path}{QUERY} HTTP/1.1\r\n{HEADERS}Connection: close\r\n\r\n")

    assert CANARY not in _written(log, before, *words)
    assert CANARY not in answer


def test_a_host_that_is_not_ours_is_not_quoted(site: Site, log: Path) -> None:
    before = log.stat().st_size

    _exchange(site, f"GET /{QUERY} HTTP/1.1\r\nHost: {CANARY}.example\r\nConnection: close\r\n\r\n")

    written = _written(log, before, "400 GET / (DisallowedHost)")
    assert CANARY not in written
    assert len(written.splitlines()) == 1


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ("", "CSRF cookie not set."),
        (f"Origin: http://{CANARY}.example\r\n", "Origin checking failed"),
        # As a proxy on this machine describes a request that came over TLS.
        (f"X-Forwarded-Proto: https\r\nReferer: https://x.example/{QUERY}\r\n", "Referer checking failed"),
    ],
)
def test_a_forged_request_is_logged_without_its_origin(
    site: Site, log: Path, headers: str, reason: str
) -> None:
    before = log.stat().st_size
    body = f"api_key={CANARY}&content={CANARY}"

    _exchange(
        site,
        f"POST /send/ HTTP/1.1\r\nHost: 127.0.0.1\r\n{headers}Connection: close\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n{body}",
    )

    assert CANARY not in _written(log, before, f"403 POST /send/ ({reason}")


def test_a_providers_broken_headers_are_not_quoted(
    site: Site, log: Path, provider: ScriptedUpstream, open_tab: Callable[[Site], Tab]
) -> None:
    before = log.stat().st_size
    body = json.dumps(completion_body(CANARY))
    provider.reply(f"HTTP/1.1 200 OK\r\nA: b\r\nno header {CANARY}\r\nC: d\r\n\r\n{body}".encode())

    answer = open_tab(site).send(content=CANARY)

    assert answer.status_code == 200
    assert CANARY not in _written(log, before, '"status": 200')
