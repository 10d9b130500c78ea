"""The conversation in a browser: messages, what is sent, and what comes back."""

import json
import re
from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from tests.browser.axe import assert_no_barrier
from tests.browser.conftest import Open
from tests.browser.steps import (
    UNSUPPORTED,
    add_messages,
    choose,
    composer,
    example,
    last_answer,
    last_text,
    message,
    send,
    send_by_keys,
    settled,
    tab,
)
from tests.upstreams.scripted import Paused, ScriptedUpstream, completion, json_answer

# Where the actions of each answer in sight begin, in the order of the Tab key.
ACTIONS = """() => [...document.querySelectorAll(".turn:has(.facts)")].map((turn) =>
  [...turn.querySelectorAll(":is(.choice-foot, .kept, .turn-foot) :is(a, button, summary)")]
    .filter((action) => action.checkVisibility())
    .map((action) => action.getBoundingClientRect().left))"""

# --- messages ---


def test_messages_are_added_moved_and_removed(open_page: Open, upstream: ScriptedUpstream) -> None:
    page = open_page("?provider=test")
    add_messages(page, "two", "three")

    choose(page, "Move message 3 up")
    choose(page, "Delete message 1")
    send(page)

    assert [message["content"] for message in upstream.requests[-1].json["messages"]] == ["three", "two"]
    expect(page.get_by_label("Move message 1 up")).to_be_disabled()
    expect(page.get_by_label("Move message 2 down")).to_be_enabled()
    expect(page.get_by_label("Move message 3 down")).to_be_disabled()


def test_a_tool_message_asks_for_its_id(open_page: Open, upstream: ScriptedUpstream) -> None:
    page = open_page("?provider=test")
    call_id = page.get_by_label("tool_call_id of message 1")
    expect(call_id).to_be_hidden()

    page.get_by_label("Role of message 1").select_option("tool")
    expect(call_id).to_be_visible()
    page.locator("#send").click()
    expect(call_id).to_be_focused()
    expect(page.locator("[data-message-error]:visible")).to_contain_text("tool_call_id")
    assert upstream.requests == []
    call_id.fill("call_1")
    send(page)

    assert upstream.requests[-1].json["messages"][0]["tool_call_id"] == "call_1"


def test_an_example_fills_the_form(open_page: Open) -> None:
    page = open_page("?provider=test")

    example(page, "Translation (temperature 0)")

    expect(page.locator("#temperature")).to_have_value("0")
    expect(message(page, 1)).to_have_value(re.compile("Translate"))
    expect(page.get_by_label("Model", exact=True)).to_have_value("m")
    expect(page.locator("[data-part=code-python]")).to_contain_text("Translate")


# --- sending ---


def test_pressing_twice_sends_once_and_the_wait_is_shown(open_page: Open, upstream: ScriptedUpstream) -> None:
    gate = Paused(b"", completion("at last").encode())
    upstream.reply(gate)
    page = open_page("?provider=test")

    page.locator("#send").dblclick()
    page.keyboard.press("Control+Enter")
    expect(page.locator("[data-busy]")).to_have_text(re.compile(r" · \d+(\.\d)? m?s$"))
    first = page.locator("[data-busy]").inner_text()
    expect(page.locator("[data-busy]")).not_to_have_text(first)
    gate.go.set()

    expect(last_text(page)).to_have_text("at last")
    expect(page.locator("[data-busy]")).to_be_empty()
    assert len(upstream.requests) == 1


@pytest.mark.parametrize("way", ["button", "Esc", "closing the tab"])
def test_stop_stops_the_provider(open_page: Open, upstream: ScriptedUpstream, way: str) -> None:
    hold = Paused(b"")
    upstream.reply(hold)
    page = open_page("?provider=test")
    message(page, 1).fill("kept")
    page.locator("#send").click()
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
        expect(last_answer(page)).to_contain_text("Stopped")
        expect(page.locator("#send")).to_be_focused()
        expect(message(page, 1)).to_have_value("kept")
        composer(page).fill("typed since")
        upstream.reply(completion())
        with page.expect_response("**/send/"):
            page.get_by_role("button", name="Send again").click()
        settled(page)
        first, second = upstream.requests
        assert second.body == first.body
        expect(composer(page)).to_have_value("typed since")


