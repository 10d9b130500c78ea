"""Every state of the page: accessible, in both themes, and no wider than a phone.

`SCREENSHOTS=folder scripts/test --thorough tests/browser/test_look.py` also saves a screenshot of each.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import ALL_RULES, COLOURS, assert_no_barrier, settle
from tests.browser.conftest import Open
from tests.browser.steps import UNSUPPORTED, ask_for_stream, drawer, last_answer, last_text, send, tab
from tests.upstreams.scripted import (
    STREAM_HEAD,
    Paused,
    ScriptedUpstream,
    chunk,
    completion,
    event,
    json_answer,
    models,
    stream,
    token,
)

Arrange = Callable[[Page, ScriptedUpstream], None]


def first_visit(page: Page, upstream: ScriptedUpstream) -> None:
    expect(page.locator("[data-part=code-python]")).to_be_visible()


def empty_tab(page: Page, upstream: ScriptedUpstream) -> None:
    tab(page, "HTTP")


def busy(page: Page, upstream: ScriptedUpstream) -> None:
    upstream.reply(Paused(b""))
    page.locator("#send").click()
    expect(page.locator("[data-busy]")).to_contain_text("Waiting")


def stopped(page: Page, upstream: ScriptedUpstream) -> None:
    busy(page, upstream)
    page.keyboard.press("Escape")
    expect(last_answer(page)).to_contain_text("Stopped")


def answered(page: Page, upstream: ScriptedUpstream) -> None:
    send(page)


def raw(page: Page, upstream: ScriptedUpstream) -> None:
    send(page)
    page.get_by_role("tab", name="Raw JSON").click()
    page.get_by_text("Raw (").click()


def exchange(page: Page, upstream: ScriptedUpstream) -> None:
    send(page)
    page.get_by_role("tab", name="HTTP").click()


def curl(page: Page, upstream: ScriptedUpstream) -> None:
    page.get_by_role("button", name="cURL").click()


def several_choices(page: Page, upstream: ScriptedUpstream) -> None:
    message = {"role": "assistant", "content": "one", "reasoning": "Because."}
    calls = [{"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]
    upstream.reply(
        completion(
            choices=[
                {"index": 0, "message": message, "finish_reason": "length"},
                {
                    "index": 1,
                    "message": {"content": None, "tool_calls": calls},
                    "finish_reason": "tool_calls",
                },
                {"index": 2, "message": {"content": "", "refusal": "I cannot."}, "finish_reason": None},
            ],
            usage=None,
        )
    )
    send(page)
    page.get_by_text("Reasoning", exact=True).click()


def providers_error(page: Page, upstream: ScriptedUpstream) -> None:
    upstream.reply(json_answer({"error": {"message": UNSUPPORTED}}, 400))
    page.get_by_label("max_tokens", exact=True).fill("5")
    send(page)
    expect(page.locator(".fix")).to_be_visible()


def no_answer(page: Page, upstream: ScriptedUpstream) -> None:
    upstream.reply(b"")
    send(page)


def refused(page: Page, upstream: ScriptedUpstream) -> None:
    page.locator("#temperature").fill("hot")
    page.get_by_label("Role of message 1").select_option("tool")
    page.locator("#send").click()
    expect(page.locator("#answer [data-refusal]")).to_have_count(1)


def own_base_url_and_key(page: Page, upstream: ScriptedUpstream) -> None:
    page.get_by_label("Provider", exact=True).select_option("")
    page.get_by_label("API key").fill("sk-typed-in-the-page")
    page.get_by_label("Remember key").select_option("tab")
    expect(page.get_by_role("button", name="Forget")).to_be_hidden()  # no base URL yet to keep the key for
    page.get_by_label("Base URL").fill("https://llm.example")


def all_parameters(page: Page, upstream: ScriptedUpstream) -> None:
    page.get_by_text("More parameters").click()
    page.get_by_label("seed", exact=True).fill("7")
    page.locator("#composer [data-unfold]").click()


def listed_models(page: Page, upstream: ScriptedUpstream) -> None:
    upstream.reply(models(*(f"a-provider/some-quite-long-model-name-{number}" for number in range(40))))
    page.get_by_role("button", name="List models").click()
    expect(page.locator(".model-list")).to_be_visible()


def a_long_list_of_models(page: Page, upstream: ScriptedUpstream) -> None:
    entries = [{"id": f"a-provider/model-{number}"} for number in range(1200)]
    upstream.reply(json_answer({"data": [*entries, {"title": "no id"}]}))
    page.get_by_role("button", name="List models").click()
    page.get_by_label("Model", exact=True).fill("model-11")
    expect(page.locator("#models [data-narrowed]")).to_contain_text("1,200")


def unreadable_models(page: Page, upstream: ScriptedUpstream) -> None:
    upstream.reply(json_answer({"object": "list", "catalogue": "see https://llm.example/" + "x" * 200}))
    page.get_by_role("button", name="List models").click()
    expect(page.locator("#models .field-error")).to_be_visible()


def cleaned_key(page: Page, upstream: ScriptedUpstream) -> None:
    page.get_by_label("API key").fill('export API_KEY="sk-typed-in-the-page"')
    send(page)
    expect(page.locator("[data-key-note]")).to_be_visible()


def detected_apis(page: Page, upstream: ScriptedUpstream) -> None:
    upstream.reply(json_answer({"error": {"message": "'messages' is required: " + "x" * 150}}, 400))
    page.get_by_label("Provider", exact=True).select_option("")
    page.get_by_label("Base URL").fill(upstream.url)
    page.get_by_role("button", name="Detect APIs").click()
    expect(page.locator("#detected [data-speaks]").first).to_be_visible()


def wrong_key_and_address(page: Page, upstream: ScriptedUpstream) -> None:
    page.get_by_label("Provider", exact=True).select_option("")
    page.get_by_label("Base URL").fill("https://gateway.example/v1?api-version=1")
    page.get_by_label("API key").fill("sk-1…9")
    page.locator("#send").click()
    expect(page.locator("#api_key-error")).to_be_visible()


def full_storage(page: Page, upstream: ScriptedUpstream) -> None:
    page.evaluate(
        "Storage.prototype.setItem = function () { throw new DOMException('', 'QuotaExceededError'); }; null"
    )
    page.get_by_label("API key").fill("sk-typed-in-the-page")
    page.get_by_label("Remember key").select_option("browser")
    expect(page.locator("[data-storage-full]")).to_be_visible()


def examples_menu(page: Page, upstream: ScriptedUpstream) -> None:
    page.locator("nav details.menu summary").click()


def very_long(page: Page, upstream: ScriptedUpstream) -> None:
    upstream.reply(completion("x" * 500 + "\n\n" + "words and words " * 200))
    page.get_by_role("button", name="Add message").click()
    page.keyboard.insert_text("y" * 400)
    send(page)


def streamed(page: Page, upstream: ScriptedUpstream) -> None:
    upstream.reply(stream(*({"content": f"word {number} "} for number in range(40))))
    ask_for_stream(page)
    send(page)
    page.get_by_role("tab", name="Events").click()
    expect(page.locator(".events li").nth(2)).to_be_visible()


CALL = {
    "index": 0,
    "id": "call_1",
    "type": "function",
    "function": {"name": "weather", "arguments": '{"city": '},
}


def growing(page: Page, upstream: ScriptedUpstream) -> None:
    first = event(chunk({"reasoning_content": "Let me see. "})) + token("An answer that is still ")
    upstream.reply(Paused(STREAM_HEAD + first + event(chunk({"tool_calls": [CALL]}, index=1))))
    ask_for_stream(page)
    page.locator("#send").click()
    expect(page.locator("[data-part=live-calls-1]")).to_contain_text("weather(")


def growing_events(page: Page, upstream: ScriptedUpstream) -> None:
    growing(page, upstream)
    page.get_by_role("tab", name="Events").click()
    page.get_by_role("button", name="Expand").click()


def opened_stream(page: Page, upstream: ScriptedUpstream) -> None:
    upstream.reply(Paused(STREAM_HEAD))
    ask_for_stream(page)
    page.locator("#send").click()
    expect(page.locator("[data-part=live-status]")).to_have_text("200 OK")
    expect(page.locator("[data-busy]")).to_contain_text("Waiting")


def stopped_in_mid_stream(page: Page, upstream: ScriptedUpstream) -> None:
    growing(page, upstream)
    page.keyboard.press("Escape")
    expect(last_answer(page)).to_contain_text("Stopped")


def many_events(page: Page, upstream: ScriptedUpstream) -> None:
    upstream.reply(stream(*({"content": f"word {number} "} for number in range(520))))
    ask_for_stream(page)
    send(page)
    page.get_by_role("tab", name="Events").click()
    page.get_by_text("Events from 501").click()


def right_to_left(page: Page, upstream: ScriptedUpstream) -> None:
    upstream.reply(completion("مرحبا! كيف يمكنني مساعدتك اليوم؟"))
    send(page)


def _count(page: Page, upstream: ScriptedUpstream) -> None:
    page.get_by_label("Provider").select_option("")
    page.get_by_label("Base URL").fill(upstream.url)
    page.get_by_role("button", name="Messages", exact=True).click()
    page.locator("#count").click()


def counted(page: Page, upstream: ScriptedUpstream) -> None:
    upstream.reply(json_answer({"input_tokens": 123_456}))
    _count(page, upstream)
    expect(page.locator("#counted [data-tokens]")).to_be_visible()


def not_counted(page: Page, upstream: ScriptedUpstream) -> None:
    upstream.reply(json_answer({"error": {"message": "NoSuchEndpoint" * 9}}, 404))
    _count(page, upstream)
    expect(page.locator("#counted .field-error")).to_be_visible()


STATES: tuple[Arrange, ...] = (
    first_visit,
    empty_tab,
    busy,
    stopped,
    answered,
    raw,
    exchange,
    curl,
    several_choices,
    providers_error,
    no_answer,
    refused,
    own_base_url_and_key,
    all_parameters,
    listed_models,
    a_long_list_of_models,
    unreadable_models,
    cleaned_key,
    detected_apis,
    wrong_key_and_address,
    full_storage,
    examples_menu,
    very_long,
    streamed,
    opened_stream,
    growing,
    growing_events,
    stopped_in_mid_stream,
    many_events,
    right_to_left,
    counted,
    not_counted,
)


# Made of what other states show as well.
_ALIKE = {
    *(empty_tab, stopped, curl, providers_error, unreadable_models, cleaned_key, full_storage),
    *(opened_stream, growing, stopped_in_mid_stream, counted),
}


def _arranged(open_page: Open, upstream: ScriptedUpstream, arrange: Arrange) -> Page:
    """Use one page for all widths and themes, because its content does not depend on them."""
    page = open_page("?provider=test", height=800, color_scheme="light", reduced_motion="reduce")
    arrange(page, upstream)
    return page


def _look(page: Page, name: str, arrange: Arrange, **rules: Any) -> None:
    settle(page)
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=Path(folder, f"{arrange.__name__}-{name}.png"))
    # An open menu covers targets, which can be reached when it is closed.
    assert_no_barrier(page, "header" if arrange is examples_menu else None, **rules)


@pytest.mark.parametrize(
    "arrange",
    [
        pytest.param(state, marks=[pytest.mark.thorough] * (state in _ALIKE), id=state.__name__)
        for state in STATES
    ],
)
def test_each_state(open_page: Open, upstream: ScriptedUpstream, arrange: Arrange) -> None:
    page = _arranged(open_page, upstream, arrange)

    page.emulate_media(color_scheme="dark")
    _look(page, "1440-dark", arrange, **ALL_RULES)
    for width in (360, 320):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.thorough
@pytest.mark.parametrize("arrange", STATES, ids=lambda state: state.__name__)
def test_each_state_in_all_other_looks(open_page: Open, upstream: ScriptedUpstream, arrange: Arrange) -> None:
    page = _arranged(open_page, upstream, arrange)

    _look(page, "1440-light", arrange, **COLOURS)
    page.set_viewport_size({"width": 360, "height": 800})
    _look(page, "360-light", arrange, **ALL_RULES)
    page.emulate_media(color_scheme="dark")
    _look(page, "360-dark", arrange, **COLOURS)
    page.keyboard.press("Escape")  # an open menu covers the buttons
    for name in ("settings", "result"):
        drawer(page, name)
        _look(page, name, arrange, **COLOURS)
        page.keyboard.press("Escape")


@pytest.mark.parametrize("width", [1440, 360])
def test_without_scripts(open_page: Open, upstream: ScriptedUpstream, width: int) -> None:
    """axe is a script itself, so this checks only the width."""
    page = open_page("?provider=test", width=width, java_script_enabled=False)
    page.locator("#send").click()
    expect(last_text(page)).to_be_visible()

    assert page.locator("html").bounding_box()["width"] <= width  # type: ignore[index]


def test_the_theme_is_switched_and_remembered(open_page: Open) -> None:
    page = open_page(color_scheme="light")
    background = "getComputedStyle(document.documentElement).backgroundColor"
    light = page.evaluate(background)
    switch = page.get_by_role("button", name="Theme")

    switch.click()  # light
    assert page.evaluate(background) == light
    switch.click()  # dark
    dark = page.evaluate(background)
    assert dark != light
    page.reload()
    assert page.evaluate(background) == dark
    switch.click()  # system preference
    assert page.evaluate(background) == light


def test_the_system_decides_the_theme_at_first(open_page: Open) -> None:
    background = "getComputedStyle(document.documentElement).backgroundColor"

    assert open_page(color_scheme="dark").evaluate(background) != open_page(color_scheme="light").evaluate(
        background
    )
