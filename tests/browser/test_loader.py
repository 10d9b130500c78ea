"""`/embed.js` in pages of another site. `/embed/` is a stub here, so tests choose what each side says."""

import json
from collections.abc import Callable, Iterator
from html import escape
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Frame, Page, Route, expect

from playground.embeds.loader import SCRIPT
from tests.browser.axe import assert_no_barrier
from tests.browser.conftest import Complaints
from tests.browser.host import READY, STUB, code_blocks, hosting

HELLO = {"model": "m", "messages": [{"role": "user", "content": 'Héllo + & "you" <b>'}]}
TAG = '<api-playground provider="test"></api-playground>'
# The page's own listener, which records each message before the loader can act on it.
EAR = "<script>window.received = []; addEventListener('message', ({ data }) => received.push(data));</script>"


DYNAMIC = (
    "<script>const script = document.createElement('script'); script.src = '{}embed.js';"
    "document.head.append(script)</script>"
)


def compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def page_with(
    content: str, *, head: str = "", script: str = '<script src="{}embed.js" defer></script>'
) -> str:
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Host</title>{EAR}{head}{script}'
        f"</head><body><main><h1>Host</h1>{content}</main></body></html>"
    )


class Host:
    """A page of another site in a browser; `host.frame()` is the stub in its first playground."""

    def __init__(self, page: Page, playground: str, told: list[str]) -> None:
        self.page = page
        self.playground = playground
        self.told = told

    def frames(self) -> list[Frame]:
        return [frame for frame in self.page.frames if frame.url.startswith(f"{self.playground}embed/")]

    def frame(self, number: int = 0) -> Frame:
        self.page.wait_for_function(
            "at => document.querySelectorAll('api-playground')[at]?.shadowRoot?.querySelector('iframe')",
            arg=number,
        )
        element = self.page.locator("api-playground iframe").nth(number).element_handle()
        frame = element.content_frame()
        assert frame is not None
        frame.wait_for_url("**/embed/?*")
        expect(frame.get_by_role("button")).to_be_attached()
        return frame

    def asked(self, number: int = 0) -> dict[str, str]:
        """Return the query of the frame's URL."""
        query = parse_qs(urlsplit(self.frame(number).url).query, strict_parsing=True)
        assert all(len(values) == 1 for values in query.values())
        return {name: values[0] for name, values in query.items()}

    def expect_heard(self, *messages: dict[str, str], number: int = 0) -> None:
        """Expect exactly these messages to have reached the frame."""
        text = compact([{"from": "api-playground", **message} for message in messages])
        expect(self.frame(number).locator("pre")).to_have_text(text)

    def expect_height(self, pixels: int) -> None:
        expect(self.page.locator("api-playground iframe").first).to_have_css("height", f"{pixels}px")

    def say(self, message: str, frame: Frame | None = None) -> None:
        """Make the frame say it, and wait until the page has heard it."""
        before = self.page.evaluate("received.length")
        (frame or self.frame()).evaluate(f"say({message})")
        self.page.wait_for_function(f"received.length > {before}")


OpenHost = Callable[..., Host]


@pytest.fixture
def open_host(browser: Browser, bare_address: str, tmp_path: Path) -> Iterator[OpenHost]:
    """Open a host page: `open_host(page_with(TAG), stub=STUB, headers={…}, color_scheme="dark")`.

    `{}` stands for the playground's URL. The test fails if the browser complained.
    """
    complaints, closing = Complaints(), []

    def open_(
        html: str, *, stub: str = STUB + READY, headers: dict[str, str] | None = None, **options: object
    ) -> Host:
        (tmp_path / "index.html").write_text(html.replace("{}", bare_address), encoding="utf-8")
        site = hosting(
            tmp_path, {name: value.replace("{}", bare_address) for name, value in (headers or {}).items()}
        )
        address = site.__enter__()
        context = browser.new_context(**options)  # type: ignore[arg-type]
        context.set_default_timeout(20_000)
        closing.append((context, site))
        page = context.new_page()
        complaints.watch(page)
        page.route("**/embed/?*", lambda route: route.fulfill(content_type="text/html", body=stub))
        page.goto(address)
        return Host(page, bare_address, complaints.told)

    yield open_
    for context, site in closing:
        context.close()
        site.__exit__(None, None, None)
    assert complaints.seen == []


