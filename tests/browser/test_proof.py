"""A proof file in a browser: without scripts, at phone width, and in another playground."""

import re
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from playground.proof.file import State, read
from tests.browser.axe import assert_no_barrier
from tests.browser.steps import ask_for_stream, composer, message
from tests.proof.made import called, script, signed_elsewhere
from tests.site import Site, migrate, serving
from tests.upstreams.scripted import ScriptedUpstream, stream

PHONE = {"width": 360, "height": 740}


@pytest.fixture(scope="module")
def here(provider_server: ScriptedUpstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    yield from _playground(provider_server, tmp_path_factory, PLAYGROUND_RUNS="1")


@pytest.fixture(scope="module")
def elsewhere(provider_server: ScriptedUpstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Another playground, with a database and so a key of its own, where runs are off."""
    yield from _playground(provider_server, tmp_path_factory)


def _playground(
    server: ScriptedUpstream, folders: pytest.TempPathFactory, **environment: str
) -> Iterator[Site]:
    folder = folders.mktemp("site")
    environment |= {"PLAYGROUND_DATABASE": str(folder / "playground.sqlite3")}
    migrate(folder, server.host_port, **environment)
    with serving(folder, server.host_port, **environment) as site:
        yield site


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A phone without scripts."""
    context = browser.new_context(viewport=PHONE, java_script_enabled=False)  # type: ignore[arg-type]
    yield context.new_page()
    context.close()


def _send(page: Page, site: Site) -> None:
    page.goto(f"{site.address}?provider=test")
    composer(page).fill("What do I see?")
    ask_for_stream(page)
    page.locator("#send").click()


def _save(page: Page, file: Path) -> None:
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save proof").click()
    saved.value.save_as(file)


def _open(page: Page, site: Site, file: Path) -> None:
    page.goto(f"{site.address}proof/open/")
    page.locator("[type=file]").set_input_files(file)
    page.get_by_role("button", name="Open", exact=True).click()


def _fits(page: Page) -> bool:
    return page.locator("html").evaluate("html => html.scrollWidth <= innerWidth")  # type: ignore[no-any-return]


def test_a_file_is_read_and_checked_without_scripts_on_a_phone(
    page: Page, browser: Browser, here: Site, elsewhere: Site, upstream: ScriptedUpstream, tmp_path: Path
) -> None:
    upstream.reply(stream({"content": "**The an"}, {"content": "swer** ![](https://example.org/i.png)"}))
    file = tmp_path / "proof.html"

    _send(page, here)
    page.get_by_role("link", name="Save proof").click()
    expect(page.locator("article.proof")).to_contain_text("What do I see?")
    assert _fits(page)
    _save(page, file)
    sent = upstream.requests[-1].body

    # Anywhere, with nothing else: no request leaves the page.
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.goto(file.as_uri())
    expect(page.locator(".answer strong")).to_have_text("The answer")
    expect(page.locator(".message")).to_contain_text("What do I see?")
    assert _fits(page)
    assert requests == [file.as_uri()]
    assert read(file.read_bytes()).exchange.sent.body == sent

    # In the playground that recorded it, in another, and after a change.
    for site, ours in ((here, "yes"), (elsewhere, "no")):
        _open(page, site, file)
        expect(page.locator(".opened")).to_have_attribute("data-ours", ours)
        expect(page.locator(".opened")).to_have_attribute("data-state", State.UNCHANGED)
        expect(page.locator("[name=content]").first).to_have_value("What do I see?")
        expect(page.locator("[data-part=panel-answer]")).to_contain_text("The answer")
        assert _fits(page)
    file.write_bytes(file.read_bytes().replace(b"The answer", b"The insult", 1))
    _open(page, here, file)
    expect(page.locator(".opened")).to_have_attribute("data-state", State.CHANGED)


def test_a_result_is_saved_where_runs_are_off_and_dropped_elsewhere(
    browser: Browser, here: Site, elsewhere: Site, upstream: ScriptedUpstream, tmp_path: Path
) -> None:
    upstream.reply(stream({"content": "The an"}, {"content": "swer"}))
    file = tmp_path / "proof.html"
    page = browser.new_context(viewport=PHONE).new_page()  # type: ignore[arg-type]

    _send(page, elsewhere)
    with page.expect_popup() as popup:
        page.get_by_role("button", name="Save proof").click()
    preview = popup.value
    assert_no_barrier(preview)
    preview.locator("[value='messages.0']").check()
    _save(preview, file)
    assert b"What do I see?" not in file.read_bytes()

    page.goto(f"{here.address}proof/open/")
    assert_no_barrier(page)
    page.evaluate(
        """(data) => {
          const files = new DataTransfer();
          files.items.add(new File([Uint8Array.from(atob(data), (c) => c.charCodeAt(0))], "proof.html"));
          files.items.add(new File(["Not looked at"], "other.txt"));
          document.dispatchEvent(new DragEvent("drop", { dataTransfer: files, cancelable: true }));
        }""",
        b64encode(file.read_bytes()).decode(),
    )
    expect(page.locator(".opened")).to_have_attribute("data-ours", "no")
    expect(page.locator(".opened")).to_contain_text(re.compile(re.escape(elsewhere.address)))
    assert_no_barrier(page)
    page.context.close()


def test_a_reload_restores_what_was_typed_into_the_same_call(
    browser: Browser, elsewhere: Site, tmp_path: Path
) -> None:
    """All opened files have the same address."""
    page = browser.new_context().new_page()
    for number, question in enumerate(("First?", "Second?")):
        file = tmp_path / "proof.html"
        exchange = called([{"role": "user", "content": question}], id=f"{number}" * 32)
        file.write_bytes(signed_elsewhere(script(exchange)))
        page.goto(f"{elsewhere.address}proof/open/")
        page.locator("[type=file]").set_input_files(file)
        expect(message(page, 1)).to_have_value(question)
        if not number:
            composer(page).fill("typed")

        page.reload()

        expect(page.locator("html.js")).to_be_attached()
        expect(message(page, 1)).to_have_value(question)
        expect(composer(page)).to_have_value("" if number else "typed")
    page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_file_itself_has_no_barrier(browser: Browser, tmp_path: Path, scheme: str) -> None:
    golden = Path(__file__).parents[1] / "proof" / "golden" / "version-1.html"
    context = browser.new_context(viewport=PHONE, color_scheme=scheme, bypass_csp=True)  # type: ignore[arg-type]
    page = context.new_page()

    page.goto(golden.as_uri())

    for fold in page.locator("summary").all():
        fold.click()
    assert_no_barrier(page)
    assert _fits(page)
    context.close()
