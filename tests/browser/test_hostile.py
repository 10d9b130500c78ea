"""Hostile texts in every field and from every provider, in a real browser: shown, and without effect.

`open_page` checks dialogs, errors, policies and requests to other sites; these tests check the page's markup.
"""

import json
import re
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, expect

from tests import hostile
from tests.browser.conftest import Open, clipboard
from tests.browser.steps import ask_for_stream, last_text, message, send
from tests.upstreams.scripted import STREAM_HEAD, Paused, ScriptedUpstream, completion, models, token

TEXT = "".join(hostile.PIECES)

# Elements and attributes that the page itself never has.
_INTRUDERS = (
    "zq-zq, [zq-zq], hx-partial, base, iframe, object, embed, style, img:not(.brand > img), "
    "meta[http-equiv], [srcdoc], [style*=zq], [href^=javascript], [href*='//zq'], [src*='//zq'], "
    "[action*='//zq'], p.answer-text *, [onerror], [onload], [onclick], [onfocus], [onmouseover]"
)
_TEMPLATES = ["message-template", "lost", "broken", "stopped-live", "stopped"]
_BY_SCRIPT = """() => ({
  ran: "zq" in window,
  scripts: [...document.scripts].filter((script) => new URL(script.src).origin !== location.origin).length,
  handlers: [...document.querySelectorAll("*")].filter((element) =>
    [...element.attributes].some(({ name }) => /^on|^hx-on|^data-hx/.test(name))).length,
  asking: [...document.querySelectorAll("[hx-get], [hx-post]")].map((asks) => asks.getAttribute("hx-post")),
  templates: [...document.querySelectorAll("template")].map(({ id, dataset }) => dataset.part ?? id),
  forms: [...document.forms].filter((form) => form.getAttribute("action") !== "/proof/").length,
})"""


def _assert_only_text(page: Page) -> None:
    assert page.locator(_INTRUDERS).count() == 0


def _assert_nothing_happened(page: Page) -> None:
    _assert_only_text(page)
    assert page.evaluate(_BY_SCRIPT) == {
        "ran": False,
        "scripts": 0,
        "handlers": 0,
        "asking": ["/send/", "/detect/", "/models/", "/count/", "/snippets/"],
        "templates": _TEMPLATES,
        # The request, a proof file, a run's deletion and the language switch; beside one that saves a proof.
        "forms": 4,
    }


def _as_shown(text: str) -> str:
    """Return the text as HTML can hold it: with one kind of line break, and no NUL."""
    return re.sub("\r\n?", "\n", text).replace("\0", "")


def _all_tabs(page: Page) -> Iterator[str]:
    for name in ("Raw JSON", "Events", "HTTP", "Code"):
        tab = page.get_by_role("tab", name=name)
        if tab.is_visible():
            tab.click()
            yield name
            _assert_nothing_happened(page)


def _fill(page: Page, text: str = TEXT) -> None:
    page.get_by_label("Model", exact=True).fill(text)
    message(page, 1).fill(text)


def _links() -> list[str]:
    whole = [
        f"?provider={quote(TEXT[:900])}",
        f"?base_url={quote(TEXT[:900])}",
        f"?request={quote(TEXT[:900])}",
    ]
    bodies = [json.dumps(hostile.full_request(piece), ensure_ascii=False) for piece in hostile.PIECES]
    return [*whole, *(f"?provider=test&request={quote(body)}" for body in bodies)]


@pytest.mark.parametrize("step", [4, pytest.param(1, marks=pytest.mark.thorough)])
def test_a_link_fills_fields_and_no_more(open_page: Open, address: str, step: int) -> None:
    page = open_page()
    for link in _links()[::step]:
        page.goto(address + link)
        page.locator("[data-part=codes]").wait_for(state="attached")
        _assert_nothing_happened(page)
        assert page.url.startswith(f"{address}?")
    assert message(page, 1).count() == 1


def test_a_link_fills_no_more_without_scripts(open_page: Open, address: str) -> None:
    page = open_page(java_script_enabled=False)
    for link in _links()[::3]:
        page.goto(address + link)
        _assert_only_text(page)


def test_an_unknown_address_is_not_made_into_a_page(open_page: Open, address: str) -> None:
    page = open_page()
    for piece in hostile.PIECES[:12]:
        page.goto(f"{address}{quote(piece, safe='')}/")
        _assert_only_text(page)
        assert page.evaluate("window.zq") is None


@pytest.mark.parametrize("name", hostile.answers(""))
def test_an_answer_is_text_in_every_tab(open_page: Open, upstream: ScriptedUpstream, name: str) -> None:
    upstream.reply(hostile.answers(TEXT)[name])
    page = open_page("?provider=test")
    _fill(page)

    send(page)

    assert {"Raw JSON", "HTTP", "Code"} <= set(_all_tabs(page))
    if name == "completion":
        assert _as_shown(last_text(page).text_content() or "") == _as_shown(TEXT)
        sent = json.loads(page.locator("[data-part=sent-body]").text_content() or "")
        assert sent["messages"][0]["content"] == upstream.requests[-1].json["messages"][0]["content"]


def test_an_answer_is_text_without_scripts(open_page: Open, upstream: ScriptedUpstream) -> None:
    page = open_page("?provider=test", java_script_enabled=False)
    for answer in hostile.answers(TEXT).values():
        upstream.reply(answer)
        message(page, 1).fill(TEXT)
        page.locator("#send").click()
        page.wait_for_url("**/send/")
        _assert_only_text(page)


