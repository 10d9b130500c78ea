"""What a demanding user does, each from start to end, with the least that it takes.

`SCREENSHOTS=folder scripts/test --thorough tests/browser/test_jobs.py` also saves a screenshot of each end.
"""

import os
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from socket import socket

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from playground.proof.file import State
from tests.browser.axe import assert_no_barrier, settle
from tests.browser.conftest import Complaints, clipboard
from tests.browser.hand import BY_MOUSE, CHINESE, DARK, KEYBOARD, MOUSE, NO_SCRIPTS, TOUCH, Hand, Way
from tests.browser.steps import composer, last_answer, last_text
from tests.site import Site, migrate, serving
from tests.upstreams.scripted import (
    STREAM_HEAD,
    Paused,
    Recorded,
    ScriptedUpstream,
    json_answer,
    stream,
    token,
)

# Clicks or taps + keys or chords; typed text isn't counted. In Chinese and in the dark it is as by mouse.
EFFORT = {
    #                     mouse  keyboard  touch  without scripts
    "first_hello":       ("0+1", "0+1", "2+0", "2+1"),
    "wrong_key":         ("2+2", "0+3", "3+2", "2+2"),
    "five_turns":        ("0+5", "0+5", "6+0", "6+1"),
    "four_temperatures": ("3+4", "0+6", "11+4", "12+5"),
    "share_a_link":      ("1+1", "0+2", "3+0", "4+1"),
    "share_a_file":      ("3+1", "0+6", "7+0", "8+1"),
    "find_a_run":        ("2+0", "0+2", "3+0", "3+1"),
    "stop_and_continue": ("1+2", "0+3", "4+0", ""),  # without scripts, a page comes when its answer has
    "edit_and_go_on":    ("1+3", "0+3", "4+1", "3+1"),
    "regenerate":        ("2+1", "0+3", "4+0", "4+0"),
}  # fmt: skip
COLUMNS = {MOUSE: 0, KEYBOARD: 1, TOUCH: 2, NO_SCRIPTS: 3, CHINESE: 0, DARK: 0}

RIGHT, WRONG = "sk-right-1", "sk-wrong-1"


class Playground:
    """A playground that saves runs, on a folder of its own."""

    def __init__(self, upstream: ScriptedUpstream, folder: Path) -> None:
        self.upstream, self._folder, self._server = upstream, folder, ExitStack()
        self.database = folder / "runs.sqlite3"
        self._environment = {"PLAYGROUND_DATABASE": str(self.database), "PLAYGROUND_RUNS": "1"}
        migrate(folder, upstream.host_port, **self._environment)
        self.restart()

    def restart(self) -> None:
        self._server.close()
        site: Site = self._server.enter_context(
            serving(self._folder, self.upstream.host_port, **self._environment)
        )
        self.address = site.address

    def close(self) -> None:
        self._server.close()


@pytest.fixture(scope="module")
def here(provider_server: ScriptedUpstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Playground]:
    playground = Playground(provider_server, tmp_path_factory.mktemp("here"))
    yield playground
    playground.close()


@pytest.fixture(scope="module")
def elsewhere(
    provider_server: ScriptedUpstream, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Playground]:
    playground = Playground(provider_server, tmp_path_factory.mktemp("elsewhere"))
    yield playground
    playground.close()


class Visit:
    """Somebody at work: their hand, the page, the playground, and another one."""

    def __init__(
        self, browser: Browser, way: Way, here: Playground, elsewhere: Callable[[], Playground], folder: Path
    ) -> None:
        self.way, self.here, self.elsewhere, self.folder = way, here, elsewhere, folder
        self._browser, self._contexts = browser, ExitStack()
        self.complaints = Complaints()
        self.upstream = here.upstream
        self.hand = Hand(self.open(here), way)

    @property
    def page(self) -> Page:
        return self.hand.page

    def open(self, playground: Playground, path: str = "?provider=test") -> Page:
        """Open a page in a fresh profile."""
        size = {"width": self.way.width, "height": self.way.height}
        context = self._browser.new_context(
            viewport=size,  # type: ignore[arg-type]
            permissions=["clipboard-read", "clipboard-write"],
            reduced_motion="reduce",
            **self.way.options,
        )
        self._contexts.callback(context.close)
        context.set_default_timeout(10_000)
        page = context.new_page()
        self.complaints.watch(page)
        page.goto(playground.address + path)
        return page

    def close(self) -> None:
        self._contexts.close()

    def begin(self) -> None:
        """Count from here."""
        self.hand = Hand(self.page, self.way)

    def answered(self, text: str) -> None:
        expect(last_answer(self.page)).to_contain_text(text)
        self.hand.rest()

    def setting(self, name: str) -> Locator:
        """Return a field of the settings, which a small screen has in a drawer."""
        field, opener = self.page.locator(f"#{name}"), self.page.locator("[data-drawer=settings]")
        if not field.is_visible() and opener.is_visible():
            self.hand.click(opener)
        return field

    def runs(self) -> None:
        self.hand.click(self.page.locator("header a[href$='/runs/']"))


