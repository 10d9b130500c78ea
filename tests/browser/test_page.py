"""The page in a browser, as people use it."""

import json
import re
from urllib.parse import quote, unquote

import pytest
from playwright.sync_api import Locator, Page, expect

from playground.catalogue.providers import catalogue
from playground.upstream.local_model.supervisor import Supervisor
from tests.browser.conftest import Open, clipboard
from tests.upstreams.scripted import (
    Paused,
    ScriptedUpstream,
    completion,
    completion_body,
    json_answer,
    models,
)

UNSUPPORTED = "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."


def _send(page: Page) -> None:
    """Send and wait for the answer to this request, not for one that is there already."""
    with page.expect_response("**/send/"):
        page.get_by_role("button", name="Send").click()
    expect(page.locator("[data-part=outcome][aria-busy]")).to_have_count(0)
    expect(page.locator("[data-part=outcome] [data-result]")).to_be_visible()


def _send_by_keys(page: Page) -> None:
    """Send once nothing else is being sent, and wait for the answer to this request."""
    expect(page.locator("[data-part=outcome][aria-busy]")).to_have_count(0)
    with page.expect_response("**/send/"):
        page.keyboard.press("Control+Enter")
    expect(page.locator("[data-part=outcome][aria-busy]")).to_have_count(0)


def _message(page: Page, number: int) -> Locator:
    return page.get_by_label(f"Content of message {number}", exact=True)


def _tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name).click()


# --- the whole job ---


def test_hello_to_a_real_model(open_page: Open, running_model: Supervisor) -> None:
    page = open_page()
    expect(page.get_by_label("Provider", exact=True)).to_have_value("local")
    expect(page.locator("[data-part=code-python]")).to_contain_text('"content": "Hello!"')

    page.get_by_label("max_tokens", exact=True).fill("5")
    page.keyboard.press("Control+Enter")

    expect(page.locator("[data-part=answer-1]")).to_have_text(re.compile(r"\S"))
    facts = page.locator(".facts").inner_text()
    counts = re.search(r"(\d+) total · (\d+) prompt · (\d+) completion", facts)
    assert counts is not None, facts
    total, prompt, completed = map(int, counts.groups())
    assert total == prompt + completed
    expect(page.locator(".facts")).to_contain_text("200")
    _tab(page, "Raw JSON")
    assert json.loads(page.locator("[data-part=raw-pretty]").inner_text())["object"] == "chat.completion"
    _tab(page, "HTTP")
    expect(page.locator("[data-part=sent-url]")).to_have_text(f"{running_model.url}/chat/completions")
    expect(page.locator("[data-part=panel-exchange]")).to_contain_text("Bearer [redacted]")
    assert json.loads(page.locator("[data-part=sent-body]").inner_text())["max_tokens"] == 5
    _tab(page, "Code")
    expect(page.locator("[data-part=code-python]")).to_contain_text("max_tokens=5")


def test_without_scripts_the_form_does_the_job(open_page: Open, upstream: ScriptedUpstream) -> None:
    page = open_page("?provider=test", java_script_enabled=False)

    page.get_by_role("button", name="Add message").click()
    _message(page, 2).fill("second")
    page.get_by_label("Role of message 2").select_option("system")
    page.get_by_role("button", name="Move message 2 up").click()
    page.get_by_label("temperature", exact=True).fill("0.5")
    page.get_by_role("button", name="Send", exact=True).click()

    expect(page.locator("[data-part=answer-1]")).to_have_text("Hello!")
    assert upstream.requests[-1].json == {
        "model": "m",
        "messages": [{"role": "system", "content": "second"}, {"role": "user", "content": "Hello!"}],
        "temperature": 0.5,
        "max_tokens": 150,
    }
    expect(page.get_by_label("temperature", exact=True)).to_have_value("0.5")
    for part in (
        "[data-part=raw-pretty]",
        "[data-part=sent-body]",
        "[data-part=code-python]",
        "[data-part=code-curl]",
    ):
        expect(page.locator(part)).to_be_visible()
    page.get_by_role("button", name="Add to conversation").click()
    expect(_message(page, 3)).to_have_value("Hello!")
    expect(_message(page, 4)).to_have_value("")


