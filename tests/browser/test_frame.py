"""The frame in a page of another site, with scripts: calls, height, theme, and the link to the playground."""

import re
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, expect

from tests.browser import framed
from tests.browser.axe import COLOURS, assert_no_barrier, settle
from tests.browser.framed import REQUEST, Host, send
from tests.upstreams.scripted import STREAM_HEAD, Paused, ScriptedUpstream, completion, json_answer, token


@pytest.fixture(scope="module")
def playground(
    provider_server: ScriptedUpstream, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, str]]:
    yield from framed.served(provider_server, tmp_path_factory.mktemp("frames"))


@pytest.fixture
def host(browser: Browser, playground: tuple[str, str], upstream: ScriptedUpstream) -> Iterator[Host]:
    yield from framed.opening(browser, playground[1])


def test_an_answer_joins_the_conversation_and_the_browser_complains_of_nothing(host: Host) -> None:
    frame = host("embed=hello").frame
    send(frame, "Hello!")

    frame.get_by_role("button", name="Add to conversation").click()

    expect(frame.get_by_label("Content of message 3", exact=True)).to_be_focused()


def test_a_reader_sends_and_sends_again(host: Host, upstream: ScriptedUpstream) -> None:
    frame = host("embed=hello").frame

    upstream.reply(completion("First"))
    send(frame, "First")
    upstream.reply(completion("Second"))
    frame.get_by_label("Content of message 1").fill("And now?")
    send(frame, "Second")

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
    send(frame, "again")


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
    send(frame, "again")


def test_the_height_follows_what_is_in_it(
    host: Host, upstream: ScriptedUpstream, playground: tuple[str, str]
) -> None:
    hosted = host("embed=hello")
    before = hosted.height()

    upstream.reply(completion("line\n" * 60))
    hosted.frame.get_by_role("button", name="Send").click()
    expect(hosted.frame.locator("[data-part=answer-1]")).to_be_visible()
    hosted.page.wait_for_function("before => heard.at(-1)[1].height > before + 600", arg=before)
    upstream.reply(completion("short"))
    send(hosted.frame, "short")

    hosted.page.wait_for_function("before => heard.at(-1)[1].height < before + 300", arg=before)
    assert {origin for origin, _ in hosted.page.evaluate("heard")} == {playground[0].rstrip("/")}


def test_the_height_does_not_depend_on_that_of_the_window(host: Host) -> None:
    """Otherwise the frame would grow each time the page applies its height."""
    hosted = host("embed=hello")
    before = hosted.height()

    hosted.page.evaluate("document.querySelector('iframe').style.height = '3000px'")
    hosted.page.wait_for_timeout(300)

    assert hosted.height() == before


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
    send(frame, "Hello!")
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
    expect(frame.locator("#api_key-error")).to_contain_text("Enter your API key")
    expect(frame.get_by_label("API key")).to_be_focused()

    frame.get_by_label("API key").fill("sk-of-a-reader-1")
    send(frame, "Hello!")

    assert upstream.requests[0].header("Authorization") == "Bearer sk-of-a-reader-1"


def test_nothing_takes_the_focus_and_tab_passes_through(host: Host) -> None:
    page = host("embed=hello").page
    assert page.evaluate("document.activeElement.tagName") == "BODY"

    page.keyboard.press("Tab")
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == "After":
            break

    assert page.evaluate("document.activeElement.textContent") == "After"


@pytest.mark.parametrize(
    "query",
    [
        "embed=hello",
        *(pytest.param(f"embed={name}", marks=pytest.mark.thorough) for name in ("fixed", "own-key")),
    ],
)
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