Job = Callable[[Visit], None]


def echo(connection: socket, recorded: Recorded) -> None:
    """Answer with what was said last, and at which temperature."""
    body = recorded.json
    said, at = body["messages"][-1]["content"], body.get("temperature")
    connection.sendall(stream({"content": f"Echo of {said}"}, {"content": f" at {at}."}).encode())


def first_hello(visit: Visit) -> None:
    visit.hand.say("Good morning")

    visit.answered("Echo of Good morning")
    assert visit.upstream.requests[-1].json["messages"] == [{"role": "user", "content": "Good morning"}]


def wrong_key(visit: Visit) -> None:
    def guard(connection: socket, recorded: Recorded) -> None:
        if recorded.header("Authorization") == f"Bearer {RIGHT}":
            echo(connection, recorded)
        else:
            connection.sendall(json_answer({"error": {"message": "Incorrect API key"}}, 401).encode())

    visit.upstream.reply(guard)
    visit.hand.write(visit.setting("api_key"), WRONG)
    visit.hand.press("Enter")
    expect(visit.page.locator("#answer [data-error]")).to_be_in_viewport()

    go = visit.page.locator("[data-go-to=api_key]")
    if visit.way is not NO_SCRIPTS:
        visit.hand.click(go)
    visit.hand.write(visit.setting("api_key"), RIGHT)
    visit.hand.press("Enter")

    visit.answered("Echo of")
    expect(last_text(visit.page)).to_be_in_viewport()
    assert len(visit.upstream.requests[-1].json["messages"]) == 1


def five_turns(visit: Visit) -> None:
    for number in range(5):
        visit.hand.say(f"Turn {number}")
        visit.answered(f"Echo of Turn {number}")

    assert len(visit.upstream.requests[-1].json["messages"]) == 9


def four_temperatures(visit: Visit) -> None:
    page, hand = visit.page, visit.hand
    hand.write(composer(page), "Name a river")
    for at in ("0", "0.5", "1", "1.5"):
        hand.write(visit.setting("temperature"), at)
        if visit.way is NO_SCRIPTS and at != "0":
            hand.click(page.locator("[data-again]:visible"))
        else:
            hand.press("Enter")
        visit.answered(f"at {at}.")
    assert len(visit.upstream.requests[-1].json["messages"]) == 1

    if visit.way is NO_SCRIPTS:
        visit.runs()
        hand.click(page.locator("[name=run]").nth(0))
        hand.click(page.locator("[name=run]").nth(2))
        hand.click(page.locator("[value=compare]"))
    else:
        hand.click(page.locator("[data-compare] summary:visible"))
        hand.click(page.locator("[data-compare] a").nth(1))

    row = page.locator(".compared-facts .differs").filter(has_text="temperature")
    expect(row.locator("td")).to_contain_text(["0.5", "1.5"])


def share_a_link(visit: Visit) -> None:
    visit.hand.say("What do you see?")
    if visit.way is NO_SCRIPTS:
        visit.hand.click(visit.page.locator("[data-part=codes] a"))
        link = visit.page.url
    else:
        visit.hand.click(visit.page.locator("[data-copy-link]"))
        copy = visit.page.locator("[data-copy-link]")
        expect(copy).to_have_text(copy.get_attribute("data-done") or "")
        link = clipboard(visit.page)

    colleague = visit.open(visit.elsewhere(), link.removeprefix(visit.here.address))

    expect(colleague.locator("[name=content]").first).to_have_value("What do you see?")


def share_a_file(visit: Visit) -> None:
    page, hand, file = visit.page, visit.hand, visit.folder / "proof.html"
    hand.say("What do you see?")
    hand.click(page.locator(".kept a[href$='/proof/']"))
    hand.save(page.locator("[name=do][value=proof]"), file)

    hand.page = page = visit.open(visit.elsewhere())
    if visit.way in BY_MOUSE:
        hand.drop(file)
    else:
        visit.runs()
        hand.click(page.locator("a[href$='/proof/open/']"))
        hand.choose(page.locator("[type=file]"), file)
        if visit.way is NO_SCRIPTS:
            hand.click(page.locator(".open-proof button"))

    opened = page.locator(".opened")
    expect(opened).to_have_attribute("data-state", State.UNCHANGED)
    expect(opened).to_have_attribute("data-ours", "no")
    visit.answered("Echo of What do you see?")


