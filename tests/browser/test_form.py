"""The form in a browser: it sends exactly what it was filled with."""

import json
import re
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open
from tests.browser.steps import add_messages, choose, composer, example, last_text, message, send
from tests.upstreams.scripted import ScriptedUpstream, completion

MESSAGE = {"role": "user", "content": "Hello!"}
CARRIED = {
    "model": "m",
    "messages": [
        {"role": "system", "content": "\n\nfirst\n"},
        {"role": "user", "content": "a\rb"},
        {"role": "assistant", "function_call": {"name": "f", "arguments": '{"n": 1.0}'}},
        {"role": "user", "content": "", "name": "x\ny"},
    ],
    "temperature": 1.0,
    "seed": 2**63 + 1,
    "stop": "\t[x",
    "user": "a\nb",
    "metadata": {"n": 12345678901234567890, "f": 1.0},
}


def _link(request: dict[str, Any]) -> str:
    return f"?provider=test&request={quote(json.dumps(request))}"


def _sent(page: Page, upstream: ScriptedUpstream) -> str:
    page.locator("#send").click()
    expect(last_text(page)).to_have_text("Hello!")
    return upstream.requests[-1].body.decode()


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_a_link_is_sent_as_it_is(open_page: Open, upstream: ScriptedUpstream, scripts: bool) -> None:
    page = open_page(_link(CARRIED), java_script_enabled=scripts)
    if scripts:
        message(page, 1).press("End")  # changes nothing

    sent = _sent(page, upstream)

    assert json.dumps(json.loads(sent), sort_keys=True) == json.dumps(CARRIED, sort_keys=True)


def test_the_form_outlasts_a_reload_unchanged(open_page: Open, upstream: ScriptedUpstream) -> None:
    page = open_page(_link(CARRIED))
    add_messages(page, "five")
    choose(page, "Delete message 5")  # a change, so that the form is stored
    page.reload()

    sent = _sent(page, upstream)

    assert json.dumps(json.loads(sent), sort_keys=True) == json.dumps(CARRIED, sort_keys=True)


def test_the_form_is_saved_not_at_each_key_but_when_the_page_is_left(open_page: Open) -> None:
    page = open_page()
    page.evaluate(
        """() => {
            const put = Storage.prototype.setItem;
            window.saved = 0;
            Storage.prototype.setItem = function (...all) { window.saved++; put.apply(this, all); };
        }"""
    )
    page.locator("#composer [name=content]").press_sequentially("abc" * 20)
    assert page.evaluate("window.saved") < 60

    page.reload()

    expect(page.locator("#composer [name=content]")).to_have_value("abc" * 20)


def test_an_answer_joins_with_its_numbers_as_they_are(open_page: Open, upstream: ScriptedUpstream) -> None:
    calls = [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}, "n": 2**63 + 1}]
    answer = {"role": "assistant", "content": None, "tool_calls": calls}
    upstream.reply(completion(choices=[{"index": 0, "message": answer, "finish_reason": "tool_calls"}]))
    page = open_page("?provider=test")
    page.locator("#send").click()

    expect(message(page, 3)).to_be_focused()
    expect(page.get_by_label("tool_call_id of message 3")).to_have_value("c")
    extra = page.get_by_label("More fields of message 2 as JSON").input_value()
    assert json.loads(extra)["tool_calls"][0]["n"] == 2**63 + 1


def test_what_is_typed_while_the_form_changes_stays(open_page: Open) -> None:
    page = open_page("?provider=test")
    first = True

    def slow(route: Any) -> None:
        nonlocal first
        if first:
            first = False
            page.locator("#temperature").fill("0.3")
        route.continue_()

    page.route("**/edit/", slow)
    example(page, 1)

    expect(page.locator("nav details.menu")).not_to_have_attribute("open", "")
    expect(page.locator("#temperature")).to_have_value("0.3")


def test_a_server_that_is_gone_is_told_and_the_form_stays(open_page: Open) -> None:
    page = open_page("?provider=test")
    page.route("**/edit/", lambda route: route.fulfill(status=502, body="<html>"))

    example(page, 1)

    expect(page.locator("[data-busy]")).not_to_be_empty()
    expect(message(page, 1)).to_have_value("Hello!")


def test_json_that_is_broken_is_marked_and_not_thrown_away(
    open_page: Open, upstream: ScriptedUpstream
) -> None:
    upstream.reply(completion("x"))
    page = open_page("?provider=test")
    page.get_by_text("More parameters").click()
    page.get_by_label("Other parameters (JSON)").fill('{"broken')

    page.evaluate(
        """() => { const button = document.createElement("button"); button.name = "do";
        button.value = 'change:chat_completions:{"max_tokens": 5}'; document.body.append(button);
        button.click(); }"""
    )

    expect(page.locator("#more-error")).to_be_visible()
    expect(page.get_by_label("Other parameters (JSON)")).to_have_value('{"broken')


