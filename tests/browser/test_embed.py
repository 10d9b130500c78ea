"""The frame in a page of another site, in a real browser with scripts turned off."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler

import pytest
from playwright.sync_api import Browser, BrowserContext, Frame, Page

from tests.browser.conftest import Complaints
from tests.browser.host import Server
from tests.site import manage_all, migrate, serving
from tests.upstreams.scripted import ScriptedUpstream, completion

REQUEST = {"model": "m", "messages": [{"role": "user", "content": "Hello!"}], "max_tokens": 50}

PASSWORD = "a long password of an author"


class _Docs(BaseHTTPRequestHandler):
    frame = ""

    def do_GET(self) -> None:
        page = (
            f'<!doctype html><title>Docs</title><iframe src="{self.frame}" width="900" height="900"></iframe>'
        )
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        if self.path == "/isolated":
            self.send_header("Cross-Origin-Embedder-Policy", "require-corp")
            self.send_header("Cross-Origin-Opener-Policy", "same-origin")
        self.end_headers()
        self.wfile.write(page.encode())

    def log_message(self, *values: object) -> None:
        """Log nothing."""


@dataclass(frozen=True)
class Docs:
    """An author's site on `localhost`; to a browser, the playground on 127.0.0.1 is another site."""

    port: int
    playground: str

    def open(self, context: BrowserContext, path: str = "/", host: str = "localhost") -> Page:
        page = context.new_page()
        page.goto(f"http://{host}:{self.port}{path}")
        return page


@pytest.fixture(scope="module")
def docs(provider_server: ScriptedUpstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Docs]:
    folder = tmp_path_factory.mktemp("embeds")
    database = {"PLAYGROUND_DATABASE": str(folder / "embeds.sqlite3")}
    server = Server(("127.0.0.1", 0), _Docs)
    port = server.server_address[1]
    options = ["--origin", f"http://localhost:{port}", "--provider", "test", "--request", json.dumps(REQUEST)]
    author = ["createsuperuser", "--noinput", "--username=author", "--email=author@example.org"]
    migrate(folder, provider_server.host_port, **database)
    manage_all(
        folder,
        provider_server.host_port,
        ["embed", "hello", *options, "--key=server", "--lock=model"],
        [*author, "--verbosity=0"],
        DJANGO_SUPERUSER_PASSWORD=PASSWORD,
        **database,
    )
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    with serving(folder, provider_server.host_port, **database) as site:
        _Docs.frame = f"{site.address}embed/?embed=hello&theme=dark"
        yield Docs(port, site.address)
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def no_scripts(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(java_script_enabled=False)
    yield context
    context.close()


def _frame(page: Page) -> Frame:
    """Return the only frame of a page once it has loaded."""
    page.wait_for_load_state("networkidle")
    return page.frames[1]


@pytest.mark.parametrize("path", ["/", "/isolated"])
def test_a_reader_sends_and_sends_again(
    docs: Docs, no_scripts: BrowserContext, upstream: ScriptedUpstream, path: str
) -> None:
    frame = _frame(docs.open(no_scripts, path))

    upstream.reply(completion("First answer"))
    frame.get_by_role("button", name="Send").click()
    frame.get_by_text("First answer", exact=True).wait_for()
    upstream.reply(completion("Second answer"))
    frame.get_by_label("Content of message 1").fill("And now?")
    frame.get_by_role("button", name="Send").click()
    frame.get_by_text("Second answer", exact=True).wait_for()

    assert [request.json["messages"][0]["content"] for request in upstream.requests] == ["Hello!", "And now?"]
    assert frame.get_by_label("Content of message 1").input_value() == "And now?"
    assert no_scripts.cookies() == []


def test_a_page_that_the_record_does_not_name_gets_nothing(docs: Docs, no_scripts: BrowserContext) -> None:
    page = docs.open(no_scripts, host="127.0.0.1")

    assert "embed_token" not in _frame(page).content()


def test_scripts_of_the_page_around_cannot_send_for_the_reader(
    docs: Docs, browser: Browser, upstream: ScriptedUpstream
) -> None:
    context = browser.new_context()
    page = docs.open(context)
    _frame(page)

    status = page.evaluate(
        """async ([address, request]) => {
            const body = new URLSearchParams({embed: "hello", ...request});
            return (await fetch(`${address}embed/send/`, {method: "POST", mode: "no-cors", body})).type;
        }""",
        [docs.playground, {"model": "m", "role": "user", "content": "Hello!", "max_tokens": "50"}],
    )
    context.close()

    assert status == "opaque"
    assert upstream.requests == []


def test_the_admin_works_under_its_policy(docs: Docs, browser: Browser, upstream: ScriptedUpstream) -> None:
    context, complaints = browser.new_context(), Complaints()
    page = context.new_page()
    complaints.watch(page)
    upstream.reply(completion("Hello"))

    page.goto(f"{docs.playground}admin/embeds/embed/")
    page.get_by_label("Username:").fill("author")
    page.get_by_label("Password:").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("checkbox", name="Select this object for an action - hello").check()
    page.get_by_label("Action:").select_option("record_now")
    page.get_by_role("button", name="Go").click()
    page.get_by_text("“hello”: answer saved.").wait_for()
    page.set_viewport_size({"width": 1200, "height": 800})
    hidden = page.locator(".results").evaluate("results => results.scrollWidth - results.clientWidth")
    page.get_by_role("link", name="hello", exact=True).click()
    embed = page.url
    page.locator(".field-recordings a").click()
    page.get_by_text("200 · application/json").wait_for()
    page.locator("#result_list tbody a").first.click()
    page.get_by_text('"content": "Hello"').wait_for()
    page.goto(embed)
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("was changed successfully").wait_for()
    cookies = {cookie["name"]: (cookie["path"], cookie["sameSite"]) for cookie in context.cookies()}
    context.close()

    assert complaints.seen == []
    assert hidden == 0
    assert cookies == {"csrftoken": ("/", "Lax"), "sessionid": ("/admin/", "Strict")}
