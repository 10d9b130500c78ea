"""Tags in a page of another site: their requests, recorded answers, and refusals."""

import json
import re
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, expect

from tests.browser import framed
from tests.browser.axe import assert_no_barrier
from tests.browser.conftest import Complaints
from tests.browser.framed import LONG, REQUEST, Host, send
from tests.upstreams.scripted import ScriptedUpstream


@pytest.fixture(scope="module")
def playground(
    provider_server: ScriptedUpstream, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, str]]:
    yield from framed.served(provider_server, tmp_path_factory.mktemp("frames"))


@pytest.fixture
def host(browser: Browser, playground: tuple[str, str], upstream: ScriptedUpstream) -> Iterator[Host]:
    yield from framed.opening(browser, playground[1])


def test_a_request_too_long_for_an_address_comes_as_a_message(host: Host, upstream: ScriptedUpstream) -> None:
    hosted = host("embed=hello")
    long = "字" * 900
    request = {"model": "other", "messages": [{"role": "user", "content": long}], "max_tokens": 40}

    hosted.say(type="request", request=json.dumps(request))
    expect(hosted.frame.get_by_label("Content of message 1")).to_have_value(long)
    send(hosted.frame, "Hello!")

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


@pytest.mark.parametrize(
    ("width", "theme"),
    [
        *((800, "light"), (360, "dark")),
        *(pytest.param(*look, marks=pytest.mark.thorough) for look in ((800, "dark"), (360, "light"))),
    ],
)
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
        send(frame, answer)
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


def test_plain_html_runs_the_call(
    browser: Browser, playground: tuple[str, str], upstream: ScriptedUpstream
) -> None:
    """The script and the tag are enough."""
    complaints, context = Complaints(), browser.new_context()
    page = context.new_page()
    complaints.watch(page)
    page.goto(f"{playground[1]}/loaded")
    frame = page.frame_locator("api-playground iframe")

    send(frame, "Hello!")

    assert upstream.requests[0].json == REQUEST | {"messages": [{"role": "user", "content": "Asked here"}]}
    expect(page.locator("main > p")).to_have_text("After it.")
    expect(page.locator("api-playground p")).to_have_count(0)
    assert context.cookies() == []
    context.close()
    assert complaints.seen == []
