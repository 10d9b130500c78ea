"""The form in each API that a provider speaks, in a browser: switched, sent, kept."""

import json
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from playground.dialects import DIALECTS
from tests.browser.conftest import Open
from tests.browser.steps import choose, composer, example, last_text, send, settings
from tests.upstreams.scripted import Recorded, ScriptedUpstream, completion_body, json_answer

LABELS = [dialect.label for dialect in DIALECTS.values()]
HI = {"model": "m", "max_tokens": 5, "messages": [{"role": "user", "content": "Hi"}]}
MESSAGES = quote(json.dumps(HI | {"thinking": {"type": "adaptive"}}))
PARROT = {"name": "instructions", "text": "You are a parrot."}
# The real model takes a second for each; one test of the form's way through all APIs uses it.
SCRIPTED = {
    "/v1/chat/completions": completion_body(),
    "/v1/messages": {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "m",
        "content": [{"type": "text", "text": "Hello!"}],
        "stop_reason": "end_turn",
        "usage": {"input_tokens": 9, "output_tokens": 3},
    },
    "/v1/messages/count_tokens": {"input_tokens": 37},
    "/v1/responses": {
        "id": "resp_1",
        "object": "response",
        "status": "completed",
        "model": "m",
        "output": [
            {
                "type": "message",
                "id": "msg_1",
                "status": "completed",
                "role": "assistant",
                "content": [{"type": "output_text", "text": "Hello!", "annotations": []}],
            }
        ],
        "usage": {"input_tokens": 9, "output_tokens": 3, "total_tokens": 12},
    },
}


def _speaks_all(upstream: ScriptedUpstream) -> str:
    """Let the scripted provider answer in the API that it is asked in; return the page's query for it."""

    def answer(connection: socket.socket, recorded: Recorded) -> None:
        connection.sendall(json_answer(SCRIPTED[recorded.path]).encode())

    upstream.reply(answer)
    return f"?base_url={upstream.url}"


def _switch(page: Page, label: str) -> None:
    button = page.locator(".segments").get_by_role("button", name=label, exact=True, include_hidden=True)
    with settings(page):
        button.click()
    expect(button).to_have_attribute("aria-pressed", "true")


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
@pytest.mark.parametrize(("locale", "width"), [("en", 1440), ("zh-CN", 360)])
def test_a_filled_form_is_switched_and_sent_in_each_api(
    open_page: Open, upstream: ScriptedUpstream, locale: str, width: int, scripts: bool
) -> None:
    page = open_page(_speaks_all(upstream), locale=locale, java_script_enabled=scripts)
    page.set_viewport_size({"width": width, "height": 900})
    composer(page).fill("Say hi.")
    with settings(page):
        page.locator("[name=max_tokens]").fill("5")

    for number, label in enumerate((*LABELS[1:], LABELS[0]), 1):
        _switch(page, label)
        expect(page.locator("[name=content]").first).to_have_value("Say hi.")
        expect(page.locator("[name=max_tokens], [name=max_output_tokens]").first).to_have_value("5")
        answers = page.locator("[data-message] [data-part=panel-answer]")
        page.locator("#send").click()
        expect(answers).to_have_count(number if scripts else 1)
        expect(last_text(page)).not_to_be_empty()
        composer(page).fill("Say hi.")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth") if scripts else True


@contextmanager
def _held_edits(page: Page) -> Iterator[list[Route]]:
    """Hold back the server's changes to the form, as a slow connection does, until the end."""
    held: list[Route] = []
    page.route("**/edit/", lambda route: held.append(route))
    yield held
    held[0].continue_()
    page.unroute("**/edit/")


def _press(page: Page, button: Locator, held: list[Route]) -> None:
    """Start a change of the form, and wait until it is held back."""
    with page.expect_request("**/edit/"):
        button.click()
    while not held:
        page.evaluate("0")  # lets Playwright call the route's handler


@pytest.mark.parametrize(
    ("control", "path"), [("#send", "/v1/messages"), ("#count", "/v1/messages/count_tokens")]
)
def test_what_follows_a_switch_at_once_uses_the_new_api(
    open_page: Open, upstream: ScriptedUpstream, control: str, path: str
) -> None:
    page = open_page(f"{_speaks_all(upstream)}&dialect=responses")
    with _held_edits(page) as held:
        _press(page, page.locator(".segments").get_by_role("button", name="Messages"), held)

        page.locator(control).click()
        page.locator(control).click()

        assert not upstream.requests
    expect(page.locator("#counted" if control == "#count" else "[data-part=answer-1]")).not_to_be_empty()
    assert [request.path for request in upstream.requests] == [path]


def test_nothing_is_sent_after_a_switch_that_failed(open_page: Open, upstream: ScriptedUpstream) -> None:
    page = open_page(_speaks_all(upstream))
    page.get_by_text("More parameters").click()
    page.locator("[name=more]").fill("{")
    with _held_edits(page) as held:
        _press(page, page.locator(".segments").get_by_role("button", name="Messages"), held)
        page.keyboard.press("Control+Enter")
        expect(page.locator("[data-busy]")).not_to_be_empty()

    expect(page.locator("#more-error")).not_to_be_empty()
    expect(page.locator("[data-busy]")).to_be_empty()
    expect(page.locator("[data-refusal]")).to_have_count(0)
    assert not upstream.requests
    page.locator("[name=more]").fill("")
    page.keyboard.press("Control+Enter")
    expect(last_text(page)).not_to_be_empty()


