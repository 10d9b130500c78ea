"""The page in a browser, as people use it."""

import json
import re
from urllib.parse import quote, unquote

import pytest
from playwright.sync_api import expect

from playground.upstream.local_model.supervisor import Supervisor
from tests.browser.conftest import Open, clipboard
from tests.browser.steps import (
    UNSUPPORTED,
    choose,
    composer,
    last_answer,
    last_text,
    message,
    send,
    settled,
    tab,
)
from tests.upstreams.scripted import Paused, ScriptedUpstream, completion, completion_body, json_answer

# --- the whole job ---


def test_hello_to_a_real_model(open_page: Open, running_model: Supervisor) -> None:
    page = open_page()
    expect(page.get_by_label("Provider", exact=True)).to_have_value("local")
    expect(page.locator("[data-part=code-python]")).to_contain_text('"content": "Hello!"')

    page.get_by_label("max_tokens", exact=True).fill("5")
    page.keyboard.press("Control+Enter")

    expect(last_text(page)).to_have_text(re.compile(r"\S"))
    facts = page.locator(".facts").inner_text()
    counts = re.search(r"(\d+) total · (\d+) prompt · (\d+) completion", facts)
    assert counts is not None, facts
    total, prompt, completed = map(int, counts.groups())
    assert total == prompt + completed
    expect(page.locator(".facts")).to_contain_text("200")
    tab(page, "Raw JSON")
    assert json.loads(page.locator("[data-part=raw-pretty]").inner_text())["object"] == "chat.completion"
    tab(page, "HTTP")
    expect(page.locator("[data-part=sent-url]")).to_have_text(f"{running_model.url}/chat/completions")
    expect(page.locator("[data-part=panel-exchange]")).to_contain_text("Bearer [redacted]")
    expect(page.locator("[data-part=timeline]")).to_contain_text("First token")
    assert json.loads(page.locator("[data-part=sent-body]").inner_text())["max_tokens"] == 5
    tab(page, "Code")
    expect(page.locator("[data-part=code-python]")).to_contain_text("max_tokens=5")