def test_without_scripts_a_refusal_stands_beside_its_field(
    open_page: Open, upstream: ScriptedUpstream
) -> None:
    page = open_page("?provider=test", java_script_enabled=False)

    page.get_by_label("temperature", exact=True).fill("hot")
    page.get_by_role("button", name="Send", exact=True).click()

    expect(page.locator("#temperature-error")).to_contain_text("from 0 to 2")
    expect(page.get_by_label("temperature", exact=True)).to_have_value("hot")
    assert upstream.requests == []


def test_without_scripts_a_fix_changes_the_form(open_page: Open, upstream: ScriptedUpstream) -> None:
    upstream.reply(json_answer({"error": {"message": UNSUPPORTED}}, 400))
    page = open_page("?provider=test", java_script_enabled=False)

    page.get_by_label("max_tokens", exact=True).fill("5")
    page.get_by_role("button", name="Send", exact=True).click()
    page.get_by_role("button", name="Use max_completion_tokens").click()

    expect(page.get_by_label("max_tokens", exact=True)).to_have_value("")
    expect(page.get_by_label("max_completion_tokens", exact=True)).to_have_value("5")


def test_by_keyboard_alone(open_page: Open, upstream: ScriptedUpstream) -> None:
    page = open_page("?provider=test")
    keyboard = page.keyboard

    def tab_to(name: str) -> None:
        for _ in range(60):
            keyboard.press("Tab")
            label = page.evaluate(
                "(document.activeElement.getAttribute('aria-label') || document.activeElement.innerText"
                " || document.activeElement.labels?.[0]?.innerText || '').trim()"
            )
            if label.startswith(name):
                outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
                assert outline != "none", f"no visible focus on {name}"
                return
        raise AssertionError(f"Tab never reached {name}")

    tab_to("Content of message 1")
    keyboard.press("Control+A")
    keyboard.type("first")
    tab_to("Add message")
    keyboard.press("Enter")
    keyboard.type("second")  # the new message has focus
    keyboard.press("Alt+ArrowUp")
    tab_to("Send")
    keyboard.press("Enter")
    expect(page.locator("[data-part=answer-1]")).to_have_text("Hello!")
    contents = [message["content"] for message in upstream.requests[-1].json["messages"]]
    assert contents == ["second", "first"]
    tab_to("Answer")
    keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Raw JSON")).to_have_attribute("aria-selected", "true")
    keyboard.press("End")
    expect(page.get_by_role("tab", name="Code")).to_be_focused()


# --- messages and parameters ---


def test_messages_are_added_moved_and_removed(open_page: Open, upstream: ScriptedUpstream) -> None:
    page = open_page("?provider=test")
    for text in ("two", "three"):
        page.get_by_role("button", name="Add message").click()
        page.keyboard.type(text)

    page.get_by_role("button", name="Move message 3 up").click()
    page.get_by_role("button", name="Remove message 1").click()
    _send(page)

    assert [message["content"] for message in upstream.requests[-1].json["messages"]] == ["three", "two"]
    expect(page.get_by_role("button", name="Move message 1 up")).to_be_disabled()
    expect(page.get_by_role("button", name="Move message 2 down")).to_be_disabled()


def test_a_tool_message_asks_for_its_id(open_page: Open, upstream: ScriptedUpstream) -> None:
    page = open_page("?provider=test")
    call_id = page.get_by_label("tool_call_id of message 1")
    expect(call_id).to_be_hidden()

    page.get_by_label("Role of message 1").select_option("tool")
    expect(call_id).to_be_visible()
    page.get_by_role("button", name="Send").click()
    expect(call_id).to_be_focused()
    expect(page.locator("[data-message-error]:visible")).to_contain_text("tool_call_id")
    assert upstream.requests == []
    call_id.fill("call_1")
    _send(page)

    assert upstream.requests[-1].json["messages"][0]["tool_call_id"] == "call_1"


