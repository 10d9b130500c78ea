"""The frame in a page of another site, with scripts: calls, height, theme, and the link to the playground."""

import json
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, FrameLocator, Page, expect

from tests.browser.axe import COLOURS, assert_no_barrier, settle
from tests.browser.conftest import Complaints
from tests.browser.host import Server
from tests.site import manage_all, serving
from tests.upstreams.scripted import STREAM_HEAD, Paused, ScriptedUpstream, completion, json_answer, token

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

    def heights(self) -> list[int]:
        heard = self.page.evaluate("heard")
        return [data["height"] for _, data in heard if data["type"] == "height"]


Host = Callable[..., Hosted]


@pytest.fixture(scope="module")
def playground(
    provider_server: ScriptedUpstream, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, str]]:
    """Serve a playground; return its URL and the origin that its embeds allow."""
    folder = tmp_path_factory.mktemp("frames")
    database = {"PLAYGROUND_DATABASE": str(folder / "embeds.sqlite3")}
    server = Server(("127.0.0.1", 0), _Host)
    origin = f"http://localhost:{server.server_address[1]}"
    upstream = provider_server.host_port
    record = ["--origin", origin, "--provider", "test", "--request", json.dumps(REQUEST), "--key=server"]
    provider_server.reply(completion())  # the last test of another module may have left a silence
    manage_all(
        folder,
        upstream,
        ["migrate", "--verbosity=0"],
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


@pytest.fixture
def host(browser: Browser, playground: tuple[str, str], upstream: ScriptedUpstream) -> Iterator[Host]:
    """Open a page with a frame: `host("embed=hello", width=360)`. Fails if the browser complains."""
    complaints, contexts = Complaints(), []

    def open_(query: str, *, width: int = 800, **options: object) -> Hosted:
        context = browser.new_context(viewport={"width": width, "height": 900}, **options)  # type: ignore[arg-type]
        context.set_default_timeout(20_000)
        contexts.append(context)
        page = context.new_page()
        complaints.watch(page)
        _, origin = playground
        page.goto(f"{origin}/?{query}&host={quote(origin)}")
        page.wait_for_function("heard.some(([, data]) => data.type === 'ready')")
        return Hosted(page, origin, page.frame_locator("iframe"), complaints.told)

    yield open_
    for context in contexts:
        assert context.cookies() == []
        context.close()
    assert complaints.seen == []


def _send(frame: FrameLocator, answer: str) -> None:
    frame.get_by_role("button", name="Send").click()
    expect(frame.locator("[data-part=answer-1]")).to_have_text(answer)


def test_an_answer_joins_the_conversation_and_the_browser_complains_of_nothing(host: Host) -> None:
    frame = host("embed=hello").frame
    _send(frame, "Hello!")

    frame.get_by_role("button", name="Add to conversation").click()

    expect(frame.get_by_label("Content of message 3", exact=True)).to_be_focused()


def test_a_reader_sends_and_sends_again(host: Host, upstream: ScriptedUpstream) -> None:
    frame = host("embed=hello").frame

    upstream.reply(completion("First"))
    _send(frame, "First")
    upstream.reply(completion("Second"))
    frame.get_by_label("Content of message 1").fill("And now?")
    _send(frame, "Second")

    asked = [request.json["messages"][0]["content"] for request in upstream.requests]
    assert asked == ["Hello!", "And now?"]
    frame.get_by_role("tab", name="Raw JSON").click()
    expect(frame.locator("[data-part=raw-pretty]")).to_contain_text("Second")
    frame.get_by_role("tab", name="Code").click()
    expect(frame.locator("[data-part=code-python]")).to_contain_text("And now?")


def test_a_stream_grows_and_is_stopped_and_sent_again(host: Host, upstream: ScriptedUpstream) -> None:
    frame = host("embed=hello").frame
    paused = Paused(STREAM_HEAD + token("so far"))
    upstream.reply(paused)
    frame.get_by_label("stream", exact=True).check()
    frame.get_by_role("button", name="Send").click()
    expect(frame.locator("[data-part=live-text-0]")).to_have_text("so far")

    frame.get_by_role("button", name="Stop").click()

    expect(frame.locator("[data-part=answer-1]")).to_have_text("so far")
    assert paused.left.wait(5)
    upstream.reply(completion("again"))
    frame.get_by_label("stream", exact=True).uncheck()
    _send(frame, "again")


def test_a_send_that_was_stopped_before_its_answer_can_be_sent_again(
    host: Host, upstream: ScriptedUpstream
) -> None:
    """Its token is used up and no new one arrived: the refusal brings one."""
    frame = host("embed=hello").frame
    upstream.reply(Paused(b""))
    frame.get_by_role("button", name="Send").click()
    frame.get_by_role("button", name="Stop").click()
    expect(frame.get_by_role("heading", name="Stopped")).to_be_visible()

    upstream.reply(completion("again"))
    frame.get_by_role("button", name="Send").click()
    expect(frame.locator("[data-part=panel-answer]")).to_contain_text("Click “Send” again")
    _send(frame, "again")


def test_the_height_follows_what_is_in_it(host: Host, upstream: ScriptedUpstream) -> None:
    hosted = host("embed=hello")
    before = hosted.heights()[-1]

    upstream.reply(completion("line\n" * 60))
    hosted.frame.get_by_role("button", name="Send").click()
    expect(hosted.frame.locator("[data-part=answer-1]")).to_be_visible()
    hosted.page.wait_for_function("before => heard.at(-1)[1].height > before + 600", arg=before)
    upstream.reply(completion("short"))
    _send(hosted.frame, "short")

    hosted.page.wait_for_function("before => heard.at(-1)[1].height < before + 300", arg=before)
    assert {origin for origin, _ in hosted.page.evaluate("heard")} == {_Host.playground.rstrip("/")}


def test_the_height_does_not_depend_on_that_of_the_window(host: Host) -> None:
    """Otherwise the frame would grow each time the page applies its height."""
    hosted = host("embed=hello")
    before = hosted.heights()[-1]

    hosted.page.evaluate("document.querySelector('iframe').style.height = '3000px'")
    hosted.page.wait_for_timeout(300)

    assert hosted.heights()[-1] == before


def test_the_theme_is_the_hosts(host: Host) -> None:
    hosted = host("embed=hello&theme=dark")
    ground = "getComputedStyle(document.body).backgroundColor"
    frame = hosted.page.frames[1]
    assert frame.evaluate(ground) == "rgb(18, 22, 29)"

    hosted.say(type="theme", theme="light")
    frame.wait_for_function(f"{ground} === 'rgb(255, 255, 255)'")
    for nonsense in ("purple", None, {"light": 1}):
        hosted.say(type="theme", theme=nonsense)
    hosted.page.wait_for_timeout(100)

    assert frame.evaluate(ground) == "rgb(255, 255, 255)"


def test_only_the_page_around_is_listened_to(host: Host) -> None:
    hosted = host("embed=hello&theme=dark")
    frame = hosted.page.frames[1]

    frame.evaluate("postMessage({from: 'api-playground', type: 'theme', theme: 'light'}, '*')")
    hosted.page.evaluate("frames[0].postMessage({type: 'theme', theme: 'light'}, '*')")
    hosted.page.wait_for_timeout(200)

    assert frame.evaluate("document.documentElement.dataset.theme") == "dark"


def test_a_request_too_long_for_an_address_comes_as_a_message(host: Host, upstream: ScriptedUpstream) -> None:
    hosted = host("embed=hello")
    long = "字" * 900
    request = {"model": "other", "messages": [{"role": "user", "content": long}], "max_tokens": 40}

    hosted.say(type="request", request=json.dumps(request))
    expect(hosted.frame.get_by_label("Content of message 1")).to_have_value(long)
    _send(hosted.frame, "Hello!")

    # The model is locked: a page can never ask for more than the embed allows.
    assert upstream.requests[0].json == request | {"model": "m"}
    (told,) = hosted.told
    assert 'the embed "hello" sets model' in told
    assert hosted.origin in told


@pytest.mark.parametrize("request_", ["[1, 2]", '{"messages": 5}', '{"seed": 1e999}'])
def test_a_request_that_cannot_be_read_is_told_to_the_author(host: Host, request_: str) -> None:
    hosted = host(f"embed=hello&request={quote(request_)}")

    (told,) = hosted.told
    assert hosted.origin in told
    for sentence in hosted.frame.locator("[data-part=outcome] .refused-fields li").all_inner_texts():
        assert sentence in told
    expect(hosted.frame.get_by_label("Content of message 1")).to_have_value("Hello!")


def test_it_is_told_beside_the_recorded_answer_of_one_that_is_turned_off(host: Host) -> None:
    hosted = host(f"embed=off-with-its-answer&request={quote('[1, 2]')}")

    expect(hosted.frame.locator("[data-recorded]")).to_be_visible()
    (told,) = hosted.told
    assert hosted.origin in told


def test_a_long_request_that_cannot_be_read_is_said_in_the_frame(host: Host) -> None:
    hosted = host("embed=hello")

    hosted.say(type="request", request="{")

    expect(hosted.frame.locator("[data-part=outcome] .notice").first).to_contain_text("JSON")
    expect(hosted.frame.get_by_label("Content of message 1")).to_have_value("Hello!")


@pytest.mark.parametrize("width", [800, 360])
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("query", ["embed=nobody", "embed=off"])
def test_a_refusal_stands_in_a_plain_frame_of_any_page(
    browser: Browser, playground: tuple[str, str], query: str, theme: str, width: int
) -> None:
    """Without the loader, readers see a sentence, not the browser's error page, with nothing to click."""
    context = browser.new_context(viewport={"width": width, "height": 900})
    page = context.new_page()
    page.goto(f"{playground[1]}/?{query}&theme={theme}".replace("localhost", "127.0.0.1"))

    frame = page.frame_locator("iframe")
    expect(frame.locator("main.refused h1")).to_be_visible()
    expect(frame.locator("a, button, input")).to_have_count(0)
    assert_no_barrier(page.frames[1])
    context.close()


def test_each_of_two_tags_has_its_own_recorded_answer(
    browser: Browser, playground: tuple[str, str], upstream: ScriptedUpstream
) -> None:
    """The second one is too long for a URL."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{playground[1]}/two")
    frames = page.locator("api-playground iframe")
    expect(frames).to_have_count(2)

    for number, answer in enumerate(("Answer one", "Answer two")):
        frames.nth(number).scroll_into_view_if_needed()
        frame = frames.nth(number).content_frame
        content = expect(frame.get_by_label("Content of message 1"))
        content.to_have_value("One" if number == 0 else LONG)
        _send(frame, answer)
        expect(frame.locator("[data-recorded]")).to_be_visible()
        expect(frame.locator("[data-recorded]")).not_to_contain_text("your changes")
        link = re.compile(r"/\?.*request=" if number == 0 else "/#r=")
        expect(frame.locator("[data-open]")).to_have_attribute("href", link)
    assert upstream.requests == []
    context.close()


def test_one_that_is_turned_off_shows_its_recorded_answer_at_once(
    browser: Browser, playground: tuple[str, str], upstream: ScriptedUpstream
) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{playground[1]}/two?embed=off-with-answers")
    frames = page.locator("api-playground iframe")

    for number, answer in enumerate(("Answer one", "Answer two")):
        frames.nth(number).scroll_into_view_if_needed()
        frame = frames.nth(number).content_frame
        expect(frame.locator("[data-part=answer-1]")).to_have_text(answer)
        expect(frame.locator("[data-recorded]")).not_to_contain_text("your changes")
        expect(frame.get_by_label("Content of message 1")).to_have_value("One" if number == 0 else LONG)
        expect(frame.locator("[data-part=outcome][data-stale]")).to_have_count(0)
    assert page.evaluate("document.activeElement.localName") == "body"
    assert upstream.requests == []
    context.close()


def test_one_that_is_turned_off_and_has_no_answer_is_a_card_from_the_start(
    browser: Browser, playground: tuple[str, str], upstream: ScriptedUpstream
) -> None:
    """The frame stays hidden until it knows what the tag asks for."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{playground[1]}/unrecorded")

    expect(page.locator("api-playground").get_by_text("This embed is turned off")).to_be_visible()
    expect(page.get_by_role("link", name="Try it")).to_be_visible()
    expect(page.locator("api-playground iframe")).to_have_count(0)
    assert page.evaluate("heard") == ["waits", "ready", "refused"]
    assert upstream.requests == []
    context.close()