def test_the_answer_joins_the_conversation(open_page: Open, upstream: ScriptedUpstream) -> None:
    page = open_page("?provider=test")
    send(page)

    expect(message(page, 2)).to_have_value("Hello!")
    expect(composer(page)).to_be_focused()
    page.keyboard.type("And then?")
    send_by_keys(page)

    expect(page.locator("[data-part=code-python]")).to_contain_text("And then?")
    assert upstream.requests[-1].json["messages"] == [
        {"role": "user", "content": "Hello!"},
        {"role": "assistant", "content": "Hello!"},
        {"role": "user", "content": "And then?"},
    ]


def test_an_answer_joins_once(open_page: Open, upstream: ScriptedUpstream) -> None:
    page = open_page("?provider=test")
    send(page)
    expect(page.get_by_role("button", name="Add to conversation")).to_have_count(0)

    send(page, "And then?")

    roles = [page.get_by_label(f"Role of message {number}").input_value() for number in range(1, 6)]
    assert roles == ["user", "assistant", "user", "assistant", "user"]
    expect(page.locator("#messages [data-message]")).to_have_count(4)


def test_an_answer_is_not_sent_without_a_next_message(open_page: Open, upstream: ScriptedUpstream) -> None:
    page = open_page("?provider=test")
    send(page)
    page.locator("#model").focus()

    page.keyboard.press("Control+Enter")

    expect(composer(page)).to_be_focused()
    assert len(upstream.requests) == 1


def test_an_answer_keeps_its_proof_when_the_request_changes(
    open_page: Open, upstream: ScriptedUpstream
) -> None:
    page = open_page("?provider=test")
    send(page)
    upstream.reply(completion("The second"))
    send(page, "And then?")
    tab(page, "HTTP")
    sent = page.locator("[data-part=sent-body]")
    expect(sent).to_contain_text("And then?")

    message(page, 1).fill("changed")
    expect(sent).to_contain_text("And then?")
    page.locator("[data-part=answer-1]").first.click()

    expect(sent).not_to_contain_text("And then?")
    expect(sent).to_contain_text("Hello!")
    expect(page.locator("[data-part=outcome]")).not_to_have_attribute("data-stale", "")