def test_what_another_api_lacks_is_listed(open_page: Open) -> None:
    page = open_page()
    page.get_by_text("More parameters").click()
    page.locator("[name=seed]").fill("7")

    _switch(page, "Responses")

    expect(page.locator(".lost")).to_contain_text("seed")
    expect(page.locator("[name=seed]")).to_have_count(0)


def test_a_system_message_becomes_a_field_of_its_own(open_page: Open) -> None:
    page = open_page()
    add = page.get_by_role("button", name="Add system message")
    add.click()
    page.keyboard.type("At once")  # without waiting for the server
    expect(page.locator("#messages [name=content]")).to_have_value("At once")
    expect(page.locator("#messages [name=role]")).to_have_value("system")
    expect(add).to_be_hidden()
    page.get_by_label("Actions for message 1").click()
    page.get_by_label("Delete message 1").click()
    expect(add).to_be_visible()
    example(page, "System prompt")
    expect(page.locator("[data-message]")).to_have_count(2)

    _switch(page, "Messages")

    expect(page.locator("[data-message]")).to_have_count(1)
    expect(page.locator("[name=system]")).to_have_value(
        "You are a patient teacher. Answer in two short sentences."
    )
    _switch(page, "Responses")
    expect(page.locator("[name=instructions]")).to_have_value(
        "You are a patient teacher. Answer in two short sentences."
    )


def test_the_version_decides_which_parameters_there_are(open_page: Open) -> None:
    page = open_page()
    _switch(page, "Messages")
    expect(page.locator("[name=temperature]")).to_have_count(0)

    page.get_by_text("More parameters").click()
    page.locator("[name=anthropic-version]").select_option("2023-06-01")

    expect(page.locator("[name=temperature]")).to_be_visible()
    page.locator("[name=temperature]").fill("0.5")
    page.locator("[name=anthropic-version]").select_option("2026-10-21")
    # What is set is never out of sight.
    expect(page.locator("[name=temperature]")).to_have_value("0.5")
    page.locator("#send").click()
    expect(page.locator("#temperature-error")).not_to_be_empty()


def test_the_api_outlasts_a_reload(open_page: Open) -> None:
    page = open_page()
    _switch(page, "Responses")
    page.locator(f"[name={PARROT['name']}]").fill(PARROT["text"])
    page.get_by_role("button", name="Add message").click()
    page.locator("[name=content]").last.fill("And now?")

    page.reload()

    expect(page.locator(f"[name={PARROT['name']}]")).to_have_value(PARROT["text"])
    expect(page.locator("[name=content]").last).to_have_value("And now?")
    expect(page.locator("[data-part=code-python]")).to_contain_text("responses.create")


def test_rows_and_examples_are_those_of_the_api(open_page: Open) -> None:
    page = open_page()
    _switch(page, "Responses")

    page.get_by_role("button", name="Add message").click()

    roles = page.locator("[data-message]").last.locator("[name=role] option").all_inner_texts()
    assert "function_call_output" in roles
    examples = page.locator("#presets button").evaluate_all("all => all.map(({ value }) => value)")
    assert examples == [f"example:{preset.id}" for preset in DIALECTS["responses"].presets]
    page.locator("[name=role]").last.select_option("function_call_output")
    expect(page.locator("[name=call]").last).to_be_visible()


def test_a_link_names_the_api(open_page: Open) -> None:
    page = open_page()
    _switch(page, "Messages")
    link = page.locator("[data-part=permalink]")
    expect(link).to_have_attribute("href", re.compile("dialect=messages"))

    again = open_page(str(link.get_attribute("href")).removeprefix("/"))

    expect(again.locator("[name=dialect]")).to_have_value("messages")
    expect(again.locator("[data-part=code-python]")).to_contain_text("anthropic")


def test_a_provider_brings_its_usual_api_unless_one_was_chosen(
    open_page: Open, upstream: ScriptedUpstream
) -> None:
    page = open_page()
    provider = page.get_by_label("Provider", exact=True)
    expect(page.locator("#max_tokens")).to_have_value(re.compile("[0-9]"))

    provider.select_option("openai")
    expect(page.locator("#max_tokens")).to_have_value("")  # it was only suggested
    provider.select_option("claude")
    expect(page.locator("[name=dialect]")).to_have_value("messages")
    provider.select_option("openai")
    expect(page.locator("[name=dialect]")).to_have_value("chat_completions")
    _switch(page, "Responses")
    provider.select_option("local")

    expect(page.locator("[name=dialect]")).to_have_value("responses")
    assert json.loads(page.locator("#provider option:checked").get_attribute("data-dialects") or "") == [
        *DIALECTS
    ]


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_the_first_example_of_each_api_goes_on(
    open_page: Open, upstream: ScriptedUpstream, scripts: bool
) -> None:
    page = open_page("" if scripts else _speaks_all(upstream), java_script_enabled=scripts)
    messages = page.locator("#messages [data-message]")
    for label in LABELS:
        _switch(page, label)
        example(page, 0)
        expect(messages).to_have_count(0)
        page.locator("[name=max_tokens], [name=max_output_tokens]").first.fill("5")
        page.locator("#send").click()
        expect(messages).to_have_count(2)

        composer(page).fill("Go on.")
        page.locator("#send").click()

        expect(messages).to_have_count(4)
        expect(page.locator("[data-message-error]:visible")).to_have_count(0)