def test_the_way_to_the_playground_takes_the_state_along(host: Host, playground: tuple[str, str]) -> None:
    hosted = host("embed=hello")
    hosted.frame.get_by_label("Content of message 1").fill("Carry me over")
    link = hosted.frame.get_by_role("link", name="Open in the playground")
    expect(link).to_have_attribute("href", _holding("Carry me over"))

    with hosted.page.context.expect_page() as opened:
        link.click()

    page = opened.value
    expect(page.get_by_label("Content of message 1")).to_have_value("Carry me over")
    expect(page.get_by_label("max_tokens", exact=True)).to_have_value("50")
    page.context.clear_cookies()


def _holding(words: str) -> re.Pattern[str]:
    return re.compile(words.replace(" ", "[+]"))


def test_what_the_author_fixed_cannot_be_changed(host: Host, upstream: ScriptedUpstream) -> None:
    frame = host("embed=fixed&request=" + quote('{"model": "x", "messages": []}')).frame

    expect(frame.get_by_label("Model", exact=True)).to_have_attribute("readonly", "")
    expect(frame.locator(".message.fixed")).to_contain_text("Hello!")
    expect(frame.get_by_role("button", name="Add message")).to_have_count(0)
    _send(frame, "Hello!")
    expect(frame.get_by_role("button", name="Add to conversation")).to_be_hidden()

    assert upstream.requests[0].json == REQUEST