def test_a_failed_change_is_no_longer_told_once_a_change_succeeds(open_page: Open) -> None:
    page = open_page("?provider=test")
    page.route("**/edit/", lambda route: route.fulfill(status=502, body=""), times=1)
    _example(page, 1)
    expect(page.locator("[data-busy]")).not_to_be_empty()

    _example(page, 1)

    expect(page.locator("[data-busy]")).to_be_empty()


def test_an_answer_that_joins_is_in_view_as_a_whole(open_page: Open) -> None:
    page = open_page(_link({"model": "m", "messages": [MESSAGE] * 12}))
    send(page)

    expect(composer(page)).to_be_focused()
    expect(page.get_by_label("Role of message 13")).to_have_value("assistant")
    expect(page.locator("#messages [data-message]").last).to_be_in_viewport(ratio=1)


@pytest.mark.parametrize("way", ["typed", "added"])
def test_a_message_clears_that_there_was_none(open_page: Open, way: str) -> None:
    page = open_page("?provider=test")
    composer(page).fill("")
    page.locator("#send").click()
    expect(page.locator("#messages-error")).to_be_visible()
    expect(composer(page)).to_be_focused()

    if way == "typed":
        composer(page).fill("one")
    else:
        page.evaluate("document.querySelector('#composer [name=content]').value = 'one'")
        page.get_by_role("button", name="Add message").click()

    expect(page.locator("#messages-error")).to_be_hidden()
    expect(page.locator("#composer [aria-invalid]")).to_have_count(0)


def test_the_key_stays_where_it_is_when_the_form_changes(open_page: Open) -> None:
    page = open_page("?provider=test")
    page.get_by_label("API key").fill("sk-typed-by-hand")

    with page.expect_request("**/edit/") as changed:
        example(page, 1)

    assert "sk-typed-by-hand" not in (changed.value.post_data or "")
    expect(page.get_by_label("API key")).to_have_value("sk-typed-by-hand")


def _hold_first_edit(page: Page) -> list[Any]:
    """Hold the first request for a changed form in the returned list; let later ones pass."""
    held: list[Any] = []
    page.route("**/edit/", lambda route: route.continue_() if held else held.append(route))
    return held


def _example(page: Page, number: int) -> None:
    with page.expect_request("**/edit/"):
        example(page, number)


def test_an_example_leaves_what_is_typed_after_the_click(open_page: Open) -> None:
    page = open_page("?provider=test")
    add_messages(page, "two", "three")
    held = _hold_first_edit(page)
    _example(page, 1)  # two messages, at a temperature of 0.7

    page.locator("#temperature").fill("0.3")
    third = message(page, 3)
    third.press("End")
    page.keyboard.type(" and mo")
    page.keyboard.press("ArrowLeft")
    held[0].continue_()

    first = message(page, 1)
    expect(first).to_have_value("You are a patient teacher. Answer in two short sentences.")
    expect(page.get_by_label("Role of message 1")).to_have_value("system")
    expect(page.locator("#temperature")).to_have_value("0.3")
    expect(page.get_by_label("max_tokens", exact=True)).to_have_value("150")
    typed = message(page, 2)
    expect(typed).to_have_value("three and mo")
    expect(typed).to_be_focused()
    page.keyboard.type("!")
    expect(typed).to_have_value("three and m!o")
    expect(page.get_by_label(re.compile("Content of message"))).to_have_count(3)
    expect(composer(page)).not_to_have_value("")


def test_an_example_leaves_what_is_written_meanwhile(open_page: Open) -> None:
    page = open_page("?provider=test")
    add_messages(page, "two")
    held = _hold_first_edit(page)
    _example(page, 1)

    composer(page).press_sequentially("late words")
    held[0].continue_()

    expect(page.get_by_label("Role of message 1")).to_have_value("system")
    expect(composer(page)).to_have_count(1)
    expect(composer(page)).to_have_value("late words")
    expect(composer(page)).to_be_focused()
    expect(page.get_by_label(re.compile("Content of message"))).to_have_count(2)


def test_what_is_written_while_an_answer_joins_stays(open_page: Open) -> None:
    page = open_page("?provider=test")
    held = _hold_first_edit(page)
    with page.expect_request("**/edit/"):
        page.locator("#send").click()

    composer(page).press_sequentially("late words")
    held[0].continue_()

    expect(page.get_by_label("Role of message 2")).to_have_value("assistant")
    expect(composer(page)).to_have_value("late words")
    expect(composer(page)).to_be_focused()
    expect(page.get_by_label(re.compile("Content of message"))).to_have_count(3)


