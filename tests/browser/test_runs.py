"""Runs in a real browser: found again, compared, starred and deleted."""

import re
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Error, Page, Route, expect

from tests.browser.axe import ALL_RULES, assert_no_barrier, settle
from tests.browser.conftest import Complaints
from tests.browser.steps import composer, last_answer, message, send, settled
from tests.site import migrate, serving
from tests.upstreams.scripted import ScriptedUpstream, completion

TIME = r"^\d{4}-\d\d-\d\d \d\d:\d\d"


class Runs:
    """A playground that saves runs, and its visitor."""

    def __init__(self, browser: Browser, upstream: ScriptedUpstream, folder: Path) -> None:
        self._browser, self._upstream = browser, upstream
        self._server, self._pages = ExitStack(), ExitStack()
        self.complaints = Complaints()
        environment = {"PLAYGROUND_DATABASE": str(folder / "runs.sqlite3"), "PLAYGROUND_RUNS": "1"}
        migrate(folder, upstream.host_port, **environment)
        self.address = self._server.enter_context(serving(folder, upstream.host_port, **environment)).address

    def open(self, path: str = "", *, width: int = 1440, **options: Any) -> Page:
        context = self._browser.new_context(viewport={"width": width, "height": 900}, **options)
        self._pages.callback(context.close)
        context.set_default_timeout(20_000)
        page = context.new_page()
        self.complaints.watch(page)
        page.goto(self.address + path)
        return page

    def close(self) -> None:
        self._pages.close()
        self._server.close()

    def send(self, page: Page, text: str, answer: str, **fields: str) -> None:
        """Send a conversation of one message."""
        self.reply(answer)
        if page.locator("#messages [data-message]").count():
            page.locator("header [value=clear]").click()
            expect(page.locator("#messages [data-message]")).to_have_count(0)
        composer(page).fill(text)
        for name, value in fields.items():
            page.locator(f"#{name}").fill(value)
        page.keyboard.press("Control+Enter")
        settled(page)
        expect(last_answer(page)).to_contain_text(answer)
        expect(
            page.get_by_role("link", name="Permalink").or_(page.get_by_role("link", name="永久链接"))
        ).to_be_visible()

    def reply(self, answer: str) -> None:
        self._upstream.reply(completion(answer))


@pytest.fixture(scope="module")
def server(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runs]:
    with ScriptedUpstream() as upstream:
        runs = Runs(browser, upstream, tmp_path_factory.mktemp("runs"))
        yield runs
        runs.close()


@pytest.fixture
def runs(server: Runs) -> Iterator[Runs]:
    yield server
    server._pages.close()
    assert server.complaints.seen == []


def _rows(page: Page) -> Any:
    return page.locator("li.run")


def test_a_run_is_found_in_the_list_by_its_words(runs: Runs) -> None:
    page = runs.open("?provider=test", timezone_id="Asia/Tokyo")
    runs.send(page, "Where does the Danube rise?", "In the Black Forest", temperature="0.25")
    runs.send(page, "And the Elbe?", "In the Giant Mountains")

    page = runs.open("runs/", timezone_id="Asia/Tokyo")
    page.get_by_label("Words").press_sequentially("danube")
    expect(_rows(page)).to_have_count(1)
    assert "danube" not in page.url
    shown = _rows(page).locator("time")
    assert (shown.get_attribute("datetime") or "").endswith("+00:00")
    utc = (shown.get_attribute("title") or "").removesuffix(" UTC")
    assert shown.inner_text() != utc  # Tokyo is nine hours ahead
    _rows(page).get_by_role("link").click()

    page.go_back()
    expect(page.get_by_label("Words")).to_have_value("danube")
    expect(_rows(page)).to_have_count(1)
    page.reload()
    expect(_rows(page)).to_have_count(1)
    _rows(page).get_by_role("link").click()

    expect(page.locator("#temperature")).to_have_value("0.25")
    expect(page.locator("[name=content]").first).to_have_value("Where does the Danube rise?")
    expect(last_answer(page)).to_contain_text("In the Black Forest")
    page.reload()
    expect(last_answer(page)).to_contain_text("In the Black Forest")

    asked_for: list[str] = []
    page.on("request", lambda request: asked_for.append(request.url))
    page.locator(".brand").click()
    page.locator("#provider").select_option("")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#provider")).to_have_value("test")
    expect(page.locator("#temperature")).to_have_value("0.25")
    assert not any("undefined" in address for address in asked_for)


