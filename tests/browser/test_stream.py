"""Streams in a browser: the answer grows, stops, breaks, and ends with the same tabs as any other."""

import json
import os
import re
import signal
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Open, clipboard
from tests.browser.steps import ask_for_stream, composer, last_answer, last_text, message, settled, tab
from tests.site import serving, workers
from tests.upstreams.scripted import (
    STREAM_END,
    STREAM_HEAD,
    Paused,
    ScriptedUpstream,
    chunk,
    completion,
    event,
    event_stream,
    json_answer,
    stream,
    token,
)

LONG_TASKS = """
window.longTasks = [];
new PerformanceObserver((list) => window.longTasks.push(...list.getEntries().map((entry) => entry.duration)))
  .observe({ type: "longtask", buffered: true });
"""


def _start(page: Page) -> None:
    ask_for_stream(page)
    page.locator("#send").click()


def _arriving(open_page: Open, upstream: ScriptedUpstream, text: str) -> tuple[Page, Paused]:
    """Return a page whose answer has begun with the text, and what lets it end."""
    paused = Paused(STREAM_HEAD + token(text))
    upstream.reply(paused)
    page = open_page("?provider=test")
    _start(page)
    expect(page.locator("[data-part=live-text-0]")).to_have_text(text)
    return page, paused


def test_the_answer_grows_and_ends_like_any_other(open_page: Open, upstream: ScriptedUpstream) -> None:
    paused = Paused(STREAM_HEAD + token("one"), token(" two") + STREAM_END)
    upstream.reply(paused)
    page = open_page("?provider=test")

    _start(page)
    expect(page.locator("[data-part=live-text-0]")).to_have_text("one")
    expect(page.locator("[data-busy]")).to_contain_text("The answer is arriving")
    expect(page.locator("[data-part=live-status]")).to_have_text("200 OK")
    expect(page.locator("[data-part=live-first]")).to_have_text(re.compile(r"^\d"))
    elapsed = page.locator("[data-elapsed]").inner_text()
    expect(page.locator("[data-elapsed]")).not_to_have_text(elapsed)
    tab(page, "HTTP")
    assert json.loads(page.locator("[data-part=sent-body]").inner_text())["stream"] is True
    expect(page.locator(".events li")).to_have_count(0)  # nobody has looked
    tab(page, "Events")
    expect(page.locator(".events li")).to_have_count(1)
    paused.go.set()

    expect(page.locator(".events li")).to_have_count(4)  # the chosen tab stays open
    expect(page.locator("[data-part=stream-head]")).to_contain_text("Ended with [DONE]")
    expect(last_text(page)).to_have_text("one two")
    expect(page.locator("#send")).to_be_visible()
    tab(page, "Raw JSON")
    assert json.loads(page.locator("[data-part=raw-pretty]").inner_text())["object"] == "chat.completion"
    expect(page.locator("[data-part=raw-received]")).to_contain_text("data: [DONE]")


def test_the_real_model_streams(open_page: Open) -> None:
    page = open_page()
    page.get_by_label("max_tokens", exact=True).fill("150")  # long enough to be seen growing
    message(page, 1).fill("Tell me a story.")

    _start(page)
    expect(page.locator("[data-part=live-text-0]")).to_have_text(re.compile(r"\S"))
    expect(last_text(page)).to_have_text(re.compile(r"\S"))

    facts = page.locator(".facts").inner_text()
    counts = re.search(r"(\d+) total · (\d+) prompt · (\d+) completion", facts)
    assert counts is not None, facts
    assert int(counts[1]) == int(counts[2]) + int(counts[3])
    tab(page, "Events")
    page.locator(".events li").nth(int(counts[3]) - 1).wait_for(state="attached")


def test_an_answer_that_ends_leaves_whoever_went_to_another_field_there(
    open_page: Open, upstream: ScriptedUpstream
) -> None:
    page, paused = _arriving(open_page, upstream, "one")

    page.get_by_label("API key").focus()
    paused.go.set()

    expect(message(page, 2)).to_have_value("one")
    expect(page.locator("#send")).to_be_visible()
    expect(page.get_by_label("API key")).to_be_focused()