def test_code_follows_the_form(open_page: Open) -> None:
    page = open_page("?provider=test")

    _message(page, 1).fill('It\'s $HOME; "ok"?')
    page.get_by_label("temperature", exact=True).fill("0.7")

    expect(page.locator("[data-part=code-python]")).to_contain_text('"It\'s $HOME; \\"ok\\"?"')
    expect(page.locator("[data-part=code-python]")).to_contain_text("temperature=0.7")
    page.get_by_role("button", name="cURL").click()
    expect(page.locator("[data-part=code-curl]")).to_contain_text("It'\"'\"'s $HOME")
    expect(page.locator("[data-part=code-python]")).to_be_hidden()
    page.get_by_label("Model", exact=True).fill("")
    expect(page.locator("[data-part=codes] .empty")).to_be_visible()
    expect(page.get_by_role("button", name="cURL")).to_be_hidden()  # would appear above that sentence


def test_the_key_does_not_travel_for_code(open_page: Open) -> None:
    page = open_page("?provider=test")
    page.get_by_label("API key").fill("sk-typed-in-the-page")

    with page.expect_request("**/snippets/") as request:
        _message(page, 1).fill("changed")

    assert "sk-typed" not in (request.value.post_data or "")


def test_an_example_fills_the_form(open_page: Open) -> None:
    page = open_page("?provider=test")

    page.get_by_text("Examples").click()
    page.get_by_role("button", name="Translation (temperature 0)").click()

    expect(page.get_by_label("temperature", exact=True)).to_have_value("0")
    expect(_message(page, 1)).to_have_value(re.compile("Translate"))
    expect(page.get_by_label("Model", exact=True)).to_have_value("m")
    expect(page.locator("[data-part=code-python]")).to_contain_text("Translate")


def test_a_provider_brings_its_model_and_its_state(open_page: Open) -> None:
    page = open_page("?provider=test")

    page.get_by_label("Provider", exact=True).select_option("openai")

    expect(page.get_by_label("Model", exact=True)).to_have_value(catalogue()["openai"].models[0])
    expect(page.locator("#provider-state")).to_contain_text("set OPENAI_API_KEY")
    page.get_by_label("API key").fill("sk-typed-in-the-page")
    expect(page.locator("#provider-state")).to_contain_text("Ready · uses the key below")
    expect(page.get_by_label("Base URL")).to_be_hidden()
    page.get_by_label("Provider", exact=True).select_option("")
    expect(page.get_by_label("Base URL")).to_be_visible()


def test_a_retired_model_is_replaced_by_one_click_or_by_another_provider(open_page: Open) -> None:
    page = open_page("?provider=openai&request=" + quote('{"model": "gpt-4"}'))
    model, notice = page.get_by_label("Model", exact=True), page.locator("#outdated")

    notice.get_by_role("button").click()

    expect(model).to_have_value(catalogue()["openai"].models[0])
    expect(notice).to_be_empty()

    page = open_page("?provider=openai&request=" + quote('{"model": "gpt-4"}'))
    page.get_by_label("Provider", exact=True).select_option("gemini")
    expect(page.get_by_label("Model", exact=True)).to_have_value(catalogue()["gemini"].models[0])
    expect(page.locator("#outdated")).to_be_empty()


def test_a_typed_key_takes_the_place_of_the_servers(open_page: Open) -> None:
    page = open_page("?provider=test")
    expect(page.locator("#provider-state")).to_contain_text("server’s key")

    page.get_by_label("API key").fill("sk-typed-in-the-page")

    expect(page.locator("#provider-state")).to_contain_text("Ready · uses the key below")


def test_a_model_that_was_typed_stays(open_page: Open) -> None:
    page = open_page("?provider=test")
    page.get_by_label("Model", exact=True).fill("my-own")

    page.get_by_label("Provider", exact=True).select_option("openai")

    expect(page.get_by_label("Model", exact=True)).to_have_value("my-own")