def test_the_essentials_stand_in_one_row(host: Host) -> None:
    frame = host("embed=fixed").frame
    boxes = [frame.locator(id_).bounding_box() for id_ in ("#model", "#temperature", "#max_tokens")]

    model, *others = [box["y"] for box in boxes if box]
    assert all(abs(y - model) < 5 for y in others)


def test_a_reader_without_a_key_is_told_where_it_goes(host: Host, upstream: ScriptedUpstream) -> None:
    frame = host("embed=own-key").frame
    frame.get_by_role("button", name="Send").click()
    expect(frame.locator("[data-part=panel-answer]")).to_contain_text("Enter your API key")
    expect(frame.get_by_label("API key")).to_be_focused()

    frame.get_by_label("API key").fill("sk-of-a-reader-1")
    _send(frame, "Hello!")

    assert upstream.requests[0].header("Authorization") == "Bearer sk-of-a-reader-1"


def test_plain_html_runs_the_call(
    browser: Browser, playground: tuple[str, str], upstream: ScriptedUpstream
) -> None:
    """The script and the tag are enough."""
    complaints, context = Complaints(), browser.new_context()
    page = context.new_page()
    complaints.watch(page)
    page.goto(f"{playground[1]}/loaded")
    frame = page.frame_locator("api-playground iframe")

    _send(frame, "Hello!")

    assert upstream.requests[0].json == REQUEST | {"messages": [{"role": "user", "content": "Asked here"}]}
    expect(page.locator("main > p")).to_have_text("After it.")
    expect(page.locator("api-playground p")).to_have_count(0)
    assert context.cookies() == []
    context.close()
    assert complaints.seen == []