@pytest.mark.parametrize("way", ["button", "Esc", "another process", "closing the tab"])
def test_stop_in_mid_stream_keeps_what_arrived(open_page: Open, upstream: ScriptedUpstream, way: str) -> None:
    paused = Paused(STREAM_HEAD + token("so far"))
    upstream.reply(paused)

    def elsewhere(page: Page) -> None:
        if way == "another process":
            page.route("**/stop/", lambda route: route.fulfill(status=404))

    # Before the page loads: in a page that runs, a route takes effect some time after the call returns.
    page = open_page("?provider=test", before=elsewhere)
    _start(page)
    expect(page.locator("[data-part=live-text-0]")).to_have_text("so far")

    match way:
        case "button":
            page.get_by_role("button", name="Stop").click()
        case "closing the tab":
            page.close()
        case _:
            page.keyboard.press("Escape")

    assert paused.left.wait(10)
    if way == "closing the tab":
        return
    expect(last_answer(page)).to_contain_text("Stopped")
    expect(page.locator("[data-part=panel-answer] .answer-text", has_text="so far")).to_be_visible()
    # What arrived is part of the conversation, if the server knows of it.
    expect(page.locator("#send") if way == "another process" else composer(page)).to_be_focused()
    if way == "another process":
        tab(page, "Raw JSON")
        expect(page.locator("[data-part=panel-raw]")).to_contain_text("interrupted")
    else:
        tab(page, "Raw JSON")
        record = json.loads(page.locator("[data-part=raw-pretty]").inner_text())
        assert record["choices"][0]["message"]["content"] == "so far"
        expect(message(page, 2)).to_have_value("so far")


def test_esc_stops_what_was_sent_from_the_model_field(open_page: Open, upstream: ScriptedUpstream) -> None:
    upstream.reply(Paused(STREAM_HEAD + token("so far")))
    page = open_page("?provider=test")
    ask_for_stream(page)
    page.get_by_label("Model", exact=True).press_sequentially("-large")  # may open suggestions

    page.keyboard.press("Control+Enter")
    expect(page.locator("[data-part=live-text-0]")).to_have_text("so far")
    page.keyboard.press("Escape")

    expect(page.locator("#send")).to_be_visible()
    expect(last_answer(page)).to_contain_text("Stopped")


def test_esc_that_is_meant_for_something_else_stops_nothing(
    open_page: Open, upstream: ScriptedUpstream
) -> None:
    page, paused = _arriving(open_page, upstream, "so far")

    page.locator("nav details.menu summary").click()
    page.keyboard.press("Escape")
    expect(page.locator("nav details.menu")).not_to_have_attribute("open", "")
    page.get_by_label("Model", exact=True).click()  # the browser may show its suggestions
    page.keyboard.press("Escape")

    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    assert not paused.left.wait(0.3)


def test_what_is_changed_meanwhile_stays_and_the_proof_is_what_was_sent(
    open_page: Open, upstream: ScriptedUpstream
) -> None:
    page, paused = _arriving(open_page, upstream, "one")

    page.locator("#temperature").fill("0.3")
    paused.go.set()

    expect(last_text(page)).to_have_text("one")
    settled(page)
    expect(page.locator("#temperature")).to_have_value("0.3")
    tab(page, "HTTP")
    assert "temperature" not in json.loads(page.locator("[data-part=sent-body]").inner_text())


def test_a_server_that_dies_leaves_what_arrived(
    browser: Browser, upstream: ScriptedUpstream, tmp_path: Path
) -> None:
    upstream.reply(Paused(STREAM_HEAD + token("so far")))
    with serving(tmp_path, upstream.host_port) as site, browser.new_context() as context:
        page = context.new_page()
        page.goto(f"{site.address}?provider=test")
        _start(page)
        expect(page.locator("[data-part=live-text-0]")).to_have_text("so far")

        for worker in workers(site):
            os.kill(worker, signal.SIGKILL)

        panel = last_answer(page)
        expect(panel.locator("[data-error=playground]")).to_be_visible()
        expect(panel).to_contain_text("so far")
        expect(page.locator("#send")).to_be_visible()
        tab(page, "Events")
        expect(page.locator(".events li")).to_have_count(1)
        expect(page.locator(".events li code")).to_contain_text("so far")


def test_an_error_stands_beside_what_arrived(open_page: Open, upstream: ScriptedUpstream) -> None:
    upstream.reply(event_stream(token("so far") + event({"error": {"message": "Overloaded."}})))
    page = open_page("?provider=test")

    _start(page)

    expect(page.locator("[data-error]")).to_contain_text("Overloaded.")
    expect(last_text(page)).to_have_text("so far")


