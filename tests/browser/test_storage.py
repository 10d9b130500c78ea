"""The key field in browsers whose storage is turned off, missing or full, and in several tabs."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open
from tests.browser.steps import last_text
from tests.upstreams.scripted import ScriptedUpstream

_THROWS = """
for (const name of ["localStorage", "sessionStorage"]) {
  Object.defineProperty(window, name, { get() { throw new DOMException("no", "SecurityError"); } });
}
"""
_NULL = """
for (const name of ["localStorage", "sessionStorage"]) Object.defineProperty(window, name, { value: null });
"""
_NO_LOCAL = 'Object.defineProperty(window, "localStorage", { value: null });'
_FULL = """
Storage.prototype.setItem = () => { throw new DOMException("full", "QuotaExceededError"); };
"""
OFF = pytest.mark.parametrize("script", [_THROWS, _NULL], ids=["throws", "null"])


def _open(open_page: Open, script: str, query: str = "?provider=test") -> Page:
    return open_page(query, before=lambda page: page.add_init_script(script))


def _key(page: Page) -> str:
    return page.get_by_label("API key").input_value()


@OFF
def test_without_storage_a_key_goes_to_no_other_provider(
    open_page: Open, upstream: ScriptedUpstream, script: str
) -> None:
    page = _open(open_page, script, "?provider=openai")
    page.get_by_label("API key").fill("sk-for-openai-only")
    expect(page.locator("#provider-state")).to_contain_text("uses the key below")

    page.get_by_label("Provider", exact=True).select_option("test")
    assert _key(page) == ""
    page.locator("#send").click()
    expect(last_text(page)).to_have_text("Hello!")

    assert "sk-for-openai-only" not in str(upstream.requests[-1].headers)
    page.get_by_label("Provider", exact=True).select_option("openai")
    assert _key(page) == "sk-for-openai-only"
    expect(page.locator("[data-remember]")).to_be_hidden()


@OFF
def test_without_storage_a_key_goes_to_no_other_base_url(
    open_page: Open, upstream: ScriptedUpstream, script: str
) -> None:
    page = _open(open_page, script, "?base_url=https%3A%2F%2Fmine.example%2Fv1")
    page.get_by_label("API key").fill("sk-for-mine-only")

    page.get_by_label("Base URL").fill(upstream.url)
    page.keyboard.press("Control+Enter")  # before the field's change event

    expect(last_text(page)).to_have_text("Hello!")
    assert upstream.requests[-1].header("Authorization") is None
    expect(page.locator("[data-key-moved]")).to_contain_text("entered for https://mine.example")


def test_a_key_for_what_is_no_url_yet_goes_to_no_other_host(
    open_page: Open, upstream: ScriptedUpstream
) -> None:
    page = open_page("?base_url=mine.example")
    page.get_by_label("API key").fill("sk-for-mine-only")

    page.get_by_label("Base URL").fill(upstream.url)
    page.locator("#send").click()

    expect(last_text(page)).to_have_text("Hello!")
    assert upstream.requests[-1].header("Authorization") is None


def test_where_one_storage_is_missing_the_other_is_offered(open_page: Open) -> None:
    page = _open(open_page, _NO_LOCAL)

    page.get_by_label("API key").fill("sk-in-this-tab")

    assert page.get_by_label("Remember key").locator("option").all_inner_texts() == [
        "Don’t remember",
        "For this tab",
    ]
    page.get_by_label("Remember key").select_option("tab")
    page.reload()
    assert _key(page) == "sk-in-this-tab"


@pytest.mark.parametrize("where", ["tab", "browser"])
def test_a_full_storage_is_told_and_nothing_is_said_to_be_remembered(open_page: Open, where: str) -> None:
    page = _open(open_page, _FULL)
    page.get_by_label("API key").fill("sk-remembered-nowhere")
    expect(page.locator("[data-storage-full]")).to_be_hidden()

    page.get_by_label("Remember key").select_option(where)

    expect(page.locator("[data-storage-full]")).to_be_visible()
    expect(page.get_by_label("Remember key")).to_have_value("")
    assert _key(page) == "sk-remembered-nowhere"
    page.reload()
    assert _key(page) == ""


def test_typing_in_one_tab_takes_no_key_from_another(open_page: Open, address: str) -> None:
    page = open_page("?provider=test")
    page.get_by_label("API key").fill("sk-of-the-first-tab")
    other = page.context.new_page()
    other.goto(f"{address}?provider=test")  # opened before any key is remembered
    page.get_by_label("Remember key").select_option("browser")
    third = page.context.new_page()
    third.goto(f"{address}?provider=test")
    assert _key(third) == "sk-of-the-first-tab"

    other.get_by_label("API key").fill("sk-of-the-second")
    other.get_by_label("API key").fill("")
    third.get_by_label("API key").fill("sk-of-the-third")
    third.get_by_label("API key").fill("")
    page.wait_for_timeout(200)  # a storage event would have arrived by now

    assert _key(page) == "sk-of-the-first-tab"
    fourth = page.context.new_page()
    fourth.goto(f"{address}?provider=test")
    assert _key(fourth) == "sk-of-the-third"


def test_a_frame_of_our_own_pages_keeps_keys_apart_as_well(open_page: Open) -> None:
    page = open_page("embed/?provider=openai")
    page.get_by_label("API key").fill("sk-for-openai-only")

    page.get_by_label("Provider", exact=True).select_option("")

    assert _key(page) == ""