# --- what the frame is asked for ---


def test_the_frame_has_the_authors_request(open_host: OpenHost) -> None:
    text = json.dumps(HELLO, ensure_ascii=False, indent=2)
    host = open_host(
        page_with(
            f'<api-playground provider="test" api="messages" embed="docs" label="Say hello" lang="zh">'
            f'<script type="application/json">{text}</script><a href="{{}}">Try it</a></api-playground>'
        )
    )

    asked = host.asked()

    assert json.loads(asked.pop("request")) == HELLO
    assert asked == {
        "provider": "test",
        "dialect": "messages",
        "embed": "docs",
        "lang": "zh",
        "theme": "light",
        "host": host.page.evaluate("location.origin"),
    }
    expect(host.page.locator("api-playground iframe")).to_have_attribute("title", "Say hello")
    expect(host.page.get_by_text("Try it")).not_to_be_visible()


def test_a_request_in_an_attribute_does_the_same(open_host: OpenHost) -> None:
    host = open_host(
        page_with("""<api-playground provider="test" request='{"model": "a  b"}'></api-playground>""")
    )

    assert host.asked()["request"] == '{"model":"a  b"}'


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ('{"seed": 12345678901234567890}', '{"seed":12345678901234567890}'),
        ('{"temperature": 1.0}', '{"temperature":1.0}'),
        (r'{"a": "\\", "b": "\" : ,"}', r'{"a":"\\","b":"\" : ,"}'),
        ('{"a": 1,\n"a": 2}', '{"a":1,"a":2}'),
    ],
)
def test_the_request_stays_as_it_is_written(open_host: OpenHost, text: str, sent: str) -> None:
    script = f"<script type='application/json'>\n {text} </script>"
    host = open_host(page_with(f"<api-playground>{script}</api-playground>"))

    assert host.asked()["request"] == sent


@pytest.mark.parametrize("text", ["{model: 'm'}", '{"a": 1', "undefined", "{'a': 1}"])
def test_what_is_not_json_is_said_in_its_place(open_host: OpenHost, text: str) -> None:
    host = open_host(
        page_with(f'<api-playground request="{escape(text)}"><a href="{{}}">Try it</a></api-playground>')
    )

    expect(host.page.get_by_text("the request isn’t valid JSON")).to_be_visible()
    expect(host.page.get_by_role("link", name="Try it")).to_be_visible()
    assert host.frames() == []


def test_a_request_too_long_for_an_address_is_told(open_host: OpenHost) -> None:
    request = compact({"model": "m", "user": 1000 * "é" + 3000 * "x"})
    host = open_host(
        page_with(f"<api-playground><script type='application/json'>{request}</script></api-playground>")
    )

    assert "request" not in host.asked()
    host.expect_heard({"type": "request", "request": request}, {"type": "theme", "theme": "light"})


def test_a_frame_that_loads_again_is_told_again(open_host: OpenHost) -> None:
    request = '{"user":"' + "x" * 8000 + '"}'
    host = open_host(page_with(f"<api-playground request='{request}'></api-playground>"))
    told = {"type": "request", "request": request}, {"type": "theme", "theme": "light"}
    host.expect_heard(*told)

    host.frame().evaluate("say({ type: 'ready' })")

    host.expect_heard(*told, *told)


