"""A real Chromium on the real page, served by gunicorn as configured."""

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from playground.upstream.local_model.supervisor import Supervisor
from tests.site import manage, migrate, serving
from tests.upstreams.scripted import ScriptedUpstream, completion

# Without these, Chromium asks Google's servers for updates at every start.
QUIET = [
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-gpu",
    # Block third-party cookies: a frame in a page of another site gets none.
    "--test-third-party-cookie-phaseout",
    # The headless shell, unlike other browsers, would run a frame of another site in the page's process.
    "--site-per-process",
    # Do not start a renderer in advance for a page that no test opens; sites still get their own.
    "--renderer-process-limit=1",
]

# A real model answers in a second or two, or later on a busy machine.
expect.set_options(timeout=20_000)


@pytest.fixture(scope="session")
def provider_server() -> Iterator[ScriptedUpstream]:
    """Serve the provider `test` of the page."""
    with ScriptedUpstream() as server:
        yield server


@pytest.fixture
def upstream(provider_server: ScriptedUpstream) -> ScriptedUpstream:
    provider_server.requests.clear()
    provider_server.reply(completion())
    return provider_server


@pytest.fixture(scope="session")
def address(
    running_model: Supervisor, provider_server: ScriptedUpstream, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Serve the page by gunicorn, with the local model, a scripted provider and hashed static files."""
    model = {"PLAYGROUND_LOCAL_MODEL_URL": running_model.url, "LOCAL_API_KEY": running_model.key}
    with serving(tmp_path_factory.mktemp("site"), provider_server.host_port, **model) as site:
        yield site.address


@dataclass(frozen=True)
class Bare:
    """A playground without the local model, for pages of other sites, and its `manage.py`."""

    address: str
    manage: Callable[..., None]


@pytest.fixture(scope="session")
def bare(provider_server: ScriptedUpstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bare]:
    folder, upstream = tmp_path_factory.mktemp("bare"), provider_server.host_port
    database = {"PLAYGROUND_DATABASE": str(folder / "embeds.sqlite3")}
    migrate(folder, upstream, **database)
    with serving(folder, upstream, **database) as site:
        yield Bare(site.address, partial(manage, folder, upstream, **database))


@pytest.fixture(scope="session")
def bare_address(bare: Bare) -> str:
    return bare.address


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        # Chromium's sandbox does not work for root. The page under test is our own.
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        chromium = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium-headless-shell"),
            args=[*QUIET, *sandbox],
        )
        yield chromium
        chromium.close()


@dataclass
class Complaints:
    """What the browser complained about, except the 4xx of a refusal and the 502 of a proxy.

    `told` has the messages that the playground writes to the console for authors.
    """

    seen: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    def watch(self, page: Page) -> None:
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.seen.append(f"error: {error}"))
        page.on("dialog", lambda dialog: self.seen.append(f"dialog: {dialog.message}"))

    def _console(self, message: ConsoleMessage) -> None:
        expected = re.search("the server responded with a status of (4|502)", message.text)
        if message.text.startswith("API Playground:"):
            self.told.append(message.text)
        elif message.type in ("error", "warning") and not expected:
            self.seen.append(f"{message.type}: {message.text}")


Open = Callable[..., Page]


def clipboard(page: Page) -> str:
    """Read the clipboard from a page of another site, because ours may only write it."""
    other = page.context.new_page()
    other.route("**", lambda route: route.fulfill(body=""))
    other.goto("https://reader.example/")
    text = other.evaluate("navigator.clipboard.readText()")
    other.close()
    return str(text)


@pytest.fixture
def open_page(browser: Browser, address: str, upstream: ScriptedUpstream) -> Iterator[Open]:
    """Open the page in a fresh profile: `open_page("?provider=test", width=360, color_scheme="dark")`.

    The provider's reply is reset for each test. The test fails if a script failed, a dialog opened, a policy
    was violated, or anything was loaded from another site.
    """
    complaints = Complaints()
    contexts: list[BrowserContext] = []
    elsewhere: list[str] = []

    def open_(
        query: str = "",
        *,
        width: int = 1440,
        height: int = 900,
        before: Callable[[Page], None] = lambda page: None,
        **options: Any,
    ) -> Page:
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        context.set_default_timeout(20_000)
        contexts.append(context)
        page = context.new_page()
        complaints.watch(page)
        page.on("request", lambda request: elsewhere.append(request.url))
        before(page)
        page.goto(address + query)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert complaints.seen == []
    assert [url for url in elsewhere if not url.startswith((address, "data:"))] == []