def test_without_scripts_the_form_does_the_job(open_page: Open, upstream: ScriptedUpstream) -> None:
    page = open_page("?provider=test", java_script_enabled=False)

    page.get_by_role("button", name="Add message").click()
    message(page, 2).fill("second")
    page.get_by_label("Role of message 2").select_option("system")
    page.get_by_role("button", name="Add message").click()
    choose(page, "Move message 2 up")
    page.locator("#temperature").fill("0.5")
    page.locator("#send").click()

    expect(last_text(page)).to_have_text("Hello!")
    assert upstream.requests[-1].json == {
        "model": "m",
        "messages": [{"role": "system", "content": "second"}, {"role": "user", "content": "Hello!"}],
        "temperature": 0.5,
        "max_tokens": 150,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    expect(page.locator("#temperature")).to_have_value("0.5")
    for part in (
        "[data-part=raw-pretty]",
        "[data-part=sent-body]",
        "[data-part=code-python]",
        "[data-part=code-curl]",
    ):
        expect(page.locator(part)).to_be_visible()
    expect(message(page, 3)).to_have_value("Hello!")
    expect(composer(page)).to_have_value("")


def test_without_scripts_a_refusal_stands_beside_its_field(
    open_page: Open, upstream: ScriptedUpstream
) -> None:
    page = open_page("?provider=test", java_script_enabled=False)

    page.locator("#temperature").fill("hot")
    page.locator("#send").click()

    expect(page.locator("#temperature-error")).to_contain_text("from 0 to 2")
    expect(page.locator("#temperature")).to_have_value("hot")
    assert upstream.requests == []


def test_without_scripts_a_fix_changes_the_form(open_page: Open, upstream: ScriptedUpstream) -> None:
    upstream.reply(json_answer({"error": {"message": UNSUPPORTED}}, 400))
    page = open_page("?provider=test", java_script_enabled=False)

    page.get_by_label("max_tokens", exact=True).fill("5")
    page.locator("#send").click()
    page.get_by_role("button", name="Use max_completion_tokens").click()

    expect(page.get_by_label("max_tokens", exact=True)).to_have_value("")
    expect(page.get_by_label("max_completion_tokens", exact=True)).to_have_value("5")


def test_by_keyboard_alone(open_page: Open, upstream: ScriptedUpstream) -> None:
    page = open_page("?provider=test")
    keyboard = page.keyboard

    def tab_to(name: str) -> None:
        for _ in range(80):
            keyboard.press("Tab")
            label, is_outlined = page.evaluate(
                """() => {
                  const { activeElement: it } = document;
                  const box = it.closest(".composer-box"); // the composer's text is outlined by its box
                  const label = it.getAttribute("aria-label") || it.innerText || it.labels?.[0]?.innerText;
                  return [it.id === "send" ? "#send" : (label || "").trim(),
                    [it, box].some((one) => one && getComputedStyle(one).outlineStyle !== "none")];
                }"""
            )
            if label.startswith(name):
                assert is_outlined, f"no visible focus on {name}"
                return
        raise AssertionError(f"Tab never reached {name}")

    expect(composer(page)).to_be_focused()
    keyboard.press("Control+A")
    keyboard.type("first")
    tab_to("Add message")
    keyboard.press("Enter")
    keyboard.type("second")  # the composer has focus
    tab_to("Add message")
    keyboard.press("Enter")
    tab_to("Content of message 2")
    keyboard.press("Alt+ArrowUp")
    tab_to("#send")
    keyboard.press("Enter")
    expect(last_text(page)).to_have_text("Hello!")
    contents = [message["content"] for message in upstream.requests[-1].json["messages"]]
    assert contents == ["second", "first"]
    settled(page)
    expect(composer(page)).to_be_focused()
    tab_to("Code")
    keyboard.press("Home")
    expect(page.get_by_role("tab", name="Raw JSON")).to_have_attribute("aria-selected", "true")
    keyboard.press("End")
    expect(page.get_by_role("tab", name="Code")).to_be_focused()


@pytest.mark.parametrize("scripts", [True, False])
@pytest.mark.parametrize("field", ["model", "max_tokens"])
def test_enter_in_a_field_sends(
    open_page: Open, upstream: ScriptedUpstream, scripts: bool, field: str
) -> None:
    page = open_page("?provider=test", java_script_enabled=scripts)
    message(page, 1).fill("kept")
    page.locator("#max_tokens").fill("7")

    page.locator(f"#{field}").press("Enter")

    expect(last_text(page)).to_have_text("Hello!")
    assert upstream.requests[-1].json["messages"] == [{"role": "user", "content": "kept"}]
    assert upstream.requests[-1].json["max_tokens"] == 7


@pytest.mark.parametrize("way", ["reload", "back"])
def test_all_inputs_outlast(open_page: Open, way: str) -> None:
    page = open_page("?provider=test")
    page.get_by_role("button", name="Add message").click()
    page.keyboard.type("second")
    page.get_by_label("Role of message 2").select_option("assistant")
    page.locator("#temperature").fill("0.3")
    page.get_by_label("Model", exact=True).fill("my-own")

    if way == "reload":
        page.reload()
    else:
        page.get_by_role("link", name="API Playground").first.click()
        page.wait_for_load_state()
        page.go_back()

    expect(message(page, 2)).to_have_value("second")
    expect(page.get_by_label("Role of message 2")).to_have_value("assistant")
    expect(page.locator("#temperature")).to_have_value("0.3")
    expect(page.get_by_label("Model", exact=True)).to_have_value("my-own")
    expect(page.locator("[data-part=code-python]")).to_contain_text("second")


# --- code, links and copies ---


def test_code_follows_the_form(open_page: Open) -> None:
    page = open_page("?provider=test")

    message(page, 1).fill('It\'s $HOME; "ok"?')
    page.locator("#temperature").fill("0.7")

    expect(page.locator("[data-part=code-python]")).to_contain_text('"It\'s $HOME; \\"ok\\"?"')
    expect(page.locator("[data-part=code-python]")).to_contain_text("temperature=0.7")
    page.get_by_role("button", name="cURL").click()
    expect(page.locator("[data-part=code-curl]")).to_contain_text("It'\"'\"'s $HOME")
    expect(page.locator("[data-part=code-python]")).to_be_hidden()
    page.get_by_label("Model", exact=True).fill("")
    expect(page.locator("[data-part=codes] .empty")).to_be_visible()
    expect(page.get_by_role("button", name="cURL")).to_be_hidden()  # would appear above that sentence


def test_copy_link_gives_an_address_that_fills_the_form(open_page: Open) -> None:
    page = open_page("?provider=test", permissions=["clipboard-read", "clipboard-write"])
    page.get_by_label("API key").fill("sk-typed-in-the-page")
    message(page, 1).fill("It's a “link” & more 👍")
    page.locator("#temperature").fill("0.3")

    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_role("button", name="Link copied")).to_be_visible()
    link = clipboard(page)

    assert "sk-typed" not in unquote(link)
    page.locator("[data-more-parameters] summary").first.click()
    page.locator("[name=more]").fill("{")
    page.locator("[data-copy-link]").click()
    expect(page.locator("[data-copy-link]")).to_contain_text("Couldn’t create the link")
    assert clipboard(page) == link
    page.locator("[name=more]").fill("")
    page.route("**/snippets/", lambda route: route.fulfill(status=502, body="A proxy’s page"), times=1)
    page.locator("[data-copy-link]").click()
    expect(page.locator("[data-busy]")).to_have_text("No response from the playground")
    expect(page.locator("[data-part=codes]")).not_to_contain_text("proxy")
    page.locator("[data-copy-link]").click()
    expect(page.get_by_role("button", name="Link copied")).to_be_visible()
    page.goto(link)
    expect(message(page, 1)).to_have_value("It's a “link” & more 👍")
    expect(page.locator("#temperature")).to_have_value("0.3")


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

    send(page)
    for name in ("Raw JSON", "HTTP", "Code"):
        tab(page, name)

    expect(last_text(page)).to_have_text(hostile)
    assert page.locator(".panes img, .panes script, [hx-get]").count() == 0


def test_a_huge_answer_does_not_freeze_the_page(open_page: Open, upstream: ScriptedUpstream) -> None:
    upstream.reply(completion("word " * 3_000_000))
    page = open_page("?provider=test")

    send(page)
    for name in ("Raw JSON", "HTTP", "Code"):
        tab(page, name)

    expect(last_answer(page)).to_contain_text("more characters")


def test_nothing_jumps_when_the_answer_comes(open_page: Open, upstream: ScriptedUpstream) -> None:
    gate = Paused(b"", completion("at last").encode())
    upstream.reply(gate)
    page = open_page("?provider=test")
    page.evaluate(
        "window.shift = 0; new PerformanceObserver(list => {"
        " for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shift += entry.value;"
        "}).observe({type: 'layout-shift', buffered: true})"
    )

    page.locator("#send").click()
    page.wait_for_timeout(700)  # shifts within half a second of a click do not count
    gate.go.set()
    expect(last_text(page)).to_be_visible()
    page.wait_for_timeout(300)

    assert page.evaluate("window.shift") < 0.01
