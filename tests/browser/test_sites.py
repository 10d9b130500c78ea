"""Sites built by VitePress, Docusaurus and MkDocs, with playgrounds in them, on another origin.

Most tests use a stub for `/embed/`, since they do not check the frame's side; two make real calls.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Frame, Page, expect

from playground.docs import tags_in_sites
from playground.tags import tag
from tests.browser import built_sites
from tests.browser.axe import assert_no_barrier
from tests.browser.conftest import Bare, Complaints
from tests.browser.host import READY, STUB, free_port, hosting
from tests.site import SERVER_KEY
from tests.upstreams.scripted import STREAM_HEAD, Paused, ScriptedUpstream, completion, token

# The button that switches to dark mode.
SWITCHES = {
    "vitepress": ".VPNavBarAppearance button",
    "docusaurus": ".navbar button[class*=toggleButton]",
    "mkdocs": "label[title=Dark]",
}
HELLO = {"messages": [{"role": "user", "content": "Hello!"}]}
CHAT = {
    "model": "gpt-6-luna",
    "messages": [
        {"role": "system", "content": "You're a helpful assistant: 5 > 4 & *no* `code`."},
        {"role": "user", "content": 'Say "Hello!" in a C:\\folder'},
    ],
    "temperature": 0.7,
    "max_tokens": 150,
}
# Provider, API and request.
CALLS: list[tuple[str, str, dict[str, Any] | None]] = [
    ("openai", "", CHAT),
    ("claude", "messages", None),
    ("gemini", "", {"model": "gemini-3.5-flash", "messages": []}),
]


@dataclass(frozen=True)
class Built:
    kind: str
    address: str
    folder: Path


# The embed's request: limits the use of the server's key, whatever the page asks for.
RECORD = {"model": "m", "messages": [{"role": "user", "content": "The author's"}], "max_tokens": 50}


# Installing and building a site with Node takes as long as a hundred other tests.
_KINDS = [*(pytest.param(kind, marks=pytest.mark.thorough) for kind in built_sites.NODE_KINDS), "mkdocs"]


@pytest.fixture(scope="module", params=_KINDS)
def site(
    request: pytest.FixtureRequest, bare: Bare, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Built]:
    port, place = free_port(), tmp_path_factory.mktemp(request.param)
    folder = built_sites.build(request.param, bare.address, f"http://localhost:{port}/", place)
    options = ["--origin", f"http://localhost:{port}", "--provider=test", "--request", json.dumps(RECORD)]
    bare.manage("embed", "docs", *options, "--key=server", "--lock=model", "--lock=max_tokens")
    with hosting(folder, {}, port) as address:
        yield Built(request.param, address, folder)


@pytest.fixture
def real(browser: Browser, site: Built) -> Iterator[BrowserContext]:
    """A browser context that fails the test on complaints, above all a framework's hydration errors."""
    complaints = Complaints()
    context = browser.new_context(viewport={"width": 1280, "height": 900}, color_scheme="light")
    context.set_default_timeout(20_000)
    context.on("page", complaints.watch)
    yield context
    assert context.cookies() == []
    context.close()
    assert complaints.seen == []


@pytest.fixture
def context(real: BrowserContext) -> BrowserContext:
    """A context with the stub in every frame."""
    real.route("**/embed/?*", lambda route: route.fulfill(content_type="text/html", body=STUB + READY))
    return real


def _open(context: BrowserContext, address: str) -> Page:
    page = context.new_page()
    page.goto(address)
    return page


def _frame(page: Page, number: int) -> Frame:
    frames = page.locator("api-playground iframe")
    frames.nth(number).scroll_into_view_if_needed()
    handle = frames.nth(number).element_handle()
    assert handle is not None
    frame = handle.content_frame()
    assert frame is not None
    frame.wait_for_url("**/embed/?*")
    return frame


def _asked(page: Page, number: int) -> dict[str, str]:
    query = urlsplit(_frame(page, number).url).query
    return {name: values[0] for name, values in parse_qs(query, strict_parsing=True).items()}


def _darken(page: Page, site: Built) -> None:
    page.evaluate("scrollTo(0, 0)")
    switch = page.locator(SWITCHES[site.kind]).first
    switch.click()
    # Docusaurus's switch has a third state, the system preference.
    if site.kind == "docusaurus" and not page.locator("html[data-theme=dark]").count():
        switch.click()


def _expect_calls(page: Page) -> None:
    expect(page.locator("api-playground iframe")).to_have_count(len(CALLS))
    for number, (provider, api, body) in enumerate(CALLS):
        asked = _asked(page, number)
        assert (asked["provider"], asked.get("dialect", ""), asked["embed"]) == (provider, api, "docs")
        assert (json.loads(asked["request"]) if "request" in asked else None) == body