def test_each_playground_of_a_page_has_its_own_frame_and_title(open_host: OpenHost) -> None:
    host = open_host(page_with(TAG + TAG.replace("test", "local") + "<api-playground></api-playground>"))
    frames = host.page.locator("api-playground iframe")

    assert [host.asked(number).get("provider") for number in range(3)] == ["test", "local", None]
    for number, title in enumerate(("API Playground 1 test", "API Playground 2 local", "API Playground 3")):
        expect(frames.nth(number)).to_have_attribute("title", title)
    host.frame(1).evaluate("say({ type: 'height', height: 777 })")
    expect(frames.nth(1)).to_have_css("height", "777px")
    expect(frames.nth(0)).to_have_css("height", "300px")


def test_a_frame_far_below_loads_when_it_comes_near(open_host: OpenHost) -> None:
    filler = "<div class='filler'></div>"
    style = "<style>.filler { height: 30000px }</style>"
    host = open_host(page_with(filler + TAG, head=style))
    expect(host.page.locator("api-playground iframe")).to_be_attached()
    host.page.wait_for_load_state("networkidle")
    assert host.frames() == []

    host.page.locator("api-playground").scroll_into_view_if_needed()

    assert host.asked()["provider"] == "test"


# --- loading ---


@pytest.mark.parametrize(
    "script",
    [
        '<script src="{}embed.js"></script>',
        '<script src="{}embed.js" async></script>',
        '<script src="{}embed.js?v=1" defer></script>',
        '<script src="{}embed.js" crossorigin></script>',
        '<script src="{}embed.js" type="module"></script>',
        '<script src="{}embed.js"></script><script src="{}embed.js" defer></script>',
        DYNAMIC,
    ],
)
@pytest.mark.parametrize("place", ["head", pytest.param("end", marks=pytest.mark.thorough)])
def test_the_script_may_come_in_any_way(open_host: OpenHost, script: str, place: str) -> None:
    html = page_with(TAG + "<p>After</p>", script=script if place == "head" else "")
    host = open_host(html if place == "head" else html.replace("</body>", f"{script}</body>"))

    assert host.asked()["provider"] == "test"
    expect(host.page.locator("api-playground iframe")).to_have_count(1)
    expect(host.page.locator("main > p")).to_have_text("After")


def test_a_playground_below_a_path_is_framed_from_there(open_host: OpenHost, bare_address: str) -> None:
    def serve(route: Route) -> None:
        route.fulfill(content_type="text/javascript", body=SCRIPT.read_text(encoding="utf-8"))

    host = open_host(page_with(TAG, script=""))
    host.page.route("**/sub/embed.js", serve)
    host.page.add_script_tag(url=f"{bare_address}sub/embed.js")

    source = host.page.locator("api-playground iframe").get_attribute("src")
    assert source is not None
    assert source.startswith(f"{bare_address}sub/embed/?")


def test_a_page_whose_policy_allows_the_playground_alone_may_have_it(open_host: OpenHost) -> None:
    policy = "default-src 'none'; script-src {}; frame-src {}; require-trusted-types-for 'script'"
    html = page_with(TAG).replace(EAR, "")
    host = open_host(html, headers={"Content-Security-Policy": policy})

    assert host.asked()["provider"] == "test"
    host.expect_height(300)


def test_a_page_without_scripts_has_the_authors_link(open_host: OpenHost) -> None:
    html = page_with('<api-playground provider="test"><a href="{}">Try it</a></api-playground>')
    host = open_host(html, java_script_enabled=False)

    expect(host.page.get_by_role("link", name="Try it")).to_be_visible()


def test_a_frame_that_does_not_report_leaves_the_authors_link(open_host: OpenHost) -> None:
    host = open_host(page_with('<api-playground><a href="{}">Try it</a></api-playground>'), stub=STUB)
    link = host.page.get_by_role("link", name="Try it")
    expect(link).to_be_visible()
    expect(host.page.locator("api-playground iframe")).not_to_be_visible()
    (told,) = host.told
    assert host.playground.rstrip("/") in told
    assert host.page.evaluate("location.origin") in told

    host.frames()[0].evaluate("say({ type: 'here' })")

    expect(link).not_to_be_visible()
    expect(host.page.locator("api-playground iframe")).to_be_visible()


