"""The page for people who use a keyboard, a screen reader or their own colors."""

import re
from typing import Literal

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.browser.steps import add_messages, ask_for_stream, composer, last_answer, message, send
from tests.upstreams.scripted import STREAM_HEAD, Paused, ScriptedUpstream, json_answer, models, token


def test_esc_stops_in_the_model_field_as_well(open_page: Open, upstream: ScriptedUpstream) -> None:
    hold = Paused(b"")
    upstream.reply(hold)
    page = open_page("?provider=test")
    model = page.get_by_label("Model", exact=True)
    page.locator("#send").click()
    expect(page.get_by_role("button", name="Stop")).to_be_visible()

    model.press_sequentially("x")
    page.keyboard.press("Escape")  # may close the suggestions
    assert not hold.left.wait(0.3)
    page.keyboard.press("Escape")

    assert hold.left.wait(10)
    expect(last_answer(page)).to_contain_text("Stopped")


def test_the_end_of_an_answer_is_announced(open_page: Open, upstream: ScriptedUpstream) -> None:
    page = open_page("?provider=test")
    announced = page.locator("[data-announcer][role=status]")
    expect(announced).to_be_empty()

    send(page)
    expect(announced).to_contain_text("3 tokens")

    upstream.reply(json_answer({"error": {"message": "no"}}, 400))
    composer(page).fill("Again")
    page.keyboard.press("Control+Enter")
    expect(announced).to_be_empty()  # the notice announces itself as an alert
    expect(page.locator("[data-part=panel-answer] [role=alert]")).to_be_visible()


def test_a_stop_is_announced(open_page: Open, upstream: ScriptedUpstream) -> None:
    upstream.reply(Paused(STREAM_HEAD + token("so far")))
    page = open_page("?provider=test")
    ask_for_stream(page)
    page.locator("#send").click()
    expect(page.locator("[data-part=live-text-0]")).to_have_text("so far")

    page.get_by_role("button", name="Stop").click()

    expect(page.locator("[data-announcer][role=status]")).to_have_text("Stopped")
    expect(page.locator("[data-part=panel-answer] [role=alert]")).to_have_count(0)


def test_the_head_of_the_page_is_one_line_on_the_narrowest_screen(open_page: Open) -> None:
    page = open_page("?provider=test", width=320)
    first, last = page.get_by_role("link", name="Docs"), page.locator("header.top button:visible").last

    (one, other) = (link.bounding_box() for link in (first, last))

    assert one is not None
    assert other is not None
    assert other["y"] < one["y"] + one["height"]


@pytest.mark.parametrize("forced", ["none", "active"])
def test_the_focus_of_a_message_is_outlined(open_page: Open, forced: Literal["none", "active"]) -> None:
    page = open_page("?provider=test", forced_colors=forced)
    add_messages(page)
    outline = "(element) => { const { outlineStyle, outlineColor } = getComputedStyle(element);"
    outline += " return [outlineStyle, outlineColor]; }"

    box, nothing = page.locator(".composer-box"), "rgba(0, 0, 0, 0)"
    style, color = box.evaluate(outline)
    assert style != "none"
    assert color != nothing or box.evaluate("box => getComputedStyle(box).boxShadow") != "none"

    message(page, 1).focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    style, color = message(page, 1).evaluate(outline)
    assert style != "none"
    assert color != nothing
    assert box.evaluate(outline)[0] == "none"


def test_forced_colours_show_what_is_ticked_and_selected(open_page: Open) -> None:
    page = open_page("?provider=test", forced_colors="active")
    looks = (
        "(element) => { const { backgroundColor, color, appearance } = getComputedStyle(element);"
        " return [backgroundColor, color, appearance]; }"
    )

    def look(selector: str) -> list[str]:
        return list(page.locator(selector).first.evaluate(looks))

    assert look("[role=tab][aria-selected=true]")[:2] != look("[role=tab][aria-selected=false]")[:2]
    assert (
        look("[data-show-target][aria-pressed=true]")[:2]
        != look("[data-show-target][aria-pressed=false]")[:2]
    )
    assert look("#stream")[2] == "auto"  # drawn by the browser, with its check mark


def test_a_field_is_described_by_its_own_error_and_not_by_a_list(
    open_page: Open, upstream: ScriptedUpstream
) -> None:
    page = open_page("?provider=test")
    model = page.get_by_label("Model", exact=True)
    upstream.reply(models("first", "second"))
    page.get_by_role("button", name="List models").click()
    expect(page.locator("#models [data-model]")).to_have_count(2)
    expect(model).to_have_accessible_description("")

    model.fill("")
    page.locator("#temperature").fill("hot")
    page.get_by_label("Role of message 1").select_option("tool")
    page.locator("#send").click()

    for field, error in [
        ("#model", "#model-error"),
        ("#temperature", "#temperature-error"),
        ("#composer [name=call]", "[data-message-error]:visible"),
    ]:
        expect(page.locator(error)).not_to_be_empty()
        sentence = re.compile(re.escape(page.locator(error).inner_text()))
        expect(page.locator(field)).to_have_accessible_description(sentence)
