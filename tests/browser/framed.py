"""A page of another site with frames of the playground, and what it hears from them."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import quote

from playwright.sync_api import Browser, FrameLocator, Page, expect

from tests.browser.conftest import Complaints
from tests.browser.host import Server
from tests.site import manage_all, migrate, serving
from tests.upstreams.scripted import ScriptedUpstream, completion

REQUEST = {"model": "m", "messages": [{"role": "user", "content": "Hello!"}], "max_tokens": 50}


# Records what the frame says.
HOST = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Docs</title><main><h1>Docs</h1>
<a href="#before">Before</a>
<iframe title="Example" src="{frame}" style="width: 100%; height: 500px; border: 0"></iframe>
<a href="#after">After</a></main>
<script>
  window.heard = [];
  addEventListener("message", (event) => heard.push([event.origin, event.data]));
</script>"""


# What an author writes in plain HTML. `/>` does not end the tag, which swallows what follows.
LOADED = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Docs</title>
<script src="{playground}embed.js" defer></script><main><h1>Docs</h1>
<api-playground embed="hello" request='{"messages": [{"role": "user", "content": "Asked here"}]}' />
<p>After it.</p></main>"""


# Two tags of one embed with different requests, the second too long for a URL.
LONG = "字" * 900


TAGS = [{"messages": [{"role": "user", "content": text}]} for text in ("One", LONG)]


TWO = (
    """<!doctype html><html lang="en"><meta charset="utf-8"><title>Docs</title>
<script src="{playground}embed.js" defer></script><main><h1>Docs</h1>"""
    + "".join(f"<api-playground embed='EMBED' request='{json.dumps(tag)}'></api-playground>" for tag in TAGS)
    + "</main>"
)


# A tag whose request is too long for a URL and has no recorded answer.
UNRECORDED = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Docs</title>
<script>window.heard = []; addEventListener("message", ({ data }) => heard.push(data.type));</script>
<script src="{playground}embed.js" defer></script><main><h1>Docs</h1>
<api-playground embed='off-with-answers' request='{request}'>
<a slot="fallback" href="#">Try it</a></api-playground>
</main>""".replace("{request}", json.dumps({"messages": [{"role": "user", "content": "页" * 900}]}))


class _Host(BaseHTTPRequestHandler):
    playground = ""

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        page = HOST.replace("{frame}", f"{self.playground}embed/?{query}")
        if path == "/loaded":
            page = LOADED.replace("{playground}", self.playground)
        if path == "/unrecorded":
            page = UNRECORDED.replace("{playground}", self.playground)
        if path == "/two":
            page = TWO.replace("{playground}", self.playground).replace("EMBED", query[6:] or "two")
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(page.encode())

    def log_message(self, *values: object) -> None:
        """Log nothing."""


@dataclass(frozen=True)
class Hosted:
    """A page on `localhost` with a frame of the playground, which to a browser is another site."""

    page: Page
    origin: str
    frame: FrameLocator
    told: list[str]

    def say(self, **message: object) -> None:
        self.page.evaluate("data => frames[0].postMessage(data, '*')", {"from": "api-playground", **message})

    def height(self) -> int:
        """Return the height that the frame said last; on a busy machine, the first one can take a while."""
        told = "heard.findLast(([, { type }]) => type === 'height')"
        height: int = self.page.wait_for_function(told).evaluate("([, { height }]) => height")
        return height


Host = Callable[..., Hosted]


def served(provider_server: ScriptedUpstream, folder: Path) -> Iterator[tuple[str, str]]:
    """Serve a playground; yield its URL and the origin that its embeds allow."""
    database = {"PLAYGROUND_DATABASE": str(folder / "embeds.sqlite3")}
    server = Server(("127.0.0.1", 0), _Host)
    origin = f"http://localhost:{server.server_address[1]}"
    upstream = provider_server.host_port
    record = ["--origin", origin, "--provider", "test", "--request", json.dumps(REQUEST), "--key=server"]
    provider_server.reply(completion())  # the last test of another module may have left a silence
    migrate(folder, upstream, **database)
    manage_all(
        folder,
        upstream,
        ["embed", "hello", *record, "--lock=model"],
        ["embed", "fixed", *record, "--lock=model", "--lock=messages"],
        ["embed", "own-key", *record[:-1], "--key=reader"],
        ["embed", "off", *record, "--off"],
        ["embed", "off-with-its-answer", *record, "--record", "--off"],
        **database,
    )
    for tag, answer in zip(TAGS, ("Answer one", "Answer two"), strict=True):
        provider_server.reply(completion(answer))
        recording = [*record, "--record", json.dumps(tag)]
        embeds = [
            ["embed", "two", *recording, "--replay-only"],
            ["embed", "off-with-answers", *recording, "--off"],
        ]
        manage_all(folder, upstream, *embeds, **database)
    provider_server.requests.clear()
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    with serving(folder, upstream, **database) as site:
        _Host.playground = site.address
        yield site.address, origin
    server.shutdown()
    server.server_close()


def opening(browser: Browser, origin: str) -> Iterator[Host]:
    """Yield a function: `host("embed=hello", width=360)` opens a frame. Fails if the browser complains."""
    complaints, contexts = Complaints(), []

    def open_(query: str, *, width: int = 800, **options: object) -> Hosted:
        context = browser.new_context(viewport={"width": width, "height": 900}, **options)  # type: ignore[arg-type]
        context.set_default_timeout(20_000)
        contexts.append(context)
        page = context.new_page()
        complaints.watch(page)
        page.goto(f"{origin}/?{query}&host={quote(origin)}")
        page.wait_for_function("heard.some(([, data]) => data.type === 'ready')")
        return Hosted(page, origin, page.frame_locator("iframe"), complaints.told)

    yield open_
    for context in contexts:
        assert context.cookies() == []
        context.close()
    assert complaints.seen == []


def send(frame: FrameLocator, answer: str) -> None:
    frame.get_by_role("button", name="Send").click()
    expect(frame.locator("[data-part=answer-1]")).to_have_text(answer)
