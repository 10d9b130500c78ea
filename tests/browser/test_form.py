"""The form in a browser: it sends exactly what it was filled with."""

import json
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open
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
    expect(page.locator("#answer-1")).to_have_text("Hello!")
    return upstream.requests[-1].body.decode()


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_a_link_is_sent_as_it_is(open_page: Open, upstream: ScriptedUpstream, scripts: bool) -> None:
    page = open_page(_link(CARRIED), java_script_enabled=scripts)
    if scripts:
        page.get_by_label("Content of message 1", exact=True).press("End")  # changes nothing

    sent = _sent(page, upstream)

    assert json.dumps(json.loads(sent), sort_keys=True) == json.dumps(CARRIED, sort_keys=True)


def test_the_form_outlasts_a_reload_unchanged(open_page: Open, upstream: ScriptedUpstream) -> None:
    page = open_page(_link(CARRIED))
    page.get_by_role("button", name="Add message").click()
    page.get_by_role("button", name="Remove message 5").click()  # a change, so that the form is stored
    page.reload()

    sent = _sent(page, upstream)

    assert json.dumps(json.loads(sent), sort_keys=True) == json.dumps(CARRIED, sort_keys=True)


def test_an_answer_joins_with_its_numbers_as_they_are(open_page: Open, upstream: ScriptedUpstream) -> None:
    calls = [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}, "n": 2**63 + 1}]
    message = {"role": "assistant", "content": None, "tool_calls": calls}
    upstream.reply(completion(choices=[{"index": 0, "message": message, "finish_reason": "tool_calls"}]))
    page = open_page("?provider=test")
    page.get_by_role("button", name="Send").click()
    page.get_by_role("button", name="Add to conversation").click()

    expect(page.get_by_label("Content of message 3", exact=True)).to_be_focused()
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
            page.get_by_label("temperature", exact=True).fill("0.3")
        route.continue_()

    page.route("**/edit/", slow)
    page.get_by_text("Examples").click()
    page.locator(".menu button").nth(1).click()

    expect(page.locator("details.menu")).not_to_have_attribute("open", "")
    expect(page.get_by_label("temperature", exact=True)).to_have_value("0.3")


def test_a_server_that_is_gone_is_told_and_the_form_stays(open_page: Open) -> None:
    page = open_page("?provider=test")
    page.route("**/edit/", lambda route: route.fulfill(status=502, body="<html>"))

    page.get_by_text("Examples").click()
    page.locator(".menu button").nth(1).click()

    expect(page.locator("[data-busy]")).not_to_be_empty()
    expect(page.get_by_label("Content of message 1", exact=True)).to_have_value("Hello!")


def test_json_that_is_broken_is_marked_and_not_thrown_away(
    open_page: Open, upstream: ScriptedUpstream
) -> None:
    upstream.reply(completion("x"))
    page = open_page("?provider=test")
    page.get_by_text("More parameters").click()
    page.get_by_label("Any other key, as JSON").fill('{"broken')

    page.evaluate(
        """() => { const button = document.createElement("button"); button.name = "do";
        button.value = 'change:{"max_tokens": 5}'; document.body.append(button); button.click(); }"""
    )

    expect(page.locator("#more-error")).to_be_visible()
    expect(page.get_by_label("Any other key, as JSON")).to_have_value('{"broken')


def test_the_key_stays_where_it_is_when_the_form_changes(open_page: Open) -> None:
    page = open_page("?provider=test")
    page.get_by_label("API key").fill("sk-typed-by-hand")

    with page.expect_request("**/edit/") as changed:
        page.get_by_text("Examples").click()
        page.locator(".menu button").nth(1).click()

    assert "sk-typed-by-hand" not in (changed.value.post_data or "")
    expect(page.get_by_label("API key")).to_have_value("sk-typed-by-hand")