def test_a_stream_is_text_as_it_grows_and_at_its_end(open_page: Open, upstream: ScriptedUpstream) -> None:
    pieces = [TEXT[start : start + 5] for start in range(0, len(TEXT), 5)]
    middle = len(pieces) // 2
    paused = Paused(
        hostile.stream_start(pieces[:middle], TEXT),
        hostile.stream_start(pieces[middle:], TEXT).removeprefix(STREAM_HEAD) + hostile.stream_end(TEXT),
    )
    upstream.reply(paused)
    page = open_page("?provider=test")
    _fill(page)
    ask_for_stream(page)

    page.locator("#send").click()
    expect(page.locator("[data-part=live-text-1]")).not_to_be_empty()
    assert {"Events"} <= set(_all_tabs(page))
    live = page.locator("[data-part=live-text-0]").text_content() or ""
    assert live
    assert _as_shown(TEXT).startswith(live[:400])
    paused.go.set()
    expect(page.locator("[data-part=outcome][aria-busy]")).to_have_count(0)

    assert set(_all_tabs(page)) == {"Raw JSON", "Events", "HTTP", "Code"}
    assert _as_shown(TEXT)[:400] in (last_text(page).text_content() or "")


@pytest.mark.parametrize("length", [1, 2, 3])
def test_no_piece_of_markup_is_put_together_in_the_page(
    open_page: Open, upstream: ScriptedUpstream, length: int
) -> None:
    """Each delta is harmless; joined, they would form an element."""
    text = "<zq-zq zq-zq=zq-zq></p><img src=x onerror=window.zq=1>&lt;&#60;"
    parts = [text[start : start + length] for start in range(0, len(text), length)]
    paused = Paused(STREAM_HEAD + b"".join(map(token, parts)))
    upstream.reply(paused)
    page = open_page("?provider=test")
    ask_for_stream(page)

    page.locator("#send").click()

    expect(page.locator("[data-part=live-text-0]")).to_have_text(text)
    _assert_nothing_happened(page)
    paused.go.set()
    expect(last_text(page)).to_have_text(text)


def test_a_refusal_repeats_no_markup(open_page: Open, upstream: ScriptedUpstream) -> None:
    page = open_page("?provider=test")
    page.locator("[data-more-parameters] > summary").click()
    for field in page.locator(".parameters :is(input:not([type=range]), textarea)").all():
        field.fill(TEXT)
    page.locator("#more").fill(json.dumps({TEXT: 1, "model": TEXT, "temperature": TEXT}))
    page.locator("#composer [data-unfold]").click()
    page.locator("#composer [name=extra]").fill(json.dumps({"role": TEXT, "content": TEXT}))

    send(page)

    expect(page.locator("[data-refusal]")).to_be_visible()
    assert set(_all_tabs(page))
    assert page.locator("[aria-invalid]").count() > 1
    page.locator("#provider").select_option("")
    for url in (TEXT[:400], "http://zq.example<zq-zq zq-zq>/", "https://[v1.<img src=x zq-zq>]/"):
        page.locator("#base_url").fill(url)
        send(page)
        _assert_nothing_happened(page)
    assert upstream.requests == []


def test_listed_models_are_text_and_can_be_picked(open_page: Open, upstream: ScriptedUpstream) -> None:
    names = {piece for piece in hostile.PIECES if piece.isprintable() and len(piece) <= 300}
    upstream.reply(models(*names))
    page = open_page("?provider=test")

    page.get_by_role("button", name="List").click()
    listed = page.locator("#models [data-model]")
    expect(listed).to_have_count(len(names))
    _assert_nothing_happened(page)
    assert set(listed.all_text_contents()) == names
    listed.first.click()

    assert page.get_by_label("Model", exact=True).input_value() == listed.first.text_content()
    _assert_nothing_happened(page)


def test_models_that_cannot_be_listed_bring_no_markup(open_page: Open, upstream: ScriptedUpstream) -> None:
    page = open_page("?provider=test")
    for answer in hostile.answers(TEXT).values():
        upstream.reply(answer)
        with page.expect_response("**/models/"):
            page.get_by_role("button", name="List").click()
        expect(page.locator(".htmx-request")).to_have_count(0)
        _assert_nothing_happened(page)


@pytest.mark.parametrize("scripts", [True, False])
def test_an_answer_joins_the_conversation_as_text(
    open_page: Open, upstream: ScriptedUpstream, scripts: bool
) -> None:
    upstream.reply(completion(_as_shown(TEXT)))
    page = open_page("?provider=test", java_script_enabled=scripts)

    page.locator("#send").click()

    expect(message(page, 2)).to_have_value(_as_shown(TEXT))
    _assert_only_text(page)


def test_a_link_and_code_hold_the_text_and_come_back_whole(open_page: Open) -> None:
    text = _as_shown("".join(hostile.PIECES[:9]))
    page = open_page("?provider=test", permissions=["clipboard-read", "clipboard-write"])
    message(page, 1).fill(text)

    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_role("button", name="Link copied")).to_be_visible()
    page.goto(clipboard(page))

    expect(message(page, 1)).to_have_value(text)
    _assert_nothing_happened(page)
    page.reload()  # restores the input from the tab's storage
    _assert_nothing_happened(page)


def test_what_this_file_looks_for_would_be_seen(browser: Browser) -> None:
    """On a blank page, where no policy blocks it."""
    page = browser.new_page()
    for piece in hostile.PIECES[:1] + hostile.PIECES[2:3] + hostile.PIECES[7:8]:
        page.set_content(f'<p title="{piece}">{piece}</p>')
        with pytest.raises(AssertionError):
            _assert_only_text(page)
    page.close()