def test_a_refused_frame_is_a_small_card_with_the_authors_link(open_host: OpenHost) -> None:
    refused = (
        STUB + "<script>say({ type: 'refused', title: 'Not <b>here</b>' }); say({ type: 'ready' })</script>"
    )
    html = page_with('<api-playground embed="docs"><a slot="fallback" href="{}">Try it</a></api-playground>')
    host = open_host(html, stub=refused)

    expect(host.page.get_by_text("Not <b>here</b>", exact=True)).to_be_visible()
    expect(host.page.get_by_role("link", name="Try it")).to_be_visible()
    expect(host.page.locator("api-playground iframe")).to_have_count(0)
    assert host.page.locator("api-playground").evaluate("element => element.offsetHeight") < 120
    assert_no_barrier(host.page)


@pytest.mark.parametrize("lang", ["en", "zh-CN"])
def test_a_server_that_is_gone_leaves_a_small_card(browser: Browser, tmp_path: Path, lang: str) -> None:
    """The playground's server is down; the browser's own error page must not be shown."""
    (tmp_path / "embed.js").write_text(SCRIPT.read_text(encoding="utf-8"), encoding="utf-8")
    complaints, context = Complaints(), browser.new_context()
    page = context.new_page()
    page.on("console", lambda message: complaints.told.append(message.text))
    with hosting(tmp_path, {}) as playground, hosting(tmp_path, {}) as site:
        tag = '<api-playground embed="docs"><a slot="fallback" href="{}">Try it</a></api-playground>'
        filler = "<div class='filler'></div>"
        html = page_with(filler + tag, head="<style>.filler { height: 30000px }</style>")
        html = html.replace("{}", playground).replace('lang="en"', f'lang="{lang}"')
        (tmp_path / "index.html").write_text(html, encoding="utf-8")
        page.goto(site)
        expect(page.locator("api-playground iframe")).to_be_attached()
    page.locator("api-playground").scroll_into_view_if_needed()

    expect(page.get_by_role("link", name="Try it")).to_be_visible()
    words = "暂时无法显示" if lang == "zh-CN" else "can’t be shown right now"
    expect(page.get_by_text(words)).to_be_visible()
    expect(page.locator("api-playground iframe")).not_to_be_visible()
    assert page.locator("api-playground").evaluate("element => element.offsetHeight") < 120
    (told,) = [text for text in complaints.told if text.startswith("API Playground:")]
    assert playground.rstrip("/") in told
    assert site.rstrip("/") in told
    assert '"docs"' in told
    context.close()


def test_a_frame_that_waits_for_its_request_and_is_silent_then_becomes_a_card(open_host: OpenHost) -> None:
    """The test moves the clock forward instead of waiting."""
    waits = (
        "<!doctype html><script>parent.postMessage({ from: 'api-playground', type: 'waits' }, '*')</script>"
    )
    html = page_with('<api-playground embed="docs"><a slot="fallback" href="{}">Try it</a></api-playground>')
    host = open_host(html, stub=waits)
    host.page.clock.install()
    host.page.reload()
    host.page.wait_for_function("received.length")
    host.page.clock.fast_forward(9_000)
    expect(host.page.get_by_role("link", name="Try it")).not_to_be_visible()

    host.page.clock.fast_forward(2_000)

    expect(host.page.get_by_role("link", name="Try it")).to_be_visible()
    expect(host.page.locator("api-playground iframe")).not_to_be_visible()


def test_the_page_is_accessible(open_host: OpenHost) -> None:
    host = open_host(page_with("<p>Before</p>" + TAG + TAG))
    host.expect_height(300)

    assert_no_barrier(host.page)