def test_a_wrong_field_is_shown_in_place_of_the_runs(runs: Runs) -> None:
    page = runs.open("?provider=test")
    page.locator("#temperature").fill("9")
    page.locator("#tab-runs").click()

    page.locator("#composer [name=content]").press("Control+Enter")

    expect(page.locator("#temperature")).to_be_focused()


def test_a_date_is_searched_once_its_year_is_typed(runs: Runs) -> None:
    page = runs.open("?provider=test")
    runs.send(page, "in this millennium", "Yes")
    page = runs.open("runs/")
    answers: list[int] = []
    page.on("response", lambda response: answers.append(response.status))

    with page.expect_response("**/runs/"):
        page.locator("#run-since").focus()
        page.keyboard.type("01022026", delay=50)
    expect(_rows(page).filter(has_text="in this millennium")).to_be_visible()
    expect(page.locator("#run-search")).not_to_have_attribute("aria-busy", "true")

    assert page.locator("#run-since").input_value() == "2026-01-02"
    assert set(answers) == {200}


def test_a_reloaded_conversation_asks_once_for_each_of_its_answers_even_in_vain(runs: Runs) -> None:
    page = runs.open("?provider=test")
    for number in range(4):
        runs.reply(f"Answer {number}")
        send(page, f"Question {number}")
    page.locator("#messages [data-part=answer-1]").first.click()
    page.get_by_role("button", name="Delete run").click()
    expect(page.get_by_text("Run deleted")).to_be_visible()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/runs/" in request.url else None)
    held: list[Route] = []
    page.route("**/runs/*/", lambda route: held.append(route), times=1)
    codes: list[Route] = []
    page.route("**/snippets/", lambda route: codes.append(route))

    with page.expect_request("**/runs/*/"):
        page.reload()

    last = page.locator("#messages .turn").last
    last.locator("[data-view]").click()
    held[0].continue_()
    expect(last).to_have_class(re.compile("chosen"))
    expect(page.locator("#messages [data-part=panel-answer]")).to_have_count(3)
    expect(page.locator("#messages .drawn, #messages textarea:visible")).to_have_count(5)
    expect(page.locator("#messages .turn").last).to_contain_class("chosen")
    code = page.locator("#result [data-part=codes]")
    expect(code).to_contain_text("Question 3")
    with suppress(Error):  # it isn't waited for any more
        codes[-1].continue_()
    page.unroute("**/snippets/")
    page.wait_for_load_state("networkidle")
    expect(code).not_to_contain_text("Answer 3")  # what brought it, not what the form has
    page.locator("#messages [data-part=answer-1]").first.click()
    expect(code).not_to_contain_text("Question 2")
    expect(code).to_contain_text("Question 1")
    page.get_by_label("Actions for message 8").click()
    page.get_by_label("Delete message 8").click()
    expect(page.locator("#messages [data-part=panel-answer]")).to_have_count(2)
    assert len(asked) == len(set(asked)) == 4


def test_back_from_a_conversation_shows_the_page_of_a_run(runs: Runs) -> None:
    page = runs.open("?provider=test")
    runs.send(page, "Back?", "Here")
    page.get_by_role("link", name="Permalink").click()
    expect(page.locator(".run-strip")).to_be_visible()
    page.evaluate("fetch(location.href, {headers: {'HX-Request': 'true'}}).then((answer) => answer.text())")
    page.goto(runs.address)

    page.go_back()

    expect(page.locator(".run-strip")).to_be_visible()


def test_runs_that_are_selected_in_different_searches_are_compared(runs: Runs) -> None:
    page = runs.open("?provider=test")
    for temperature in ("0", "1.5"):
        runs.send(page, "twofold", f"Said at {temperature}", temperature=temperature)

    page.get_by_role("link", name="Runs").click()
    page.get_by_label("Words").fill("twofold 1.5")
    expect(_rows(page)).to_have_count(1)
    _rows(page).first.get_by_role("checkbox").check()
    page.get_by_label("Words").fill("twofold")
    expect(_rows(page)).to_have_count(2)
    expect(_rows(page).first.get_by_role("checkbox")).to_be_checked()
    compare = page.get_by_role("button", name="Compare")
    expect(compare).to_be_disabled()
    _rows(page).last.get_by_role("checkbox").check()
    compare.click()

    expect(page.locator(".difference.code del")).to_have_text(["0"])
    expect(page.locator(".difference.code ins")).to_have_text(["1.5"])


