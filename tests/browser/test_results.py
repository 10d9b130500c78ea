"""Two results on one page: each has ids, tabs and copy buttons of its own."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.conftest import Open, clipboard
from tests.browser.steps import composer
from tests.upstreams.scripted import ScriptedUpstream, stream

PATHS = pytest.mark.parametrize("path", ["?provider=test", "embed/?provider=test"], ids=["page", "frame"])


def _sent_without_scripts(open_page: Open, upstream: ScriptedUpstream, path: str, text: str) -> str:
    """The page with the streamed answer in it."""
    upstream.reply(stream({"content": text}))
    page = open_page(path, java_script_enabled=False)
    page.locator("#stream").check()
    with page.expect_navigation() as sent:
        page.locator("#send").click()
    return sent.value.text()  # type: ignore[union-attr]


def _result_of(html: str) -> str:
    found = re.search(r'<section class="pane result".*</section>(?=\s*</(div|main)>)', html, re.DOTALL)
    assert found is not None
    return found[0]


def _two_on_a_page(first: str, second: str) -> Callable[[Page], None]:
    """Serves the first page with the result of the second beside its own."""
    added = _result_of(second).replace('id="result" ', "")
    both = first.replace(_result_of(first), _result_of(first) + added)

    def serve(route: Route) -> None:
        answer = route.fetch()
        body = both
        for proof in ('nonce="[^"]*"', 'name="csrfmiddlewaretoken" value="[^"]*"'):
            if found := re.search(proof, answer.text()):
                body = re.sub(proof, found[0], body)
        route.fulfill(response=answer, body=body)

    return lambda page: page.route(re.compile(r"\?provider=test$"), serve)


@pytest.fixture
def two(open_page: Open, upstream: ScriptedUpstream, path: str) -> Page:
    first, second = (
        _sent_without_scripts(open_page, upstream, path, text) for text in ("the first", "the second")
    )
    permissions = ["clipboard-read", "clipboard-write"]
    return open_page(path, before=_two_on_a_page(first, second), permissions=permissions)


def _results(page: Page) -> tuple[Locator, Locator]:
    results = page.locator("[data-results]")
    expect(results).to_have_count(2)
    return results.nth(0), results.nth(1)


def _first_tab(result: Locator) -> str:
    """A frame's result has the answer as well; the page's has it in its conversation."""
    return result.get_by_role("tab").first.inner_text()


def _tab(result: Locator, name: str) -> None:
    result.get_by_role("tab", name=name).click()
    shown = result.get_by_role("tabpanel")
    expect(shown).to_have_count(1)
    expect(shown).to_have_attribute("aria-label", name)


@PATHS
def test_no_id_is_there_twice_and_each_reference_leads_somewhere(two: Page) -> None:
    _results(two)
    ids = two.evaluate("[...document.querySelectorAll('[id]')].map(({ id }) => id)")
    lost = two.evaluate(
        """[...document.querySelectorAll("[data-results] *")].flatMap((element) =>
          ["aria-labelledby", "aria-describedby", "aria-controls", "for"].flatMap((name) =>
            (element.getAttribute(name) ?? "").split(" ").filter(Boolean)))
          .filter((id) => !document.getElementById(id))"""
    )

    assert sorted(ids) == sorted(set(ids))
    assert lost == []


@PATHS
def test_each_has_its_own_tabs(two: Page) -> None:
    first, second = _results(two)
    _tab(second, "Raw JSON")

    _tab(first, "Events")
    two.keyboard.press("End")
    expect(first.get_by_role("tab", name="Code")).to_be_focused()
    _tab(first, _first_tab(first))

    expect(first.get_by_role("tabpanel")).to_contain_text("the first")
    expect(second.get_by_role("tabpanel")).to_have_attribute("aria-label", "Raw JSON")
    controlled = [
        result.get_by_role("tab").first.get_attribute("aria-controls") for result in (first, second)
    ]
    assert len({*controlled, None}) == 3


@PATHS
def test_each_copies_its_own(two: Page) -> None:
    first, second = _results(two)
    for result, text in ((second, "the second"), (first, "the first")):
        for tab in {"Raw JSON", "Events", _first_tab(result)}:
            _tab(result, tab)
            button = result.get_by_role("tabpanel").locator("[data-copy], [data-copy-events]").first
            button.click()
            expect(button).to_have_text("Copied")
            copied = clipboard(two)
            assert text in copied
            assert copied == text or tab != "Answer"


@PATHS
def test_what_is_sent_is_shown_in_its_own(two: Page, upstream: ScriptedUpstream, path: str) -> None:
    first, second = _results(two)
    upstream.reply(stream({"content": "the third"}))

    if "embed" not in path:
        composer(two).fill("And then?")
    two.locator("#send").click()

    expect(first.locator("[data-part=raw-pretty]")).to_contain_text("the third")
    expect(second.locator("[data-part=raw-pretty]")).to_contain_text("the second")
    expect((first if "embed" in path else two).locator("[data-part=answer-1]").last).to_have_text("the third")
    ids = two.evaluate("[...document.querySelectorAll('[id]')].map(({ id }) => id)")
    assert sorted(ids) == sorted(set(ids))