def test_the_tab_key_goes_through_it(open_host: OpenHost) -> None:
    host = open_host(page_with(f'<a id="before" href="#">b</a>{TAG}<a id="after" href="#">a</a>'))
    host.expect_height(300)
    assert host.page.evaluate("document.activeElement.localName") == "body"

    host.page.focus("#before")
    host.page.keyboard.press("Tab")
    expect(host.frame().get_by_role("button")).to_be_focused()
    host.page.keyboard.press("Tab")

    expect(host.page.locator("#after")).to_be_focused()


def test_the_docs_pages_do_what_they_say(open_host: OpenHost, bare_address: str) -> None:
    blocks = code_blocks("html.md", bare_address)
    policy = blocks.pop("policy").strip().removeprefix("Content-Security-Policy: ")
    assert blocks.pop("iframe.html").startswith("<iframe ")
    requests = {
        "page.html": {"messages": [{"role": "user", "content": "Hello!"}]},
        "attribute.html": {"messages": [{"role": "user", "content": "Hi!"}]},
    }
    assert blocks.keys() == requests.keys()

    for name, html in blocks.items():
        host = open_host(
            f'<!doctype html><html lang="en"><title>Host</title>{html}',
            headers={"Content-Security-Policy": f"default-src 'none'; {policy}"},
        )
        asked = host.asked()
        assert (asked["provider"], asked["embed"]) == ("openai", "docs")
        assert json.loads(asked["request"]) == requests[name]
        host.expect_height(300)


# --- what a tag without an end swallows ---


@pytest.mark.parametrize(
    ("content", "order"),
    [
        ('<api-playground provider="a" /> one <b>two</b><!-- c --> three', "A one two three"),
        (
            'one <api-playground provider="a" /><p>two</p><api-playground provider="b" /><p>three</p>',
            "one A two B three",
        ),
        ('<p>one <api-playground provider="a" /> two</p><p>three</p>', "one A two three"),
        ('<api-playground provider="a" /><a href="#">one</a><p>two</p>', "A one two"),
        ('<api-playground provider="a" /><api-playground provider="b" /><api-playground /> end', "A B ? end"),
        ('<div><api-playground provider="a" /></div><p>one</p>', "A one"),
        (
            '<api-playground provider="a"><script type="application/json">{}</script><p>one</p>',
            "A one",
        ),
    ],
)
@pytest.mark.parametrize(
    "attribute", ["", pytest.param("defer", marks=pytest.mark.thorough)], ids=["early", "late"]
)
def test_swallowed_content_comes_back_in_order(
    open_host: OpenHost, content: str, order: str, attribute: str
) -> None:
    html = page_with("CONTENT", script=f'<script src="{{}}embed.js" {attribute}></script>')
    host = open_host(html.replace("CONTENT", content.replace("{}", '{"a": 1}')))
    host.frame()

    shown = host.page.evaluate("""() => {
      const seen = [];
      (function walk(node) {
        if (node.localName === "api-playground") {
          seen.push((node.getAttribute("provider") ?? "?").toUpperCase());
          if (node.querySelector(":not(script)")) seen.push("!");
        } else if (node.nodeType === Node.TEXT_NODE) seen.push(node.data);
        else node.childNodes.forEach(walk);
      })(document.querySelector("main"));
      return seen.join(" ");
    }""")

    assert shown.split() == ["Host", *order.split()]


def test_a_closed_tag_keeps_what_is_its_own(open_host: OpenHost) -> None:
    host = open_host(
        page_with(
            '<api-playground><div slot="fallback">f</div><noscript>n</noscript><a href="#">l</a>'
            "</api-playground><p>p</p>"
        )
    )
    host.frame()

    assert host.page.evaluate("document.querySelector('api-playground').children.length") == 3


# --- whose messages count ---


def test_the_height_follows_the_frame(open_host: OpenHost) -> None:
    host = open_host(page_with(TAG))

    for said, height in ((700, 700), (512.2, 513), (1, 40), (10**9, 20_000), (300, 300)):
        host.say(f"{{ type: 'height', height: {said} }}")
        host.expect_height(height)


