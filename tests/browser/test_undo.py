"""Whatever replaces or removes what was typed can be taken back."""

import json
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open
from tests.browser.steps import choose, composer, example, last_answer, message, send
from tests.upstreams.scripted import ScriptedUpstream, completion

REQUEST = {
    "model": "m",
    "messages": [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "one"},
        {"role": "assistant", "content": None, "tool_calls": [{"id": "a", "type": "function"}]},
    ],
    "temperature": 0.5,
    "seed": 7,
    "tools": [],
}
NOTE = "[data-undo-note]"


@pytest.fixture
def page(open_page: Open) -> Page:
    return open_page(f"?provider=test&request={quote(json.dumps(REQUEST))}")


def _state(page: Page) -> Any:
    return page.evaluate("editForm.state()")


def _shows(page: Page, state: Any) -> None:
    """Wait until the form is as it was."""
    page.wait_for_function("state => JSON.stringify(editForm.state()) === JSON.stringify(state)", arg=state)


def _undo(page: Page) -> None:
    page.locator(NOTE).get_by_role("button", name="Undo").click()


@pytest.mark.parametrize(
    "change",
    [
        lambda page: choose(page, "Delete message 2"),
        lambda page: page.get_by_role("button", name="New", exact=True).click(),
        lambda page: example(page, 0),
    ],
    ids=["deleted", "cleared", "example"],
)
def test_a_change_is_taken_back(page: Page, change: Any) -> None:
    before = _state(page)

    change(page)
    expect(page.locator(NOTE)).to_be_visible()
    assert _state(page) != before
    page.route("**/edit/", lambda route: route.fulfill(status=502))  # the playground is out of reach
    _undo(page)
    expect(page.locator("[data-busy]")).to_have_text("No response from the playground")
    page.unroute("**/edit/")
    _undo(page)

    expect(page.locator(NOTE)).to_be_hidden()
    _shows(page, before)


def test_another_api_is_taken_back(open_page: Open, upstream: ScriptedUpstream) -> None:
    page = open_page(f"?base_url={quote(upstream.url)}&request={quote(json.dumps(REQUEST))}")
    before = _state(page)

    page.locator("#dialects").get_by_text("Messages").click()
    expect(page.locator(NOTE)).to_be_visible()
    _undo(page)

    _shows(page, before)


def test_an_answer_that_was_deleted_comes_back_with_its_facts(page: Page, upstream: ScriptedUpstream) -> None:
    upstream.reply(completion("Hello!"))
    choose(page, "Delete message 3")
    send(page)
    answer = page.locator("[data-message] [data-part=panel-answer]")
    expect(answer).to_be_visible()
    before = _state(page)

    choose(page, "Delete message 3")
    expect(answer).to_have_count(0)
    _undo(page)

    _shows(page, before)
    expect(answer).to_be_visible()


def test_ctrl_z_outside_of_fields_takes_back_one_after_another(page: Page) -> None:
    states = [_state(page)]
    for _ in range(3):
        choose(page, "Delete message 1")
        states.append(_state(page))

    page.evaluate("document.activeElement.blur()")
    for state in states[2::-1]:
        page.keyboard.press("Control+z")
        _shows(page, state)

    page.keyboard.press("Control+z")
    assert _state(page) == states[0]
    # Also if the server is not waited for.
    for _ in range(3):
        page.keyboard.press("Control+Shift+Z")
    _shows(page, states[3])
    for state in states[2::-1]:
        page.keyboard.press("Control+z")
        _shows(page, state)


def test_undo_of_an_earlier_change_can_be_taken_back_with_the_conversation_since(
    page: Page, upstream: ScriptedUpstream
) -> None:
    page.locator("header [value=clear]").click()
    send(page, "And then?")
    page.locator("#messages [data-view]").last.click()

    page.keyboard.press("Control+z")
    expect(page.locator("#messages [data-message]")).to_have_count(3)
    page.keyboard.press("Control+Shift+Z")

    expect(page.locator("#messages [data-message]")).to_have_count(2)
    expect(last_answer(page)).to_be_visible()
    page.keyboard.press("Control+z")
    expect(page.locator("#messages [data-message]")).to_have_count(3)


def test_ctrl_z_right_after_a_change_takes_it_back(page: Page) -> None:
    before = _state(page)
    choose(page, "Delete message 3")
    expect(message(page, 2)).to_be_focused()
    page.keyboard.press("Control+z")
    _shows(page, before)

    page.locator("header [value=clear]").click()
    expect(composer(page)).to_be_focused()
    page.keyboard.press("Control+z")
    _shows(page, before)

    page.locator("header [value=clear]").click()
    expect(composer(page)).to_be_focused()
    page.keyboard.type("a")
    page.keyboard.press("Backspace")
    page.keyboard.press("Control+z")
    expect(composer(page)).to_have_value("a")  # the field's own


def test_ctrl_z_in_a_field_is_the_fields_own(page: Page) -> None:
    choose(page, "Delete message 3")
    field = message(page, 2)
    field.press_sequentially(" and more")

    field.press("Control+z")

    expect(page.locator("#messages [data-message]")).to_have_count(2)


def test_the_sites_name_leads_to_a_new_form_and_back(page: Page) -> None:
    before = _state(page)

    page.locator(".brand").click()
    expect(page.locator(NOTE)).to_be_visible()
    assert _state(page) != before
    _undo(page)

    _shows(page, before)


def test_a_change_that_changes_nothing_is_not_told(open_page: Open) -> None:
    page = open_page("?provider=test")
    page.get_by_role("button", name="New", exact=True).click()
    page.locator(NOTE).get_by_role("button", name="Undo").click()
    page.get_by_role("button", name="New", exact=True).click()
    expect(page.locator(NOTE)).to_be_visible()
    page.evaluate("document.querySelector('[data-undo-note]').hidden = true")

    page.get_by_role("button", name="New", exact=True).click()

    expect(message(page, 1)).to_be_focused()
    expect(page.locator(NOTE)).to_be_hidden()


def test_on_a_phone_the_note_covers_no_message(page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    choose(page, "Delete message 1")

    note, talk = page.locator(NOTE).bounding_box(), page.locator("[data-talk]").bounding_box()

    assert note
    assert talk
    assert note["y"] >= talk["y"] + talk["height"]


def test_a_key_is_not_kept_for_it(page: Page) -> None:
    page.locator("[name=api_key]").fill("sk-typed-123456")
    page.locator(".brand").click()
    expect(page.locator(NOTE)).to_be_visible()

    assert "sk-typed" not in page.evaluate("JSON.stringify([editForm.state(), {...sessionStorage}])")


def test_a_new_conversation_without_scripts(open_page: Open) -> None:
    page = open_page(f"?provider=test&request={quote(json.dumps(REQUEST))}", java_script_enabled=False)

    page.get_by_role("button", name="New", exact=True).click()

    expect(page.locator("[data-message]")).to_have_count(1)  # the composer
    expect(page.locator("#temperature")).to_have_value("0.5")