def test_listed_models_can_be_picked(open_page: Open, upstream: ScriptedUpstream) -> None:
    upstream.reply(models("m-listed", "m-other"))
    page = open_page("?provider=test")

    page.get_by_role("button", name="List models").click()
    page.get_by_role("button", name="m-listed").click()
    suggested = page.locator("#model-suggestions option")
    assert [suggested.nth(at).get_attribute("value") for at in range(suggested.count())] == [
        "m-listed",
        "m-other",
    ]

    expect(page.get_by_label("Model", exact=True)).to_have_value("m-listed")
    page.get_by_label("Model", exact=True).fill("other")
    expect(page.get_by_role("button", name="m-listed")).to_be_hidden()
    page.get_by_role("button", name="m-other").click()
    page.get_by_label("Model", exact=True).fill("m-listed")
    expect(page.locator("[data-part=code-python]")).to_contain_text("m-listed")


# --- sending ---


def test_pressing_twice_sends_once_and_the_wait_is_shown(open_page: Open, upstream: ScriptedUpstream) -> None:
    gate = Paused(b"", completion("at last").encode())
    upstream.reply(gate)
    page = open_page("?provider=test")

    page.get_by_role("button", name="Send").dblclick()
    page.keyboard.press("Control+Enter")
    expect(page.locator("[data-busy]")).to_have_text(re.compile(r"Waiting for the answer.* · \d+(\.\d)? m?s"))
    first = page.locator("[data-busy]").inner_text()
    expect(page.locator("[data-busy]")).not_to_have_text(first)
    gate.go.set()

    expect(page.locator("[data-part=answer-1]")).to_have_text("at last")
    expect(page.locator("[data-busy]")).to_be_empty()
    assert len(upstream.requests) == 1


@pytest.mark.parametrize("way", ["button", "Esc", "closing the tab"])
def test_stop_stops_the_provider(open_page: Open, upstream: ScriptedUpstream, way: str) -> None:
    hold = Paused(b"")
    upstream.reply(hold)
    page = open_page("?provider=test")
    _message(page, 1).fill("kept")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("button", name="Stop")).to_be_focused()
    page.wait_for_timeout(300)
    assert not hold.left.is_set()

    match way:
        case "button":
            page.get_by_role("button", name="Stop").click()
        case "Esc":
            page.keyboard.press("Escape")
        case _:
            page.close()

    assert hold.left.wait(10)
    if way != "closing the tab":
        expect(page.locator("[data-part=panel-answer]")).to_contain_text("Stopped")
        expect(page.get_by_role("button", name="Send")).to_be_focused()
        expect(_message(page, 1)).to_have_value("kept")
        upstream.reply(completion())
        _send(page)


def test_the_answer_joins_the_conversation(open_page: Open, upstream: ScriptedUpstream) -> None:
    page = open_page("?provider=test")
    _send(page)

    page.get_by_role("button", name="Add to conversation").click()
    # The server makes the next message. What is typed before it has focus goes nowhere.
    expect(_message(page, 3)).to_be_focused()
    page.keyboard.type("And then?")
    _send_by_keys(page)

    expect(page.locator("[data-part=code-python]")).to_contain_text("And then?")
    assert upstream.requests[-1].json["messages"] == [
        {"role": "user", "content": "Hello!"},
        {"role": "assistant", "content": "Hello!"},
        {"role": "user", "content": "And then?"},
    ]


def test_an_answer_joins_once(open_page: Open, upstream: ScriptedUpstream) -> None:
    page = open_page("?provider=test")
    _send(page)

    page.get_by_role("button", name="Add to conversation").click()
    expect(page.get_by_role("button", name="Added")).to_be_disabled()
    _send(page)
    page.get_by_role("button", name="Add to conversation").click()

    # The empty message that awaited the user's text is replaced.
    expect(page.get_by_label("Role of message 4")).to_be_visible()
    roles = [page.get_by_label(f"Role of message {number}").input_value() for number in range(1, 5)]
    assert roles == ["user", "assistant", "assistant", "user"]


def test_a_result_says_when_the_request_has_changed_since(
    open_page: Open, upstream: ScriptedUpstream
) -> None:
    page = open_page("?provider=test")
    _send(page)
    outcome = page.locator("[data-part=outcome]")
    expect(outcome).not_to_have_attribute("data-stale", "")

    _message(page, 1).fill("changed")
    expect(outcome).to_have_attribute("data-stale", "")
    _send(page)
    expect(outcome).not_to_have_attribute("data-stale", "")