def test_each_tag_is_a_playground_with_the_authors_request(
    site: Built, context: BrowserContext, bare_address: str
) -> None:
    page = _open(context, site.address + "chat-completion")

    _expect_calls(page)
    asked = _asked(page, 0)
    assert asked["host"] == site.address.rstrip("/")
    assert asked["theme"] == "light"
    assert asked["lang"].startswith("en")
    assert _frame(page, 0).url.startswith(f"{bare_address}embed/?")
    frame = page.locator("api-playground iframe").first
    expect(frame).to_have_attribute("title", "API Playground 1 openai")
    expect(frame).to_have_css("height", "300px")
    expect(page.get_by_text('<ApiPlayground provider="shown" />', exact=True)).to_be_visible()
    expect(page.locator("pre", has_text='provider="shown"')).to_be_visible()


def test_the_docs_pages_do_what_they_say(site: Built, context: BrowserContext) -> None:
    page = _open(context, site.address + "from-the-docs")

    asked = _asked(page, 0)
    assert asked["provider"] == "openai"
    assert json.loads(asked["request"]) == HELLO
    if site.kind == "vitepress":
        expect(page.locator("api-playground iframe").nth(1)).to_have_attribute(
            "title", "Try a chat completion"
        )
    if site.kind == "mkdocs":
        assert json.loads(_asked(page, 1)["request"]) == HELLO
    if site.kind == "docusaurus":
        asked = _asked(_open(context, site.address + "react"), 0)
        assert asked["embed"] == "docs"
        assert json.loads(asked["request"]) == HELLO


def test_the_theme_follows_the_sites_switch(site: Built, context: BrowserContext) -> None:
    page = _open(context, site.address + "chat-completion")
    heard = _frame(page, 0).locator("pre")
    expect(heard).to_contain_text('"theme":"light"')

    _darken(page, site)

    expect(heard).to_contain_text('"theme":"dark"')


def test_it_comes_and_goes_with_the_sites_own_navigation(site: Built, context: BrowserContext) -> None:
    page = _open(context, site.address)
    if site.kind == "mkdocs":  # it loads pages by itself only once it has the site's map
        map_has_come = (
            "performance.getEntriesByType('resource').some(({ name }) => name.endsWith('sitemap.xml'))"
        )
        page.wait_for_function(map_has_come)
    page.evaluate("window.mark = 1")

    page.locator("main, [role=main], article").get_by_role("link", name="Chat completion").first.click()
    _expect_calls(page)
    page.wait_for_load_state("networkidle")  # going back earlier can be lost on the site's own navigation
    page.go_back()
    expect(page.locator("api-playground")).to_have_count(0)
    page.go_forward()
    _expect_calls(page)

    assert page.evaluate("window.mark") == 1
    expect(page.locator("script[src$='/embed.js']")).to_have_count(1)