UNFIT = (
    "{ type: 'height', height: '900' }",
    "{ type: 'height', height: NaN }",
    "{ type: 'height', height: Infinity }",
    "{ type: 'height', height: -900 }",
    "{ type: 'height', height: 0 }",
    "{ type: 'height', height: [900] }",
    "{ type: 'height', height: {} }",
    "{ type: 'height' }",
    "{ type: 'other', height: 900 }",
    "{ type: ['height'], height: 900 }",
    "{ from: 'somebody', type: 'height', height: 900 }",
    "{ from: undefined, type: 'height', height: 900 }",
)


def test_a_message_of_another_shape_changes_nothing(open_host: OpenHost) -> None:
    host = open_host(page_with(TAG))
    host.expect_height(300)

    for message in UNFIT:
        host.say(message)
        host.expect_height(300)


def test_a_message_that_is_no_object_changes_nothing(open_host: OpenHost) -> None:
    host = open_host(page_with(TAG))
    host.expect_height(300)

    for data in ("null", "undefined", "'height'", "900", "[]"):
        before = host.page.evaluate("received.length")
        host.frame().evaluate(f"parent.postMessage({data}, '*')")
        host.page.wait_for_function(f"received.length > {before}")
        host.expect_height(300)


FORGED = "{ from: 'api-playground', type: 'height', height: 900 }"


def test_the_page_itself_cannot_speak_for_the_frame(open_host: OpenHost) -> None:
    host = open_host(page_with(TAG))
    host.expect_height(300)
    before = host.page.evaluate("received.length")

    host.page.evaluate(f"postMessage({FORGED}, '*')")

    host.page.wait_for_function(f"received.length > {before}")
    host.expect_height(300)


@pytest.mark.parametrize("origin", ["{}", "https://elsewhere.example/"])
def test_another_frame_cannot_speak_for_it(open_host: OpenHost, origin: str, bare_address: str) -> None:
    host = open_host(page_with(TAG))
    host.expect_height(300)
    address = origin.replace("{}", bare_address) + "forger"
    host.page.route(address, lambda route: route.fulfill(content_type="text/html", body="<title>f</title>"))
    with host.page.expect_event("framenavigated", lambda frame: frame.url == address) as navigated:
        host.page.evaluate(
            "src => document.body.append(Object.assign(document.createElement('iframe'), { src }))", address
        )
    before = host.page.evaluate("received.length")

    navigated.value.evaluate(f"parent.postMessage({FORGED}, '*')")

    host.page.wait_for_function(f"received.length > {before}")
    host.expect_height(300)


def test_a_frame_that_went_elsewhere_is_not_listened_to(open_host: OpenHost) -> None:
    host = open_host(page_with(TAG))
    host.expect_height(300)
    frame = host.frame()
    elsewhere = "https://elsewhere.example/"
    host.page.route(elsewhere, lambda route: route.fulfill(content_type="text/html", body="<title>f</title>"))
    frame.goto(elsewhere)
    before = host.page.evaluate("received.length")

    frame.evaluate(f"parent.postMessage({FORGED}, '*')")

    host.page.wait_for_function(f"received.length > {before}")
    host.expect_height(300)


def test_nothing_is_said_before_the_frame_is_ready(open_host: OpenHost) -> None:
    request = '{"user":"' + "x" * 8000 + '"}'
    host = open_host(
        page_with(
            f"<api-playground request='{request}'></api-playground>",
            head="<style>.dark { background: #111 }</style>",
        ),
        stub=STUB,
    )
    frame = host.frame()
    host.page.evaluate("document.documentElement.className = 'dark'")
    host.say("{ type: 'height', height: 500 }")  # a round trip: earlier messages would have arrived by now
    host.expect_height(500)
    assert frame.evaluate("heard") == []

    host.say("{ type: 'ready' }")

    host.expect_heard({"type": "request", "request": request}, {"type": "theme", "theme": "dark"})


# --- the look of the page around ---