def test_a_refusal_or_error_before_the_stream_is_shown_as_ever(
    open_page: Open, upstream: ScriptedUpstream
) -> None:
    page = open_page("?provider=test")
    page.locator("#temperature").fill("9")
    _start(page)
    expect(page.locator("[data-refusal]")).to_be_visible()

    page.locator("#temperature").fill("")
    upstream.reply(json_answer({"error": {"message": "Unsupported parameter: stream_options"}}, 400))
    page.locator("#send").click()
    expect(page.locator("[data-error]")).to_contain_text("stream_options")
    expect(page.get_by_role("tab", name="Events")).to_be_hidden()

    page.get_by_role("button", name="Send without stream_options").click()
    expect(page.get_by_label("include_usage")).not_to_be_checked()
    upstream.reply(stream({"content": "fine"}))
    page.locator("#send").click()
    expect(last_text(page)).to_have_text("fine")
    assert "stream_options" not in upstream.requests[-1].json


def test_choices_reasoning_and_tool_calls_grow_each_in_its_place(
    open_page: Open, upstream: ScriptedUpstream
) -> None:
    function = {"name": "weather", "arguments": '{"city": '}
    call = {"index": 0, "id": "call_1", "type": "function", "function": function}
    rest = {"index": 0, "function": {"arguments": '"Oslo"}'}}
    paused = Paused(
        STREAM_HEAD
        + event(chunk({"reasoning_content": "Hm"}))
        + token("first")
        + event(chunk({"tool_calls": [call]}, index=1)),
        event(chunk({"reasoning_content": ", yes"}))
        + event(chunk({"tool_calls": [rest]}, index=1))
        + event(chunk({}, index=1, finish_reason="tool_calls"))
        + STREAM_END,
    )
    upstream.reply(paused)
    page = open_page("?provider=test")

    _start(page)
    last_answer(page).get_by_text("Reasoning").first.click()
    expect(page.locator("[data-part=live-reasoning-0]")).to_have_text("Hm")
    expect(page.locator("[data-part=live-text-0]")).to_have_text("first")
    expect(page.locator("[data-part=live-calls-1]")).to_have_text('weather({"city": )')
    expect(page.locator(".choice h3")).to_have_text("Answer 2")
    paused.go.set()

    expect(page.locator(".choice")).to_have_count(2)
    expect(page.locator(".choice").first).to_contain_text("Hm, yes")  # the reasoning has stayed open
    expect(page.locator(".choice").last).to_contain_text("Oslo")


def test_the_model_is_seen_to_think(open_page: Open, upstream: ScriptedUpstream) -> None:
    paused = Paused(STREAM_HEAD + event(chunk({"reasoning_content": "Hm"})), token("42") + STREAM_END)
    upstream.reply(paused)
    page = open_page("?provider=test")

    _start(page)
    summary = last_answer(page).locator(".reasoning summary")
    expect(summary).to_have_text(re.compile(r"^Thinking… \d"))
    thought = summary.inner_text()
    expect(summary).not_to_have_text(thought)  # though nothing arrives
    for _ in range(2):  # a whole tick, which is longer than the shortest time that is told
        elapsed = page.locator("[data-elapsed]").inner_text()
        expect(page.locator("[data-elapsed]")).not_to_have_text(elapsed)
    paused.go.set()

    expect(last_text(page)).to_have_text("42")
    expect(last_answer(page).locator(".reasoning summary")).to_have_text(re.compile(r"^Thought for \d"))