def test_tool_calls_join_the_conversation_whole(open_page: Open, upstream: ScriptedUpstream) -> None:
    calls = [{"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]
    answer = {"role": "assistant", "content": None, "tool_calls": calls}
    choices = [{"index": 0, "message": answer, "finish_reason": "tool_calls"}]
    upstream.reply(completion(choices=choices))
    page = open_page("?provider=test")
    send(page)
    expect(last_answer(page)).to_contain_text("called tools")

    expect(page.locator(".turn.chosen")).to_have_count(1)
    expect(message(page, 3)).to_be_focused()
    page.keyboard.type("42")
    send(page)

    assert upstream.requests[-1].json["messages"][1:] == [
        answer,
        {"role": "tool", "content": "42", "tool_call_id": "call_1"},
    ]


# --- again, from here, on ---


def test_an_answer_is_asked_for_again_and_both_versions_stay(
    open_page: Open, upstream: ScriptedUpstream
) -> None:
    page = open_page("?provider=test")
    send(page)
    send(page, "And then?")
    upstream.reply(completion("Another one"))

    with page.expect_response("**/send/"):
        page.get_by_role("button", name="Regenerate").first.click()
    settled(page)

    assert upstream.requests[-1].json["messages"] == [{"role": "user", "content": "Hello!"}]
    expect(message(page, 2)).to_have_value("Another one")
    expect(page.locator("#messages [data-message]")).to_have_count(2)
    expect(page.locator("[data-version-number]:visible")).to_have_text("2/2")
    tab(page, "Raw JSON")
    page.get_by_role("button", name="Previous version").click()
    expect(page.locator("#messages [data-message]")).to_have_count(4)
    expect(message(page, 2)).to_have_value("Hello!")
    expect(message(page, 3)).to_have_value("And then?")
    expect(page.locator(".turn.chosen [name=content]")).to_have_value("Hello!")
    expect(page.locator("#result")).not_to_contain_text("Another one")
    page.get_by_role("button", name="Next version").click()
    expect(message(page, 2)).to_have_value("Another one")
    expect(page.locator("[data-part=outcome]")).to_contain_text("Another one")

    # What is not in sight is not in the inspector, either.
    choose(page, "Delete message 2")
    expect(page.locator("#result")).not_to_contain_text("Another one")


def test_an_edited_message_is_sent_from_there_and_what_followed_stays(
    open_page: Open, upstream: ScriptedUpstream
) -> None:
    page = open_page("?provider=test")
    send(page)
    composer(page).fill("not sent")
    message(page, 1).fill("edited")
    upstream.reply(completion("Another one"))

    with page.expect_response("**/send/"):
        page.get_by_role("button", name="Send from here").click()
    settled(page)

    assert upstream.requests[-1].json["messages"] == [{"role": "user", "content": "edited"}]
    expect(message(page, 2)).to_have_value("Another one")
    expect(composer(page)).to_have_value("not sent")
    page.get_by_role("button", name="Previous version").click()
    expect(message(page, 1)).to_have_value("Hello!")
    expect(message(page, 2)).to_have_value("Hello!")


def test_earlier_answers_stay_whole_while_another_joins(open_page: Open, upstream: ScriptedUpstream) -> None:
    upstream.reply(completion("**one**"))
    page = open_page("?provider=test")
    send(page)
    last_answer(page).locator(".source summary").click()
    # In each frame that is painted: are the facts of the first answer there?
    page.evaluate("""() => {
      window.least = 1;
      const look = () => {
        window.least = Math.min(window.least, document.querySelectorAll("#messages .facts").length);
        requestAnimationFrame(look);
      };
      look();
    }""")

    send(page, "And then?")

    expect(page.locator("#messages .facts")).to_have_count(2)
    assert page.evaluate("window.least") == 1
    expect(page.locator("#messages details[open]")).to_have_count(1)  # its source, and no menu
    expect(page.locator("#messages [role=tabpanel]")).to_have_count(0)
    # The proof is that of the answer which is looked at. Tab goes along the line of what can be done.
    expect(page.get_by_role("button", name="Save proof")).to_have_count(1)
    for line in page.evaluate(ACTIONS):
        assert line == sorted(line)
    assert_no_barrier(page)


def test_an_answer_that_was_cut_is_continued(open_page: Open, upstream: ScriptedUpstream) -> None:
    cut = {"index": 0, "message": {"role": "assistant", "content": "Once upon"}, "finish_reason": "length"}
    upstream.reply(completion(choices=[cut]))
    page = open_page("?provider=test")
    send(page)
    upstream.reply(completion(" a time"))

    with page.expect_response("**/send/"):
        page.get_by_role("button", name="Continue").click()
    settled(page)

    roles = [message["role"] for message in upstream.requests[-1].json["messages"]]
    assert roles == ["user", "assistant", "user"]
    expect(last_text(page)).to_have_text(" a time")


@pytest.mark.parametrize("scripts", [True, False])
def test_one_of_several_answers_is_chosen_to_go_on_with(
    open_page: Open, upstream: ScriptedUpstream, scripts: bool
) -> None:
    texts = ("The first", "The second")
    choices = [
        {"index": at, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
        for at, text in enumerate(texts)
    ]
    upstream.reply(completion(choices=choices))
    page = open_page("?provider=test", java_script_enabled=scripts)
    page.locator("#send").click()
    expect(message(page, 2)).to_have_value("The first")

    second = page.get_by_role("button", name="Use this answer").last
    if scripts:
        page.route("**/edit/", lambda route: route.fulfill(status=502), times=1)
        second.click()
        expect(page.locator("[data-busy]")).to_have_text("No response from the playground")
        expect(page.get_by_role("button", name="Use this answer")).to_have_count(1)
    second.click()

    expect(message(page, 2)).to_have_value("The second")
    if scripts:
        expect(page.get_by_role("button", name="In use")).to_be_disabled()
    expect(page.locator("#messages [data-message]")).to_have_count(2)


def test_without_scripts_an_answer_stands_once_until_it_is_edited(
    open_page: Open, upstream: ScriptedUpstream
) -> None:
    upstream.reply(completion("**Hello**"))
    page = open_page("?provider=test", java_script_enabled=False)
    page.locator("#send").click()
    expect(page.locator(".turn strong")).to_be_visible()
    expect(message(page, 2)).to_be_hidden()
    composer(page).fill("And then?")
    page.locator("#send").click()

    expect(page.locator(".turn strong").first).to_be_visible()
    expect(message(page, 2)).to_be_hidden()
    page.locator(".edit summary:visible").first.click()
    message(page, 2).fill("edited")
    expect(page.locator(".turn strong").first).to_be_hidden()
    composer(page).fill("And now?")
    page.locator("#send").click()

    expect(message(page, 2)).to_have_value("edited")
    assert upstream.requests[-1].json["messages"][1]["content"] == "edited"


# --- what goes wrong ---


def test_a_fix_changes_the_form_in_one_click(open_page: Open, upstream: ScriptedUpstream) -> None:
    upstream.reply(json_answer({"error": {"message": UNSUPPORTED}}, 400))
    page = open_page("?provider=test")
    page.get_by_label("max_tokens", exact=True).fill("5")
    send(page)
    expect(page.locator("[data-error]")).to_contain_text(UNSUPPORTED)
    upstream.reply(completion())

    page.get_by_role("button", name="Use max_completion_tokens").click()
    expect(page.get_by_label("max_completion_tokens", exact=True)).to_have_value("5")
    expect(page.get_by_role("button", name="Applied")).to_be_disabled()
    expect(page.locator("#send")).to_be_focused()
    send_by_keys(page)

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
    send(page)

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

    page.locator("#send").click()
    page.locator("button.fix").click()

    expect(page.get_by_label("Role of message 1")).to_have_value("system")
    expect(message(page, 1)).to_have_value("Be brief.")


def test_a_refused_field_is_marked_and_focused_and_nothing_is_lost(
    open_page: Open, upstream: ScriptedUpstream
) -> None:
    page = open_page("?provider=test")
    page.get_by_label("API key").fill("sk-typed-in-the-page")
    page.locator("#temperature").fill("hot")
    message(page, 1).fill("kept")

    page.locator("#send").click()

    expect(page.locator("#temperature")).to_be_focused()
    expect(page.locator("#temperature")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_text("from 0 to 2").filter(visible=True)).to_have_count(1)
    expect(page.locator("#temperature-error")).to_contain_text("from 0 to 2")
    expect(page.locator("[data-refusal]")).to_contain_text("temperature")
    expect(message(page, 1)).to_have_value("kept")
    expect(page.get_by_label("API key")).to_have_value("sk-typed-in-the-page")
    assert upstream.requests == []
    page.locator("#temperature").fill("1")
    send(page)
    expect(page.locator("#temperature-error")).to_be_hidden()


def test_when_the_playground_itself_is_gone_nothing_is_lost(open_page: Open) -> None:
    page = open_page("?provider=test")
    page.route("**/send/", lambda route: route.fulfill(status=502, body="", content_type="text/html"))
    message(page, 1).fill("kept")

    page.locator("#send").click()

    expect(page.locator("[data-part=panel-answer] [data-error=playground]")).to_be_visible()
    expect(message(page, 1)).to_have_value("kept")
    page.unroute("**/send/")
    send(page)