DIALECTS = {
    "vitepress": ("body { background: #fff } .dark body { background: #1b1b1f }", "html", "class", "dark"),
    "docusaurus": (
        "html { background: #fff } html[data-theme=dark] { background: #1b1b1d }",
        "html",
        "data-theme",
        "dark",
    ),
    "material": (
        "body { background: hsl(0 0% 100%) } [data-md-color-scheme=slate] { background: hsl(232 15% 14%) }",
        "body",
        "data-md-color-scheme",
        "slate",
    ),
    "a box": ("main { background: white } main.night { background: navy }", "main", "class", "night"),
    "color-scheme": ("html { color-scheme: light } .dark { color-scheme: dark }", "html", "class", "dark"),
    "fading": (
        "body { background: #fff; transition: background-color .3s } .dark body { background: #222 }",
        "html",
        "class",
        "dark",
    ),
}


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.thorough)])
def test_the_theme_follows_the_page(open_host: OpenHost, dialect: str, scheme: str) -> None:
    style, selector, attribute, value = DIALECTS[dialect]
    host = open_host(page_with(TAG, head=f"<style>{style}</style>"), color_scheme=scheme)
    assert host.asked()["theme"] == "light"
    host.expect_heard({"type": "theme", "theme": "light"})
    change = "([selector, name, value]) => document.querySelector(selector).setAttribute(name, value)"

    host.page.evaluate(change, [selector, attribute, value])
    host.expect_heard({"type": "theme", "theme": "light"}, {"type": "theme", "theme": "dark"})
    host.page.evaluate(change, [selector, attribute, ""])

    host.expect_heard(*({"type": "theme", "theme": theme} for theme in ("light", "dark", "light")))


PREFERENCES = {
    "a background": "<style>@media (prefers-color-scheme: dark) { body { background: #111 } }</style>",
    "color-scheme": "<style>:root { color-scheme: light dark }</style>",
    "a meta element": '<meta name="color-scheme" content="light dark">',
}


@pytest.mark.parametrize("way", PREFERENCES)
def test_the_theme_follows_the_readers_preference_as_the_page_does(open_host: OpenHost, way: str) -> None:
    host = open_host(page_with(TAG, head=PREFERENCES[way]), color_scheme="dark")
    assert host.asked()["theme"] == "dark"
    host.expect_heard({"type": "theme", "theme": "dark"})

    host.page.emulate_media(color_scheme="light")

    host.expect_heard({"type": "theme", "theme": "dark"}, {"type": "theme", "theme": "light"})


def test_a_page_that_is_always_light_has_a_light_one(open_host: OpenHost) -> None:
    host = open_host(page_with(TAG), color_scheme="dark")

    assert host.asked()["theme"] == "light"


COLORS = {
    "#000": "dark",
    "oklch(0.2 0.02 260)": "dark",
    "oklch(0.95 0.02 260)": "light",
    "lab(10% 0 0)": "dark",
    "lch(90% 10 100)": "light",
    "color(display-p3 0.1 0.1 0.1)": "dark",
    "color(srgb 0.9 0.9 0.9)": "light",
    "rgb(0 0 0 / 20%)": "light",
    "rgb(0 0 0 / 90%)": "dark",
    "yellow": "light",
    "blue": "dark",
}


def test_a_background_counts_in_any_notation(open_host: OpenHost) -> None:
    boxes = "".join(f'<div style="background: {color}">{TAG}</div>' for color in COLORS)
    host = open_host(page_with(boxes))

    assert {color: host.asked(number)["theme"] for number, color in enumerate(COLORS)} == COLORS


def test_the_authors_theme_holds(open_host: OpenHost) -> None:
    host = open_host(page_with(TAG.replace("><", ' theme="dark"><')))
    assert host.asked()["theme"] == "dark"
    host.expect_heard({"type": "theme", "theme": "dark"})

    host.page.evaluate("document.querySelector('api-playground').setAttribute('theme', 'light')")

    host.expect_heard({"type": "theme", "theme": "dark"}, {"type": "theme", "theme": "light"})
    expect(host.page.locator("api-playground iframe")).to_have_count(1)