def test_what_a_search_finds_is_saved_as_a_file(runs: Runs) -> None:
    page = runs.open("?provider=test")
    runs.send(page, "another", "Fine")
    runs.send(page, "exported", "Fine")
    page.get_by_role("link", name="Runs").click()
    page.get_by_label("Words").fill("exported")
    expect(_rows(page)).to_have_count(1)

    with page.expect_download() as download:
        page.get_by_role("button", name="Save as JSONL").click()

    assert len(download.value.path().read_text().splitlines()) == 1
    page.get_by_label("Words").fill("")  # the page still searches
    expect(_rows(page)).not_to_have_count(1)


def test_a_repeated_run_is_compared_with_the_first(runs: Runs) -> None:
    page = runs.open("?provider=test")
    runs.send(page, "again", "First answer")
    page.get_by_role("link", name="Permalink").click()
    expect(page.get_by_role("region", name="Run")).to_be_visible()

    runs.send(page, "another conversation", "It repeats nothing")
    expect(page.get_by_role("link", name="Compare with run")).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(message(page, 1)).to_have_value("again")
    runs.reply("Second answer")
    page.get_by_role("button", name="Replay").click()
    expect(last_answer(page)).to_contain_text("Second answer")

    page.get_by_role("link", name="Compare with run").click()
    expect(page.locator("main")).to_contain_text("Both runs sent the same bytes")
    expect(page.locator("del")).to_have_text(["First"])


def test_the_run_of_a_result_can_be_deleted_or_never_saved(runs: Runs) -> None:
    page = runs.open("?provider=test")
    runs.send(page, "regretted", "An answer")
    page.get_by_role("button", name="Delete run").click()
    expect(page.locator("[data-part=kept]")).to_have_text("Run deleted")
    page.get_by_label("Don’t save this run").check()
    send(page, "regretted as well")
    expect(page.get_by_text("Run deleted")).to_have_count(1)
    expect(page.get_by_role("link", name="Permalink")).to_have_count(0)

    page.get_by_role("link", name="Runs").click()
    page.get_by_label("Words").fill("regretted")

    expect(page.locator(".no-runs")).to_be_visible()

    # Versions are compared if both are saved.
    page = runs.open("?provider=test")
    page.get_by_label("Don’t save this run").check()
    send(page)
    page.get_by_label("Don’t save this run").uncheck()
    menu = page.locator("[data-compare]:visible")
    for at, saved in enumerate(([], ["2 · Version 0"])):
        runs.reply(f"Version {at}")
        with page.expect_response("**/send/"):
            page.get_by_role("button", name="Regenerate").last.click()
        settled(page)
        menu.locator("summary").click()
        expect(menu.locator("li")).to_have_count(1)
        expect(menu.get_by_role("link")).to_have_text(saved)
        menu.locator("summary").click()


def test_a_star_for_a_run_that_somebody_deleted_says_so(runs: Runs) -> None:
    page = runs.open("?provider=test")
    runs.send(page, "soon gone", "Deleted meanwhile")
    listed = runs.open("runs/")
    page.get_by_role("button", name="Delete run").click()
    expect(page.locator(".kept [role=status]")).to_be_focused()

    _rows(listed).filter(has_text="soon gone").locator("[data-star]").click()

    expect(listed.get_by_role("alert")).to_contain_text("Run not found")


