"""Counting a request's tokens in a browser."""

import re

import pytest
from playwright.sync_api import Page, expect

from playground.upstream.local_model.supervisor import Supervisor
from tests.browser.conftest import Open
from tests.browser.steps import message
from tests.upstreams.scripted import Paused, ScriptedUpstream, json_answer

MESSAGES = "?provider=local&dialect=messages"


def _own(upstream: ScriptedUpstream) -> str:
    return f"?base_url={upstream.url}&dialect=messages"


def _count(page: Page) -> None:
    page.locator("#count").click()


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_the_real_model_counts(open_page: Open, running_model: Supervisor, scripts: bool) -> None:
    page = open_page(MESSAGES, java_script_enabled=scripts)

    _count(page)

    expect(page.locator("#counted [data-tokens]")).to_have_text(re.compile(r"\d+ input tokens"))


def test_a_count_goes_when_the_request_changes(open_page: Open, upstream: ScriptedUpstream) -> None:
    upstream.reply(json_answer({"input_tokens": 37}))
    page = open_page(_own(upstream))
    counted = page.locator("#counted [data-tokens]")
    _count(page)
    expect(counted).to_have_attribute("data-tokens", "37")

    message(page, 1).fill("Something else")

    expect(counted).to_have_count(0)


@pytest.mark.parametrize(("name", "label"), [("Count tokens", "Content"), ("Detect APIs", "Base URL")])
def test_what_comes_too_late_is_not_shown(
    open_page: Open, upstream: ScriptedUpstream, name: str, label: str
) -> None:
    upstream.reply(Paused(b""))
    page = open_page(_own(upstream))
    page.get_by_role("button", name=name).click()
    expect(page.locator("button.htmx-request")).to_be_visible()

    page.get_by_label(label).fill("http://127.0.0.1:9/v1")

    expect(page.locator("button.htmx-request")).to_have_count(0)
    assert not page.locator("#counted, #detected").filter(has_text=re.compile(r"\S")).count()


@pytest.mark.parametrize("name", ["Count tokens", "Detect APIs"])
def test_a_button_keeps_the_focus_and_asks_once(
    open_page: Open, upstream: ScriptedUpstream, name: str
) -> None:
    page = open_page(_own(upstream))
    upstream.reply(paused := Paused(b"", json_answer({"input_tokens": 37}).encode()))
    button = page.get_by_role("button", name=name)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.method))
    button.focus()
    button.press("Enter")
    assert paused.started.wait(10)
    button.press("Enter")
    paused.go.set()

    expect(page.locator("#counted, #detected").filter(has_text=re.compile(r"\S"))).to_have_count(1)
    expect(button).to_be_focused()
    assert asked.count("POST") == 1


def test_the_button_comes_and_goes_with_the_api(open_page: Open, running_model: Supervisor) -> None:
    page = open_page("?provider=local")
    expect(page.locator("#count")).to_be_hidden()

    page.get_by_role("button", name="Messages", exact=True).click()
    _count(page)
    expect(page.locator("#counted [data-tokens]")).to_be_visible()
    page.get_by_role("button", name="Chat Completions", exact=True).click()

    expect(page.locator("#count")).to_be_hidden()
    expect(page.locator("#counted [data-tokens]")).to_have_count(0)


def test_what_is_wrong_is_marked_at_its_field_until_it_is_mended(
    open_page: Open, upstream: ScriptedUpstream
) -> None:
    upstream.reply(json_answer({"input_tokens": 37}))
    page = open_page(_own(upstream))
    limit = page.get_by_label("max_tokens", exact=True)
    limit.fill("many")
    _count(page)
    expect(limit).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#counted [data-refusal]")).to_be_visible()

    limit.fill("8")
    _count(page)

    expect(page.locator("#counted [data-tokens]")).to_be_visible()
    expect(page.locator("#max_tokens-error")).to_be_hidden()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_it_takes_one_line_on_a_phone(open_page: Open, upstream: ScriptedUpstream, language: str) -> None:
    upstream.reply(json_answer({"input_tokens": 123_456}))
    page = open_page(f"{_own(upstream)}&lang={language}", width=360, height=740)
    _count(page)
    expect(page.locator("#counted [data-tokens]")).to_be_visible()

    assert page.evaluate("document.documentElement.scrollWidth") == 360
    number, button = (page.locator(name).bounding_box() for name in ("#counted", "#count"))
    assert number is not None
    assert button is not None
    assert button["y"] < number["y"] < button["y"] + button["height"]