def test_nothing_takes_the_focus_and_tab_passes_through(host: Host) -> None:
    page = host("embed=hello").page
    assert page.evaluate("document.activeElement.tagName") == "BODY"

    page.keyboard.press("Tab")
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == "After":
            break

    assert page.evaluate("document.activeElement.textContent") == "After"


@pytest.mark.parametrize("query", ["embed=hello", "embed=fixed", "embed=own-key"])
@pytest.mark.parametrize(("theme", "rules"), [("light", {}), ("dark", COLOURS)], ids=["light", "dark"])
def test_axe_finds_nothing(
    host: Host, upstream: ScriptedUpstream, query: str, theme: str, rules: dict[str, list[str]]
) -> None:
    hosted = host(f"{query}&theme={theme}", color_scheme=theme)
    frame = hosted.page.frames[1]
    upstream.reply(json_answer({"error": {"message": "Incorrect API key"}}, 401))
    for tab in (None, "Answer", "HTTP", "Code"):
        if tab == "Answer":
            frame.get_by_role("button", name="Send").click()
            frame.wait_for_selector("[data-part=panel-answer] .notice")
        elif tab:
            frame.get_by_role("tab", name=tab).click()
        for width in (800, 360):
            hosted.page.set_viewport_size({"width": width, "height": 900})
            frame.wait_for_function("width => innerWidth <= width", arg=width)
            assert frame.evaluate("document.documentElement.scrollWidth <= innerWidth")
            settle(frame)
            assert_no_barrier(frame, **rules)