def test_everything_works_by_keyboard_alone(runs: Runs) -> None:
    page = runs.open("?provider=test")
    for answer in ("One", "Two", "Three"):
        runs.send(page, "keyboards", answer)
    runs.send(page, "keyboardists", "Found until the last letter is typed")
    page = runs.open("runs/")
    page.get_by_label("Words").focus()
    page.keyboard.type("keyboards")
    expect(_rows(page)).to_have_count(3)

    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.name") == "run":
            break
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_attribute("aria-pressed", "false")
    page.keyboard.press("Enter")
    expect(page.locator(":focus")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(page.get_by_role("status").filter(has_text="2")).to_be_visible()
    for _ in range(40):
        page.keyboard.press("Shift+Tab")
        if page.evaluate("document.activeElement.value") == "compare":
            break
    page.keyboard.press("Enter")
    expect(page.locator("del")).to_have_text(["Two"])


def test_older_runs_follow_in_place_and_take_the_focus(runs: Runs) -> None:
    page = runs.open("?provider=test")
    for number in range(3):
        runs.send(page, f"older {number}", "Fine")
    token = page.locator("[name=csrfmiddlewaretoken]").first.input_value()
    page.evaluate(
        """async (token) => { for (let number = 0; number < 51; number += 1) await fetch("/send/", {
          method: "POST", headers: { "X-CSRFToken": token, "Content-Type": "application/json" },
          body: JSON.stringify({ provider: "test",
            request: { model: "m", messages: [{ role: "user", content: "newer" }] } }) }) }""",
        token,
    )
    page.goto(f"{runs.address}runs/")
    expect(_rows(page)).to_have_count(50)
    before = _rows(page).first.get_attribute("id")

    page.get_by_role("button", name="Older runs").focus()
    page.keyboard.press("Enter")

    expect(_rows(page).nth(50).get_by_role("link")).to_be_focused()
    assert _rows(page).count() > 53
    assert _rows(page).first.get_attribute("id") == before
    expect(page.locator("time[data-time]")).to_have_count(0)


def test_without_scripts_everything_is_a_form(runs: Runs) -> None:
    runs.send(runs.open("?provider=test"), "scriptless", "Plain")
    page = runs.open("runs/", java_script_enabled=False)
    page.get_by_label("Words").fill("scriptless")
    page.get_by_role("button", name="Search").click()
    expect(_rows(page)).to_have_count(1)
    expect(_rows(page).locator("time")).to_contain_text("UTC")
    _rows(page).get_by_role("button", name="Star run").click()
    expect(page.locator("[aria-pressed=true]")).not_to_have_count(0)

    page.get_by_label("Words").fill("scriptless")
    page.get_by_role("button", name="Search").click()
    _rows(page).get_by_role("link").click()
    expect(last_answer(page)).to_contain_text("Plain")
    page.get_by_role("button", name="Replay").click()
    page.get_by_role("link", name="Compare with run").click()
    expect(page.locator("main")).to_contain_text("Both runs sent the same bytes")

    page.locator(".compared-facts a").last.click()
    page.get_by_role("button", name="Delete…").click()
    page.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_label("Words").fill("scriptless")
    page.get_by_role("button", name="Search").click()
    expect(_rows(page)).to_have_count(1)


def test_chinese_is_found_by_its_words(runs: Runs) -> None:
    page = runs.open("?provider=test", locale="zh-CN")
    runs.send(page, "多瑙河发源于哪里？", "发源于德国的黑森林。")

    page.get_by_role("link", name="历史记录").click()
    page.locator("#run-text").fill("黑森林")

    expect(_rows(page)).to_have_count(1)
    expect(_rows(page).locator(".question")).to_have_text("多瑙河发源于哪里？")


@pytest.mark.parametrize(("width", "theme"), [(1440, "dark"), (360, "light")])
def test_pages_have_no_barrier_and_fit(runs: Runs, width: int, theme: str) -> None:
    page = runs.open("?provider=test")
    for text in ("x" * 300 + " שלום", "short"):
        runs.send(page, text, "y" * 3000)
    token = page.locator("[name=csrfmiddlewaretoken]").first.input_value()
    keys = page.evaluate(
        """async (token) => (await (await fetch("/runs/", { method: "POST",
          headers: { "X-CSRFToken": token, "Content-Type": "application/json" }, body: "{}" })).json()
        ).runs.map(({ id }) => id)""",
        token,
    )
    places = [
        "runs/",
        f"runs/{keys[0]}/",
        f"runs/compare/?run={keys[0]}&run={keys[1]}",
        f"runs/?with={keys[1]}",
    ]
    page = runs.open("runs/", width=width, color_scheme=theme)
    for place in places:
        page.goto(runs.address + place)
        settle(page)
        assert_no_barrier(page, **ALL_RULES)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, place
    page.goto(f"{runs.address}runs/")
    box = _rows(page).first.bounding_box()  # the list is seen, also on a phone
    assert box
    assert box["y"] < 400
    model = page.get_by_label("Model")
    if width == 360:
        expect(model).to_be_hidden()
        page.get_by_text("More filters").click()
    expect(model).to_be_visible()
    page.locator("[name=run]").first.check()
    page.get_by_role("button", name="Delete selected").click()
    assert_no_barrier(page, **ALL_RULES)