def test_a_silent_server_is_told_and_holds_up_no_later_change(open_page: Open) -> None:
    """The page's patience is shortened, not sat out."""
    soon = "const timeout = AbortSignal.timeout.bind(AbortSignal); AbortSignal.timeout = () => timeout(100)"
    page = open_page("?provider=test", before=lambda page: page.add_init_script(soon))
    busy = page.locator("[data-busy]")
    _hold_first_edit(page)
    _example(page, 1)
    expect(busy).to_have_text(busy.get_attribute("data-lost") or "")

    page.evaluate("AbortSignal.timeout = () => undefined")
    _example(page, 1)

    expect(page.get_by_label("Role of message 1")).to_have_value("system")
    expect(busy).to_have_text("")


def test_a_lost_connection_takes_nothing_that_is_typed(open_page: Open) -> None:
    page = open_page("?provider=test")
    held = _hold_first_edit(page)
    _example(page, 1)

    message(page, 1).fill("kept")
    held[0].fulfill(status=502, body="")

    expect(page.locator("[data-busy]")).not_to_be_empty()
    expect(message(page, 1)).to_have_value("kept")


def test_two_changes_at_once_both_happen(open_page: Open) -> None:
    page = open_page("?provider=test")
    held = _hold_first_edit(page)
    _example(page, 1)
    example(page, 3)

    held[0].continue_()

    expect(page.locator("#temperature")).to_have_value("0")
    expect(message(page, 1)).to_have_value(re.compile("French"))


def test_messages_are_added_and_moved_without_waiting_for_the_server(open_page: Open) -> None:
    page = open_page("?provider=test")
    held = _hold_first_edit(page)

    add_messages(page, "second")
    message(page, 2).press("End")
    page.keyboard.press("Alt+ArrowUp")
    page.keyboard.type(" one")
    choose(page, "Delete message 2")

    expect(message(page, 1)).to_have_value("second one")
    expect(page.get_by_label("Move message 1 up")).to_be_disabled()
    assert held == []


def test_typing_can_be_undone_after_messages_moved_and_changed(open_page: Open) -> None:
    page = open_page("?provider=test")
    first = message(page, 1)
    first.press("End")
    page.keyboard.type(" there")
    page.get_by_text("More parameters").click()
    page.evaluate("editForm('change:chat_completions:{\"seed\": 5}')")
    expect(page.get_by_label("seed", exact=True)).to_have_value("5")

    first.press("Control+z")  # what was done last: the change
    expect(page.get_by_label("seed", exact=True)).to_have_value("")

    first.press("Control+z")

    expect(first).to_have_value("Hello!")


def test_a_message_too_many_is_refused_by_the_server(open_page: Open) -> None:
    page = open_page("?provider=test")
    page.evaluate("document.getElementById('messages').dataset.most = 1")
    page.route(
        "**/edit/",
        lambda route: route.fulfill(
            status=400, json={"error": {"title": "", "fields": {"messages": "no more of them"}}}
        ),
    )

    page.get_by_role("button", name="Add message").click()

    expect(page.locator("#messages-error")).to_have_text("no more of them")
    expect(page.get_by_label(re.compile("Content of message"))).to_have_count(1)


def test_a_role_of_another_example_is_no_longer_offered(open_page: Open) -> None:
    page = open_page(_link({"model": "m", "messages": [{"role": "critic", "content": "x"}]}))
    role = page.get_by_label("Role of message 1")
    expect(role).to_have_value("critic")

    _example(page, 0)

    expect(role).to_have_value("user")
    expect(role.locator("option", has_text="critic")).to_have_count(0)


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_the_form_is_the_same_with_scripts_and_without(open_page: Open, scripts: bool) -> None:
    page = open_page(_link(CARRIED), java_script_enabled=scripts)
    page.get_by_role("button", name="Add message").click()

    expect(message(page, 5)).to_be_focused()
    expect(page.get_by_label("Move message 1 up")).to_be_disabled()
    expect(page.get_by_label("Move message 4 down")).to_be_disabled()
    expect(page.get_by_label("Move message 4 up")).to_be_enabled()
    expect(page.locator("[data-set-count]")).to_have_text("3")
    expect(page.get_by_label("tool_call_id of message 1")).to_be_hidden()


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_the_field_that_is_wrong_is_marked_with_scripts_and_without(open_page: Open, scripts: bool) -> None:
    request = {"model": "m", "messages": [MESSAGE, {"role": "tool", "content": "x"}]}
    page = open_page(_link(request), java_script_enabled=scripts)
    page.locator("#send").click()

    wrong = page.locator("[aria-invalid]")
    expect(wrong).to_have_count(1)
    expect(wrong).to_have_attribute("name", "call")
    expect(page.locator("[data-message-error]:visible")).to_have_count(1)
    expect(page.locator("[data-more-parameters]")).not_to_have_attribute("open", "")