def test_what_a_server_speaks_is_not_said_of_another_one(open_page: Open, upstream: ScriptedUpstream) -> None:
    page = open_page()
    page.get_by_label("Provider", exact=True).select_option("")
    address = page.get_by_label("Base URL", exact=True)
    detect = page.get_by_role("button", name="Detect APIs")

    address.fill("ftp://example.com")
    detect.click()
    expect(page.locator("#base_url-error")).to_be_visible()
    expect(page.locator(".field-error:visible")).to_have_count(1)
    address.fill(f"http://{upstream.host_port}/v1")
    detect.click()
    expect(page.locator("#detected [data-speaks]")).to_have_count(len(DIALECTS))
    expect(page.locator("#base_url-error")).to_be_hidden()
    address.fill("https://example.com")

    expect(page.locator("#detected")).to_be_empty()


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_what_is_wrong_in_each_api_is_told_at_the_form(open_page: Open, scripts: bool) -> None:
    page = open_page(java_script_enabled=scripts)
    more, told = page.locator("[name=more]"), page.locator("#more-error")
    for label, lacking in {"Messages": "stop", "Responses": "n"}.items():
        _switch(page, label)
        if not more.is_visible():
            page.locator("[data-more-parameters] > summary").click()
        more.fill(json.dumps({lacking: 2}))
        page.locator("#send").click()
        expect(told).to_contain_text(f"{lacking}: ")
        expect(more).to_have_attribute("aria-invalid", "true")
        more.fill("")

        composer(page).fill("")
        page.locator("#send").click()
        expect(page.locator("#composer > .field-error:visible")).to_have_count(1)
        expect(told).to_be_hidden()
        composer(page).fill("Hello")


def test_the_cursor_goes_into_the_first_of_several_results(
    open_page: Open, upstream: ScriptedUpstream
) -> None:
    calls = [{"type": "tool_use", "id": f"toolu_{n}", "name": "f", "input": {}} for n in (1, 2)]
    message = {"type": "message", "role": "assistant", "content": calls, "stop_reason": "tool_use"}
    upstream.reply(json_answer(message))
    page = open_page(
        f"?provider=&base_url=http://{upstream.host_port}/v1&dialect=messages&request={MESSAGES}"
    )
    send(page)
    expect(page.locator("#messages [name=extra]").last).to_be_focused()

    page.keyboard.type("22 °C")
    send(page)

    results = upstream.requests[-1].json["messages"][-1]["content"]
    assert [result["content"] for result in results] == ["22 °C", ""]


def test_a_reload_brings_back_no_choice_that_an_example_took_away(open_page: Open) -> None:
    page = open_page(f"?dialect=messages&request={MESSAGES}")
    thinking = page.locator('[name="thinking.type"]')
    expect(thinking).to_have_value("adaptive")
    example(page, 0)
    expect(page.locator("[data-part=code-python]")).to_contain_text("Hello!")

    page.reload()

    expect(thinking).to_have_value("")


def test_a_change_that_takes_a_while_is_announced(open_page: Open) -> None:
    page = open_page()
    busy = page.locator("[data-busy]")
    with _held_edits(page) as held:
        _press(page, page.locator(".segments").get_by_role("button", name="Messages"), held)
        expect(busy).not_to_be_empty()

    expect(page.locator("[name=max_tokens]")).to_be_visible()
    expect(busy).to_be_empty()


def test_an_example_that_follows_a_switch_at_once_is_of_the_new_api(open_page: Open) -> None:
    page = open_page()
    with _held_edits(page) as held:
        _press(page, page.locator(".segments").get_by_role("button", name="Messages"), held)
        example(page, "System prompt")

    expect(page.locator("[name=system]")).not_to_be_empty()
    expect(page.locator("#messages [data-message]")).to_have_count(0)
    expect(composer(page)).not_to_have_value("")
    expect(page.locator("[name=dialect]")).to_have_value("messages")


def test_an_item_that_is_no_message_has_no_text(open_page: Open) -> None:
    items = [{"role": "user", "content": "Hi"}, {"type": "item_reference", "id": "msg_1"}]
    page = open_page(f"?dialect=responses&request={quote(json.dumps({'input': items}))}")
    item = page.locator("#messages [data-message]").last
    expect(item.locator("[name=content]")).to_be_hidden()

    choose(page, "Delete message 1")
    expect(item.locator("[name=extra]")).to_be_focused()
    item.locator("[name=role]").select_option("user")
    expect(item.locator("[name=content]")).to_be_visible()