# --- pages that change ---


def test_changed_attributes_load_it_once_more_and_no_step_of_the_history(open_host: OpenHost) -> None:
    host = open_host(page_with(TAG))
    host.expect_height(300)
    steps = host.page.evaluate("history.length")
    asked = []
    host.page.on("request", lambda request: asked.append(request.url))

    host.page.evaluate("""() => {
      const element = document.querySelector("api-playground");
      element.setAttribute("provider", "local");
      element.setAttribute("request", '{"model": "n"}');
      element.setAttribute("embed", "docs");
    }""")
    host.page.wait_for_function("received.filter(({ type }) => type === 'ready').length === 2")

    assert host.asked().items() >= {"provider": "local", "request": '{"model":"n"}', "embed": "docs"}.items()
    assert len(asked) == 1
    assert host.page.evaluate("history.length") == steps


def test_the_same_value_again_loads_nothing(open_host: OpenHost) -> None:
    host = open_host(page_with(TAG))
    host.expect_height(300)
    host.frame().evaluate("window.mark = 1")

    host.page.evaluate("document.querySelector('api-playground').setAttribute('provider', 'test')")
    host.page.evaluate("new Promise((done) => setTimeout(done))")

    assert host.frame().evaluate("window.mark") == 1


def test_a_mended_request_is_shown(open_host: OpenHost) -> None:
    host = open_host(page_with("<api-playground request='{'></api-playground>"))
    problem = host.page.get_by_text("the request isn’t valid JSON")
    expect(problem).to_be_visible()

    host.page.evaluate(
        "document.querySelector('api-playground').setAttribute('request', '{\"model\": \"m\"}')"
    )

    assert host.asked()["request"] == '{"model":"m"}'
    expect(problem).to_have_count(0)


def test_one_made_by_a_script_works(open_host: OpenHost) -> None:
    host = open_host(page_with(""))
    host.page.wait_for_function("!!customElements.get('api-playground')")

    host.page.evaluate("""() => {
      const element = document.createElement("api-playground");
      element.setAttribute("provider", "test");
      document.querySelector("main").append(element);
      element.setAttribute("request", '{"model": "m"}');
    }""")

    assert host.asked().items() >= {"provider": "test", "request": '{"model":"m"}'}.items()


def test_a_moved_one_goes_on_at_its_new_place(open_host: OpenHost) -> None:
    host = open_host(page_with(f"<section></section>{TAG}"))
    host.expect_height(300)

    host.page.evaluate("document.querySelector('section').append(document.querySelector('api-playground'))")
    host.page.wait_for_function("received.filter(({ type }) => type === 'ready').length === 2")
    host.say("{ type: 'height', height: 555 }")

    host.expect_height(555)
    assert len(host.frames()) == 1


def test_one_that_has_left_is_forgotten(open_host: OpenHost) -> None:
    host = open_host(page_with(TAG))
    host.expect_height(300)
    client = host.page.context.new_cdp_session(host.page)

    host.page.evaluate("""() => {
      const element = document.querySelector("api-playground");
      window.left = new WeakRef(element);
      element.remove();
    }""")

    host.page.wait_for_function("frames.length === 0")
    for _ in range(100):
        client.send("HeapProfiler.collectGarbage")
        if host.page.evaluate("left.deref() === undefined"):
            return
        host.page.wait_for_timeout(100)
    raise AssertionError("something still holds it")


def test_one_that_leaves_before_the_page_is_read_does_not_start(open_host: OpenHost) -> None:
    leave = "<script>document.querySelector('api-playground').remove()</script>"
    host = open_host(page_with(TAG + leave + "<p>After</p>", script='<script src="{}embed.js"></script>'))

    expect(host.page.locator("main > p")).to_have_text("After")
    assert len(host.page.frames) == 1