def find_a_run(visit: Visit) -> None:
    question, words = f"Where does the Danube rise, by {visit.way}?", f"danube {visit.way}"
    if visit.way is CHINESE:
        question, words = "多瑙河发源于哪里？", "多瑙河"
    visit.hand.say(question)
    for number in range(3):
        visit.hand.page.goto(f"{visit.here.address}?provider=test")
        visit.hand.say(f"Something else {number}")
    with sqlite3.connect(visit.here.database) as database:
        database.execute(
            "UPDATE runs_run SET started = datetime(started, '-10 minutes') WHERE question = ?", [question]
        )
    database.close()
    visit.here.restart()
    visit.hand = Hand(visit.open(visit.here), visit.way)
    page, hand = visit.page, visit.hand

    if visit.way in (*BY_MOUSE, KEYBOARD):
        if visit.way is KEYBOARD:
            hand.tab_to(page.locator("#tab-request"))
            hand.press("ArrowRight")
        else:
            hand.click(page.locator("#tab-runs"))
        hand.write(page.locator("#side-runs [type=search]"), words)
        run = page.locator("#side-runs li a")
    else:
        visit.runs()
        hand.write(page.locator("#run-text"), words)
        if visit.way is NO_SCRIPTS:
            hand.press("Enter")
        run = page.locator("li.run > a")
    expect(run).to_have_count(1)
    hand.click(run)

    expect(page.locator("[name=content]").first).to_have_value(question)
    visit.answered(f"Echo of {question}")


def stop_and_continue(visit: Visit) -> None:
    page, hand = visit.page, visit.hand
    visit.upstream.reply(Paused(STREAM_HEAD + token("Once upon")))
    hand.write(composer(page), "Tell me a story")
    if visit.way is TOUCH:
        hand.click(page.locator("#send"))
    else:
        hand.press("Control+Enter")
    expect(page.locator("[data-part=live-text-0]")).to_have_text("Once upon")

    if visit.way is TOUCH:
        # A second tap at once would be that of a double tap.
        expect(page.locator("[data-busy]")).to_have_text(re.compile(r"· ([6-9]\d\d ms|\d+\.\d s)$"))
        hand.click(page.locator("#stop-sending"))
    else:
        hand.press("Escape")
    go_on = page.locator("[data-continue-answer]")
    expect(go_on).to_be_visible()
    visit.upstream.reply(stream({"content": " a time"}))
    hand.click(go_on)

    expect(last_text(page)).to_have_text(" a time")
    roles = [one["role"] for one in visit.upstream.requests[-1].json["messages"]]
    assert roles == ["user", "assistant", "user"]


def edit_and_go_on(visit: Visit) -> None:
    visit.hand.say("First")
    visit.hand.say("Second")
    visit.begin()
    page, hand = visit.page, visit.hand

    hand.write(page.locator("#messages [name=content]").first, "Another first")
    if visit.way in (TOUCH, NO_SCRIPTS):
        hand.click(page.locator(".turn-head [name=until]").first)
    else:
        hand.press("Control+Enter")
    visit.answered("Echo of Another first")
    if visit.way is not NO_SCRIPTS:
        expect(page.locator("[data-version-number]:visible")).to_have_text("2/2")
    hand.say("And then?")

    visit.answered("Echo of And then?")
    contents = [one["content"] for one in visit.upstream.requests[-1].json["messages"]]
    assert contents == ["Another first", "Echo of Another first at None.", "And then?"]


def regenerate(visit: Visit) -> None:
    visit.hand.say("Choose")
    visit.upstream.reply(stream({"content": "Another one"}))
    visit.begin()
    page, hand = visit.page, visit.hand

    hand.click(page.locator("[data-again]:visible"))
    visit.answered("Another one")
    if visit.way is NO_SCRIPTS:
        visit.runs()
        hand.click(page.locator("li.run > a").nth(1))
    else:
        hand.click(page.locator("[data-version='-1']:visible"))
    visit.answered("Echo of Choose")
    visit.upstream.reply(echo)
    if visit.way in (TOUCH, NO_SCRIPTS):
        hand.say("And then?")
    else:
        hand.type("And then?")
        hand.send()

    visit.answered("Echo of And then?")
    contents = [one["content"] for one in visit.upstream.requests[-1].json["messages"]]
    assert contents == ["Choose", "Echo of Choose at None.", "And then?"]


# They start another playground, or this one again.
SLOW = ("share_a_link", "share_a_file", "find_a_run")


def _cases() -> Iterator[object]:
    for way, column in COLUMNS.items():
        for name, row in EFFORT.items():
            if effort := row[column]:
                is_slow = way is not MOUSE or name in SLOW
                marks = pytest.mark.thorough if is_slow else ()
                yield pytest.param(way, globals()[name], effort, marks=marks, id=f"{way}-{name}")


@pytest.mark.parametrize(("way", "job", "effort"), list(_cases()))
def test_job(
    browser: Browser,
    here: Playground,
    upstream: ScriptedUpstream,
    request: pytest.FixtureRequest,
    tmp_path: Path,
    way: Way,
    job: Job,
    effort: str,
) -> None:
    upstream.reply(echo)
    with closing(Visit(browser, way, here, lambda: request.getfixturevalue("elsewhere"), tmp_path)) as visit:
        job(visit)

        if folder := os.environ.get("SCREENSHOTS"):
            visit.page.screenshot(path=f"{folder}/{job.__name__}-{way}.png")
        assert visit.hand.effort == effort
        if way in (TOUCH, CHINESE, DARK):
            settle(visit.page)
            assert_no_barrier(visit.page)
            assert visit.page.evaluate("document.documentElement.scrollWidth") <= way.width
        assert visit.complaints.seen == []
