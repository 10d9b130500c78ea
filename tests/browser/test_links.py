"""Copied links: the request is in the fragment, which no server sees, and the form is filled from it."""

import random
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, Request, expect

from tests import hostile
from tests.browser.conftest import Open, clipboard
from tests.browser.steps import last_answer, message
from tests.web.test_links import _link as packed

ENGLISH = "The quick brown fox, “naïve” & <b>bold</b>.\n"
CLIPBOARD = ("clipboard-read", "clipboard-write")


def _message(page: Page, number: int = 1) -> str:
    return page.get_by_label(f"Content of message {number}", exact=True).input_value()


def _copied(page: Page, content: str) -> str:
    message(page, 1).fill(content)
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_role("button", name="Link copied")).to_be_visible()
    return clipboard(page)


def _expect_opened(page: Page, content: str) -> None:
    expect(message(page, 1)).to_have_value(content)


def _chinese(length: int) -> str:
    """Return text that compresses badly: any of 6,000 characters after any other."""
    letters = random.Random(1)
    return "".join(chr(letters.randrange(0x4E00, 0x4E00 + 6000)) for _ in range(length))


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(ENGLISH * 1400, id="english", marks=pytest.mark.thorough),
        pytest.param(_chinese(60_000), id="chinese"),
    ],
)
def test_sixty_thousand_characters_are_handed_on(open_page: Open, content: str) -> None:
    assert len(content) >= 60_000
    page = open_page("?provider=test", permissions=CLIPBOARD)
    page.locator("#temperature").fill("0.3")
    link = _copied(page, content)

    seen: list[Request] = []
    other = page.context.new_page()
    other.on("request", lambda request: seen.append(request))
    other.goto(link)

    _expect_opened(other, content)
    expect(other.locator("#temperature")).to_have_value("0.3")
    expect(other.get_by_label("Provider", exact=True)).to_have_value("test")
    assert seen
    assert max(len(request.url.partition("#")[0]) for request in seen) < 300
    assert all(urlsplit(request.url).query == "" for request in seen if request.is_navigation_request())


def test_what_was_typed_into_an_opened_link_survives_a_reload(open_page: Open) -> None:
    page = open_page(f"#r={packed()}")
    _expect_opened(page, "It’s <b>“linked”</b> & 你好")

    message(page, 1).fill("typed since")
    page.reload()
    _expect_opened(page, "typed since")

    page.goto(page.url.partition("#")[0] + "docs/")
    page.go_back()
    _expect_opened(page, "typed since")


def test_a_link_pasted_into_the_address_bar_leaves_the_form_before_it_a_step_back(open_page: Open) -> None:
    page = open_page()
    message(page, 1).fill("typed before")

    with page.expect_event("load"):
        page.evaluate("hash => { location.hash = hash }", f"r={packed()}")
    _expect_opened(page, "It’s <b>“linked”</b> & 你好")

    with page.expect_event("load"):
        page.go_back()
    _expect_opened(page, "typed before")


def test_the_skip_link_does_not_lose_an_opened_form(open_page: Open) -> None:
    page = open_page(f"#r={packed()}")
    _expect_opened(page, "It’s <b>“linked”</b> & 你好")

    message(page, 1).fill("typed since")
    page.evaluate("location.hash = 'main'")
    page.wait_for_function("location.hash.startsWith('#r=')")
    page.reload()

    _expect_opened(page, "typed since")


@pytest.mark.parametrize("text", ["", "%3Cimg%20src=x%3E", packed()[:-5], packed(v=2)])
def test_a_broken_link_says_so_and_leaves_the_form(open_page: Open, text: str) -> None:
    page = open_page(f"?provider=test#r={text}")

    expect(last_answer(page)).to_be_visible()
    expect(page.locator("#answer [data-refusal]")).to_have_count(1)
    expect(page.get_by_label("Provider", exact=True)).to_have_value("test")
    expect(page.locator("[data-undo-note]")).to_be_hidden()
    assert _message(page)


def test_a_hostile_link_is_only_text(open_page: Open) -> None:
    text = "".join(hostile.PIECES)
    request = {"model": text, "messages": [{"role": "user", "content": text}], "user": text}
    page = open_page(f"#r={packed(request=request, provider=text)}")

    expect(page.locator("#answer [data-refusal]")).to_be_visible()
    assert page.locator("#result img, #result script, #request-form img, #request-form script").count() == 0


def test_a_key_for_another_provider_is_not_carried_along(open_page: Open) -> None:
    page = open_page("?provider=test")
    page.get_by_label("API key").fill("sk-for-test")
    page.get_by_label("Remember key").select_option("browser")

    page.goto(
        page.url.partition("?")[0]
        + f"?provider=test#r={packed(provider='', base_url='https://llm.example/v1')}"
    )

    expect(page.get_by_label("Base URL", exact=True)).to_have_value("https://llm.example/v1")
    expect(page.get_by_label("API key")).to_have_value("")


def test_the_language_is_changed_with_the_form_kept(open_page: Open) -> None:
    page = open_page(f"#r={packed()}")
    message(page, 1).fill("typed since")

    page.locator("[data-language]:not([lang=en])").click()

    expect(page.locator("html")).to_have_attribute("lang", "zh-hans")
    expect(page.locator("[name=content]").first).to_have_value("typed since")