def test_readers_without_scripts_have_the_call_behind_a_link(
    site: Built, browser: Browser, bare_address: str
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()

    page.goto(site.address + "chat-completion")

    links = page.get_by_role("link", name="Open in the API Playground")
    expect(links).to_have_count(len(CALLS))
    expect(links.first).to_be_visible()
    href = links.first.get_attribute("href") or ""
    assert href.startswith(f"{bare_address}?")
    query = parse_qs(urlsplit(href).query)
    assert query["provider"] == ["openai"]
    assert json.loads(query["request"][0]) == CHAT
    other = parse_qs(urlsplit(links.nth(1).get_attribute("href") or "").query)
    assert other == {"provider": ["claude"], "dialect": ["messages"]}
    context.close()


def test_the_playground_adds_no_barrier(site: Built, context: BrowserContext) -> None:
    page = _open(context, site.address + "chat-completion")
    _expect_calls(page)

    assert_no_barrier(page, "api-playground")


def test_a_reader_runs_the_call_in_place(
    site: Built, real: BrowserContext, upstream: ScriptedUpstream
) -> None:
    page = _open(real, site.address + "chat-completion")
    frame = _frame(page, 0)
    element = page.locator("api-playground iframe").first
    upstream.reply(completion("line\n" * 40))
    expect(frame.get_by_label("Content of message 2")).to_have_value(CHAT["messages"][1]["content"])
    before = element.evaluate("frame => frame.offsetHeight")

    frame.get_by_role("button", name="Send").click()
    expect(frame.locator("[data-part=answer-1]")).to_be_visible()

    assert upstream.requests[0].json == CHAT | {"model": "m", "max_tokens": 50}
    assert upstream.requests[0].header("Authorization") == f"Bearer {SERVER_KEY}"
    page.wait_for_function(
        "([frame, before]) => frame.offsetHeight > before + 400", arg=[element.element_handle(), before]
    )
    _darken(page, site)
    expect(frame.locator("html")).to_have_attribute("data-theme", "dark")


def _expect_cards(page: Page, *, scripts: bool) -> None:
    """Expect each tag to be a small card with the author's link, not the browser's error page.

    Without the playground's scripts the link is there from the start; with them, it comes with the card.
    """
    links = page.locator("api-playground").get_by_role("link", name="Open in the API Playground")
    expect(links).to_have_count(len(CALLS))
    for number in range(len(CALLS)):
        element = page.locator("api-playground").nth(number)
        element.scroll_into_view_if_needed()
        if scripts:
            expect(element.locator("div > p")).to_be_visible()
        expect(links.nth(number)).to_be_visible()
        expect(element.locator("iframe:visible")).to_have_count(0)
        assert element.evaluate("element => element.offsetHeight") < 150


STATES = ["off", "mistyped", "not allowed", "gone", "all gone"]


@pytest.mark.parametrize("state", STATES)
def test_where_there_is_no_playground_a_reader_sees_the_authors_link(
    site: Built, browser: Browser, bare: Bare, state: str
) -> None:
    complaints, context = Complaints(), browser.new_context()
    page = context.new_page()
    page.on("console", complaints._console)
    origin, embed = site.address.rstrip("/"), "docs"
    if state == "off":
        bare.manage("embed", "docs", "--off")
    elif state == "mistyped":
        embed = "dosc"
        page.route(
            "**/embed/?*", lambda route: route.continue_(url=route.request.url.replace("=docs", "=dosc"))
        )
    elif state == "gone":
        page.route("**/embed/?*", lambda route: route.abort("connectionrefused"))
    elif state == "all gone":
        page.route(f"{bare.address}**", lambda route: route.abort("connectionrefused"))
    elif state == "not allowed":
        origin = origin.replace("localhost", "127.0.0.1")

    page.goto(f"{origin}/chat-completion")

    runs = state != "all gone"
    _expect_cards(page, scripts=runs)
    if runs:
        told = complaints.told[0]
        assert origin in told
        assert embed in told
    context.close()
    if state == "off":
        bare.manage("embed", "docs", "--on")


def test_the_requests_of_its_tags_are_found_in_the_built_site(site: Built) -> None:
    tags = tags_in_sites.tags_in(site.folder, "docs")
    found = [(tag.provider, tag.api, json.loads(tag.request) if tag.request else None) for tag in tags]

    assert [call for call in found if call[2] != HELLO][: len(CALLS)] == CALLS


def test_a_reader_streams_and_stops(site: Built, real: BrowserContext, upstream: ScriptedUpstream) -> None:
    frame = _frame(_open(real, site.address + "chat-completion"), 0)
    paused = Paused(STREAM_HEAD + token("so far"))
    upstream.reply(paused)
    frame.get_by_label("stream", exact=True).check()
    frame.get_by_role("button", name="Send").click()
    expect(frame.locator("[data-part=live-text-0]")).to_have_text("so far")

    frame.get_by_role("button", name="Stop").click()

    expect(frame.locator("[data-part=answer-1]")).to_have_text("so far")
    assert paused.left.wait(10)


# Calls with and one without an embed for their provider and API, rendered as on the site's server.
RENDERED = {
    "vitepress": """
        import { createSSRApp, h } from "vue";
        import { renderToString } from "vue/server-renderer";
        import { ApiPlayground, apiPlayground } from "api-playground-vitepress";
        const call = (provider, api) => h(ApiPlayground, { provider, api });
        const app = createSSRApp(() => [call("a"), call("a", "responses"), call("b")]);
        app.use(apiPlayground, { src: "https://x.example", embed: { a: "for-a", "a/responses": "for-r" } });
        console.log(await renderToString(app));
    """,
    "docusaurus": """
        import { createElement as h } from "react";
        import { renderToString } from "react-dom/server";
        import { apiPlayground } from "api-playground-react";
        const embed = { a: "for-a", "a/responses": "for-r" };
        const Call = apiPlayground({ src: "https://x.example", embed });
        const call = (provider, api) => h(Call, { provider, api });
        console.log(renderToString(h("p", null, call("a"), call("a", "responses"), call("b"))));
    """,
}


def test_each_provider_and_api_may_have_an_embed_of_its_own(site: Built) -> None:
    if site.kind in RENDERED:  # the MkDocs hook has its own test
        html = built_sites.node(site.kind, RENDERED[site.kind])

        assert re.findall('embed="([^"]+)"', html) == ["for-a", "for-r"]
        assert html.count("<api-playground ") == 3


def test_the_same_page_works_in_the_playgrounds_own_docs() -> None:
    text = (Path(built_sites.FIXTURES) / "chat-completion.md").read_text(encoding="utf-8")
    starts = [found.start() for found in tag.OPENING.finditer(text)]
    tags = [found for found in (tag.scan(text, start) for start in starts) if found]

    calls = [tag.read(found) for found in tags]

    assert [(call.provider, call.api, call.body) for call in calls if call.provider != "shown"] == CALLS