def test_tool_calls_join_the_conversation_whole(open_page: Open, upstream: ScriptedUpstream) -> None:
    calls = [{"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]
    message = {"role": "assistant", "content": None, "tool_calls": calls}
    choices = [{"index": 0, "message": message, "finish_reason": "tool_calls"}]
    upstream.reply(completion(choices=choices))
    page = open_page("?provider=test")
    _send(page)
    expect(page.locator("[data-part=panel-answer]")).to_contain_text("called tools")

    page.get_by_role("button", name="Add to conversation").click()
    expect(_message(page, 3)).to_be_focused()
    page.keyboard.type("42")
    _send(page)

    assert upstream.requests[-1].json["messages"][1:] == [
        message,
        {"role": "tool", "content": "42", "tool_call_id": "call_1"},
    ]


def test_a_fix_changes_the_form_in_one_click(open_page: Open, upstream: ScriptedUpstream) -> None:
    upstream.reply(json_answer({"error": {"message": UNSUPPORTED}}, 400))
    page = open_page("?provider=test")
    page.get_by_label("max_tokens", exact=True).fill("5")
    _send(page)
    expect(page.locator("[data-error]")).to_contain_text(UNSUPPORTED)
    upstream.reply(completion())

    page.get_by_role("button", name="Use max_completion_tokens").click()
    expect(page.get_by_label("max_completion_tokens", exact=True)).to_have_value("5")
    expect(page.get_by_role("button", name="Applied")).to_be_disabled()
    expect(page.locator("#send")).to_be_focused()
    page.keyboard.press("Control+Enter")
    _send(page)

    sent = upstream.requests[-1].json
    assert sent["max_completion_tokens"] == 5
    assert "max_tokens" not in sent


def test_a_fix_from_before_the_api_was_switched_says_so_where_it_is_seen(
    open_page: Open, upstream: ScriptedUpstream
) -> None:
    upstream.reply(json_answer({"error": {"message": UNSUPPORTED}}, 400))
    page = open_page("?provider=&base_url=" + quote(upstream.url))
    page.get_by_label("Model", exact=True).fill("m")
    page.get_by_label("max_tokens", exact=True).fill("5")
    _send(page)

    page.get_by_role("button", name="Responses", exact=True).click()
    expect(page.get_by_label("max_output_tokens", exact=True)).to_have_value("5")
    fix = page.get_by_role("button", name="Use max_completion_tokens")
    fix.click()

    expect(page.locator("#dialect-error")).to_be_focused()
    expect(fix).to_be_enabled()
    expect(page.get_by_label("max_output_tokens", exact=True)).to_have_value("5")


@pytest.mark.parametrize("scripts", [True, False])
def test_a_fix_changes_the_roles(open_page: Open, upstream: ScriptedUpstream, scripts: bool) -> None:
    refused = "messages[0].role: unknown variant `developer`, expected one of `system`, `user`"
    upstream.reply(json_answer({"error": {"message": refused}}, 422))
    request = {"model": "m", "messages": [{"role": "developer", "content": "Be brief."}]}
    page = open_page(f"?provider=test&request={quote(json.dumps(request))}", java_script_enabled=scripts)

    page.get_by_role("button", name=re.compile("^Send")).first.click()
    page.locator("button.fix").click()

    expect(page.locator("[name=role]")).to_have_value("system")
    expect(_message(page, 1)).to_have_value("Be brief.")


def test_a_refused_field_is_marked_and_focused_and_nothing_is_lost(
    open_page: Open, upstream: ScriptedUpstream
) -> None:
    page = open_page("?provider=test")
    page.get_by_label("API key").fill("sk-typed-in-the-page")
    page.get_by_label("temperature", exact=True).fill("hot")
    _message(page, 1).fill("kept")

    page.get_by_role("button", name="Send").click()

    expect(page.locator("#temperature")).to_be_focused()
    expect(page.locator("#temperature")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#temperature-error")).to_contain_text("from 0 to 2")
    expect(_message(page, 1)).to_have_value("kept")
    expect(page.get_by_label("API key")).to_have_value("sk-typed-in-the-page")
    assert upstream.requests == []
    page.locator("#temperature").fill("1")
    _send(page)
    expect(page.locator("#temperature-error")).to_be_hidden()


def test_when_the_playground_itself_is_gone_nothing_is_lost(open_page: Open) -> None:
    page = open_page("?provider=test")
    page.route("**/send/", lambda route: route.fulfill(status=502, body="", content_type="text/html"))
    _message(page, 1).fill("kept")

    page.get_by_role("button", name="Send").click()

    expect(page.locator("[data-part=panel-answer] [data-error=playground]")).to_be_visible()
    expect(_message(page, 1)).to_have_value("kept")
    page.unroute("**/send/")
    _send(page)


@pytest.mark.parametrize("way", ["reload", "back"])
def test_all_inputs_outlast(open_page: Open, way: str) -> None:
    page = open_page("?provider=test")
    page.get_by_role("button", name="Add message").click()
    page.keyboard.type("second")
    page.get_by_label("Role of message 2").select_option("assistant")
    page.get_by_label("temperature", exact=True).fill("0.3")
    page.get_by_label("Model", exact=True).fill("my-own")

    if way == "reload":
        page.reload()
    else:
        page.get_by_role("link", name="API Playground").first.click()
        page.wait_for_load_state()
        page.go_back()

    expect(_message(page, 2)).to_have_value("second")
    expect(page.get_by_label("Role of message 2")).to_have_value("assistant")
    expect(page.get_by_label("temperature", exact=True)).to_have_value("0.3")
    expect(page.get_by_label("Model", exact=True)).to_have_value("my-own")
    expect(page.locator("[data-part=code-python]")).to_contain_text("second")


@pytest.mark.parametrize("scripts", [True, False])
@pytest.mark.parametrize("field", ["model", "max_tokens", "temperature"])
def test_enter_in_a_field_sends(
    open_page: Open, upstream: ScriptedUpstream, scripts: bool, field: str
) -> None:
    page = open_page("?provider=test", java_script_enabled=scripts)
    _message(page, 1).fill("kept")
    page.locator("#max_tokens").fill("7")

    page.locator(f"#{field}").press("Enter")

    expect(page.locator("[data-part=answer-1]")).to_have_text("Hello!")
    assert upstream.requests[-1].json["messages"] == [{"role": "user", "content": "kept"}]
    assert upstream.requests[-1].json["max_tokens"] == 7


def test_after_the_answer_the_focus_is_on_send(open_page: Open, upstream: ScriptedUpstream) -> None:
    page = open_page("?provider=test")

    _send(page)

    expect(page.get_by_role("button", name="Send")).to_be_focused()


# --- keys ---


def test_a_key_goes_to_no_other_host_than_it_was_typed_for(
    open_page: Open, upstream: ScriptedUpstream
) -> None:
    page = open_page("?base_url=https%3A%2F%2Fmine.example%2Fv1")
    page.get_by_label("API key").fill("sk-for-mine-only")

    page.get_by_label("Base URL").fill(upstream.url)
    page.keyboard.press("Control+Enter")  # before the field's change event

    expect(page.locator("[data-part=answer-1]")).to_have_text("Hello!")
    assert upstream.requests[-1].header("Authorization") is None
    expect(page.locator("[data-key-moved]")).to_contain_text("entered for https://mine.example")
    page.get_by_role("button", name="Use key here").click()
    expect(page.get_by_label("API key")).to_be_focused()
    _send_by_keys(page)
    assert upstream.requests[-1].header("Authorization") == "Bearer sk-for-mine-only"


def test_a_key_may_be_typed_before_its_base_url(open_page: Open, upstream: ScriptedUpstream) -> None:
    page = open_page("?provider=test")
    page.get_by_label("Provider", exact=True).select_option("")
    page.get_by_label("API key").fill("sk-typed-first-1")

    page.get_by_label("Base URL").fill(upstream.url)
    _send(page)

    assert upstream.requests[-1].header("Authorization") == "Bearer sk-typed-first-1"


def test_a_key_forgotten_in_one_tab_is_gone_in_the_other(open_page: Open, address: str) -> None:
    page = open_page("?provider=test")
    page.get_by_label("API key").fill("sk-in-this-browser")
    page.get_by_label("Remember key").select_option("browser")
    other = page.context.new_page()
    other.goto(f"{address}?provider=test")
    expect(other.get_by_label("API key")).to_have_value("sk-in-this-browser")

    page.get_by_role("button", name="Forget").click()

    expect(other.get_by_label("API key")).to_have_value("")


def test_models_without_a_key_mark_the_key_field(open_page: Open) -> None:
    page = open_page("?provider=openai")

    page.get_by_role("button", name="List models").click()

    expect(page.get_by_label("API key")).to_be_focused()
    expect(page.locator("#api_key-error")).to_contain_text("OPENAI_API_KEY")


def test_a_key_is_remembered_only_when_asked_and_for_its_provider_only(open_page: Open) -> None:
    page = open_page("?provider=test")
    key = page.get_by_label("API key")

    key.fill("sk-not-remembered")
    page.reload()
    expect(key).to_have_value("")
    key.fill("sk-in-this-browser")
    page.get_by_label("Remember key").select_option("browser")
    page.reload()
    expect(key).to_have_value("sk-in-this-browser")
    page.get_by_label("Provider", exact=True).select_option("openai")
    expect(key).to_have_value("")
    page.get_by_label("Provider", exact=True).select_option("test")
    expect(key).to_have_value("sk-in-this-browser")
    page.get_by_role("button", name="Forget").click()
    page.reload()
    expect(key).to_have_value("")
    assert page.evaluate("JSON.stringify(localStorage) + JSON.stringify(sessionStorage)").count("sk-") == 0


def test_a_key_for_this_tab_stays_in_this_tab(open_page: Open, address: str) -> None:
    page = open_page("?provider=test")
    page.get_by_label("API key").fill("sk-in-this-tab")
    page.get_by_label("Remember key").select_option("tab")

    page.reload()
    expect(page.get_by_label("API key")).to_have_value("sk-in-this-tab")
    other = page.context.new_page()
    other.goto(f"{address}?provider=test")
    expect(other.get_by_label("API key")).to_have_value("")


def test_a_remembered_key_does_not_follow_a_link_to_another_host(open_page: Open, address: str) -> None:
    page = open_page("?base_url=https%3A%2F%2Fmine.example%2Fv1")
    page.get_by_label("API key").fill("sk-for-mine")
    page.get_by_label("Remember key").select_option("browser")

    page.goto(f"{address}?base_url=https%3A%2F%2Fevil.example%2Fv1")

    expect(page.get_by_label("API key")).to_have_value("")


def test_listing_after_a_refusal_says_it_once(open_page: Open) -> None:
    page = open_page("?provider=openai")
    page.get_by_role("button", name="Send").click()
    error = page.locator("#api_key-error")
    expect(error).to_contain_text("OPENAI_API_KEY")
    once = error.inner_text()

    for _ in range(2):
        with page.expect_response("**/models/"):
            page.get_by_role("button", name="List models").click()
        expect(page.locator("#models")).not_to_contain_text("OPENAI_API_KEY")

    assert error.inner_text() == once


def test_a_long_list_of_models_is_filtered(open_page: Open, upstream: ScriptedUpstream) -> None:
    upstream.reply(models(*(f"maker/model-{number}" for number in range(1500))))
    page = open_page("?provider=test")
    page.get_by_role("button", name="List models").click()
    listed = page.locator("#models [data-model]")
    status = page.locator("#models").get_by_role("status")
    expect(listed).to_have_count(1000)
    expect(status).to_contain_text("1,500")

    page.get_by_label("Model", exact=True).fill("MODEL maker")
    expect(status).to_contain_text("first 1,000 of 1,500")
    page.get_by_label("Model", exact=True).fill("Model 1499")

    expect(listed).to_have_count(1)
    expect(status).to_have_text("1 of 1,500 models match.")
    expect(page.get_by_label("Model", exact=True)).to_be_focused()
    listed.click()
    expect(page.get_by_label("Model", exact=True)).to_have_value("maker/model-1499")
    page.get_by_label("Model", exact=True).fill("nobody's")
    expect(status).to_have_text("0 of 1,500 models match.")
    expect(page.locator(".model-list")).to_be_hidden()
    page.get_by_label("Model", exact=True).fill("")
    expect(listed).to_have_count(1000)
    assert [request.method for request in upstream.requests] == ["GET"]


def test_a_pasted_key_is_cleaned_and_the_page_says_so(open_page: Open, upstream: ScriptedUpstream) -> None:
    page = open_page("?provider=test")
    note = page.locator("[data-key-note]")
    expect(note).to_be_hidden()
    page.get_by_label("API key").fill("Bearer sk-pasted-1")
    _send(page)

    expect(note).to_be_visible()
    assert upstream.requests[-1].header("Authorization") == "Bearer sk-pasted-1"
    page.get_by_label("API key").fill("sk-pasted-1")
    _send_by_keys(page)
    expect(note).to_be_hidden()


# --- links and copies ---


def test_copy_link_gives_an_address_that_fills_the_form(open_page: Open) -> None:
    page = open_page("?provider=test", permissions=["clipboard-read", "clipboard-write"])
    page.get_by_label("API key").fill("sk-typed-in-the-page")
    _message(page, 1).fill("It's a “link” & more 👍")
    page.get_by_label("temperature", exact=True).fill("0.3")

    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_role("button", name="Link copied")).to_be_visible()
    link = clipboard(page)

    assert "sk-typed" not in unquote(link)
    page.goto(link)
    expect(_message(page, 1)).to_have_value("It's a “link” & more 👍")
    expect(page.get_by_label("temperature", exact=True)).to_have_value("0.3")


def test_code_is_copied_as_it_stands(open_page: Open) -> None:
    page = open_page("?provider=test", permissions=["clipboard-read", "clipboard-write"])
    shown = page.locator("[data-part=code-python]").text_content()

    page.locator("[data-copy=code-python]").click()

    expect(page.locator("[data-copy=code-python]")).to_have_text("Copied")
    assert clipboard(page) == shown
    assert shown is not None
    compile(shown, "copied", "exec")


# --- outside content ---


def test_markup_from_outside_stays_text_in_every_tab(open_page: Open, upstream: ScriptedUpstream) -> None:
    hostile = "<img src=x onerror=alert(1)><script>alert(2)</script><button hx-get='/'>x</button>\"'>"
    message = {"role": "assistant", "content": hostile, "reasoning": hostile, "refusal": hostile}
    choice = {"index": 0, "message": message, "finish_reason": hostile}
    upstream.reply(json_answer(completion_body(choices=[choice], model=hostile), X_Request_Id=hostile))
    request = {"model": hostile, "messages": [{"role": "user", "content": hostile}], "user": hostile}
    page = open_page(f"?provider=test&request={quote(json.dumps(request))}")

    _send(page)
    for name in ("Raw JSON", "HTTP", "Code", "Answer"):
        _tab(page, name)

    expect(page.locator("[data-part=answer-1]")).to_have_text(hostile)
    assert page.locator("#result img, #result script, [hx-get]").count() == 0


def test_a_huge_answer_does_not_freeze_the_page(open_page: Open, upstream: ScriptedUpstream) -> None:
    upstream.reply(completion("word " * 3_000_000))
    page = open_page("?provider=test")

    _send(page)
    for name in ("Raw JSON", "HTTP", "Code", "Answer"):
        _tab(page, name)

    expect(page.locator("[data-part=panel-answer]")).to_contain_text("more characters")


def test_nothing_jumps_when_the_answer_comes(open_page: Open, upstream: ScriptedUpstream) -> None:
    gate = Paused(b"", completion("at last").encode())
    upstream.reply(gate)
    page = open_page("?provider=test")
    page.evaluate(
        "window.shift = 0; new PerformanceObserver(list => {"
        " for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shift += entry.value;"
        "}).observe({type: 'layout-shift', buffered: true})"
    )

    page.get_by_role("button", name="Send").click()
    page.wait_for_timeout(700)  # shifts within half a second of a click do not count
    gate.go.set()
    expect(page.locator("[data-part=answer-1]")).to_be_visible()
    page.wait_for_timeout(300)

    assert page.evaluate("window.shift") < 0.01