@pytest.mark.parametrize("width", [1440, 360])
def test_a_growing_answer_is_followed_unless_one_scrolls_away(
    open_page: Open, upstream: ScriptedUpstream, width: int
) -> None:
    paused = Paused(
        STREAM_HEAD + token("line\n" * 1000) + token("line\n" * 1000),
        token("line\n" * 100) + token("the end") + STREAM_END,
    )
    upstream.reply(paused)
    page = open_page("?provider=test", width=width)

    _start(page)
    page.locator("[data-part=live-text-0]").get_by_text("line").last.wait_for()
    scroller = "document.querySelector('[data-talk]')"
    below = f"{scroller}.scrollHeight - {scroller}.scrollTop - {scroller}.clientHeight"
    assert page.evaluate(below) < 40
    # A change lays out only the block at the end.
    texts = "[...document.querySelector('[data-part=live-text-0]').childNodes]"
    assert page.evaluate(f"{texts}.every(({{ textContent }}) => textContent.length < 5000)")
    page.evaluate(f"{scroller}.scrollTop -= 500")
    page.evaluate("new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
    paused.go.set()

    expect(last_text(page)).to_contain_text("the end")
    assert page.evaluate(below) > 400


def test_ten_thousand_events_leave_the_page_responsive(open_page: Open, upstream: ScriptedUpstream) -> None:
    upstream.reply(stream(*({"content": f"t{number} "} for number in range(9_996))))
    page = open_page()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.context.add_init_script(LONG_TASKS)
    page.goto(page.url + "?provider=test")

    began = page.evaluate("performance.now()")
    _start(page)
    expect(last_text(page)).to_contain_text("t9995", timeout=60_000)
    tab(page, "Events")
    expect(page.locator("[data-part=stream-head]")).to_contain_text("10,000 events")
    expect(page.locator(".events li")).to_have_count(10_000, timeout=30_000)
    page.get_by_text("Events from 9,501").click()
    expect(page.locator(".events li").last).to_be_visible()
    # Relative, because slow machines take longer. Drawn in one go, one task would take most of the time.
    longest = max(page.evaluate("window.longTasks"), default=0)
    assert longest <= (page.evaluate("performance.now()") - began) / 8

    page.locator("[data-copy-events]").click()
    expect(page.locator("[data-copy-events]")).to_contain_text("Copied")
    copied = clipboard(page)
    assert copied.count("data: ") == 10_000
    assert copied.endswith("data: [DONE]\n\n")


def test_the_ticks_are_part_of_the_code_and_the_link(open_page: Open) -> None:
    page = open_page("?provider=test")

    ask_for_stream(page)
    expect(page.locator("[data-part=code-python]")).to_contain_text("for chunk in stream:")
    expect(page.locator("[data-part=code-curl]")).to_contain_text("-N")
    expect(page.locator("[data-part=code-curl]")).to_contain_text('"include_usage": true')
    page.get_by_label("include_usage").uncheck()
    expect(page.locator("[data-part=code-curl]")).not_to_contain_text("include_usage")

    page.goto(page.locator("[data-part=permalink]").evaluate("link => link.href"))
    expect(page.get_by_label("stream", exact=True)).to_be_checked()
    expect(page.get_by_label("include_usage")).not_to_be_checked()
    page.get_by_label("include_usage").check()
    page.reload()
    expect(page.get_by_label("include_usage")).to_be_checked()


def test_without_scripts_a_stream_ends_in_a_full_page(open_page: Open, upstream: ScriptedUpstream) -> None:
    upstream.reply(stream({"content": "Hel"}, {"content": "lo"}))
    page = open_page("?provider=test", java_script_enabled=False)

    ask_for_stream(page)
    page.locator("#send").click()

    expect(last_text(page)).to_have_text("Hello")
    expect(page.locator(".events li")).to_have_count(6)
    expect(page.get_by_label("stream", exact=True)).to_be_checked()


def test_an_answer_that_is_no_stream_is_shown(open_page: Open, upstream: ScriptedUpstream) -> None:
    upstream.reply(completion("at once"))
    page = open_page("?provider=test")

    _start(page)

    expect(last_text(page)).to_have_text("at once")
    expect(page.get_by_role("tab", name="Events")).to_be_hidden()


def test_copied_events_keep_their_ids(open_page: Open, upstream: ScriptedUpstream) -> None:
    events = b"event: delta\nid: 7\ndata: {}\n\ndata: {}\n\nid: 8\n" + token("Hello!") + STREAM_END
    upstream.reply(STREAM_HEAD + events)
    page = open_page("?provider=test", permissions=["clipboard-read", "clipboard-write"])
    ask_for_stream(page)
    page.locator("#send").click()
    settled(page)
    tab(page, "Events")

    page.locator("[data-copy-events]").click()
    expect(page.locator("[data-copy-events]")).to_contain_text("Copied")

    copied = clipboard(page).split("\n\n")
    assert copied[0] == "event: delta\nid: 7\ndata: {}"
    assert copied[1] == "data: {}"
    assert copied[2].startswith("id: 8\ndata: ")
    assert "id:" not in "".join(copied[3:]).replace('"id":', "")
