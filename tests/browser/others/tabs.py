"""A tab of Firefox (over WebDriver BiDi) or of WebKit (over WebDriver), with one face.

Playwright drives neither of the two as the distribution has them.
"""

import json
import os
import subprocess
import warnings
from abc import ABC, abstractmethod
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from selenium import webdriver
from selenium.webdriver.common.bidi.browsing_context import BrowsingContext
from selenium.webdriver.common.bidi.input import Input
from selenium.webdriver.common.bidi.log import Log
from selenium.webdriver.common.bidi.script import Script
from selenium.webdriver.common.bidi.session import Session
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.websocket_connection import WebSocketConnection
from selenium.webdriver.support.wait import WebDriverWait

# A real model answers in a second or two, or later on a busy machine.
SECONDS = 20

# Notes what a page complains about where its scripts can see it. The tab's storage outlives the page.
SPY = """(() => {
  if (window.complaints) return;
  window.complaints = (text) => {
    sessionStorage.complaints = JSON.stringify([...JSON.parse(sessionStorage.complaints ?? "[]"), text]);
  };
  const source = (event) => event.target?.src ?? event.target?.href ?? "";
  addEventListener("error", (event) => complaints(`error: ${event.message ?? source(event)}`), true);
  addEventListener("unhandledrejection", (event) => complaints(`rejection: ${event.reason}`));
  addEventListener("securitypolicyviolation", (event) => complaints(`policy: ${event.effectiveDirective}`));
  for (const level of ["error", "warn"]) {
    const say = console[level];
    console[level] = (...words) => { complaints(`${level}: ${words.join(" ")}`); say.apply(console, words); };
  }
})();"""

# An element may have no box of its own. A style may have turned its text into capitals.
FIND_TEXT = """(selector, of) => {
  const isDrawn = (one) => {
    const range = document.createRange();
    range.selectNodeContents(one);
    return range.getClientRects().length;
  };
  const texts = [...document.querySelectorAll(selector)].filter(isDrawn).map((one) => one.innerText);
  return texts.find((text) => new RegExp(of, "i").test(text));
}"""


class Tab(ABC):
    """What a person does in a tab. An element is named by its CSS selector."""

    def __init__(self) -> None:
        self.complaints: list[str] = []

    @abstractmethod
    def open(self, url: str) -> None: ...

    @abstractmethod
    def run(self, function: str, *arguments: Any) -> Any:
        """Call a JavaScript function in the page, and return what it returns, as JSON."""

    @abstractmethod
    def click(self, selector: str) -> None: ...

    @abstractmethod
    def press(self, *keys: str) -> None:
        """Press keys together, as in `press(Keys.CONTROL, Keys.ENTER)`."""

    @abstractmethod
    def upload(self, selector: str, file: Path) -> None: ...

    @abstractmethod
    def resize(self, width: int, height: int) -> None: ...

    @abstractmethod
    def screenshot(self) -> bytes: ...

    def type(self, text: str) -> None:
        for character in text:
            self.press(character)

    def until(self, function: str, *arguments: Any) -> Any:
        """Wait until the JavaScript function returns something true, and return that."""
        wait = WebDriverWait(self, SECONDS, poll_frequency=0.02)  # type: ignore[type-var]
        return wait.until(lambda tab: tab.run(function, *arguments), message=function)

    def text(self, selector: str, of: str = r"\S") -> str:
        """Wait until an element is to be seen whose text has the pattern `of`, and return the text."""
        return str(self.until(FIND_TEXT, selector, of))

    def complained(self) -> list[str]:
        return [*self.complaints, *json.loads(self.run("() => sessionStorage.complaints ?? '[]'"))]


class Firefox(Tab):
    def __init__(self, connection: WebSocketConnection) -> None:
        super().__init__()
        self._page, self._script = BrowsingContext(connection), Script(connection)
        self._input = Input(connection)
        self._context = self._page.get_tree()[0].context
        self._page.activate(self._context)
        self._script.add_preload_script(f"() => {{ {SPY} }}")
        Log(connection).add_event_handler("entry_added", self._logged)

    def _logged(self, entry: dict[str, Any]) -> None:
        if entry["level"] in ("error", "warn"):
            self.complaints.append(f"{entry['level']}: {entry['text']}")

    def open(self, url: str) -> None:
        self._page.navigate(self._context, url, "complete")

    def run(self, function: str, *arguments: Any) -> Any:
        call = f"async () => JSON.stringify(await ({function})(...{json.dumps(arguments)}) ?? null)"
        return json.loads(self._call(call)["value"])

    def _call(self, function: str, *arguments: Any) -> dict[str, Any]:
        done = self._script.call_function(function, True, {"context": self._context}, list(arguments))
        assert done["type"] == "success", done
        return done["result"]  # type: ignore[no-any-return]

    def _element(self, selector: str) -> dict[str, str]:
        function = "(selector) => document.querySelector(selector)"
        element = self._call(function, {"type": "string", "value": selector})
        return {"sharedId": element["sharedId"]}

    def click(self, selector: str) -> None:
        self.run("(it) => document.querySelector(it).scrollIntoView({block: 'nearest'})", selector)
        origin = {"type": "element", "element": self._element(selector)}
        moves = [
            {"type": "pointerMove", "x": 0, "y": 0, "origin": origin},
            {"type": "pointerDown", "button": 0},
            {"type": "pointerUp", "button": 0},
        ]
        self._input.perform_actions(self._context, [{"type": "pointer", "id": "mouse", "actions": moves}])

    def press(self, *keys: str) -> None:
        strokes = [{"type": "keyDown", "value": key} for key in keys]
        strokes += [{"type": "keyUp", "value": key} for key in reversed(keys)]
        self._input.perform_actions(self._context, [{"type": "key", "id": "keys", "actions": strokes}])

    def upload(self, selector: str, file: Path) -> None:
        self._input.set_files(self._context, self._element(selector), [str(file)])

    def resize(self, width: int, height: int) -> None:
        self._page.set_viewport(self._context, {"width": width, "height": height})

    def screenshot(self) -> bytes:
        return b64decode(self._page.capture_screenshot(self._context))


class WebKit(Tab):
    def __init__(self, driver: webdriver.WebKitGTK, profile: Path) -> None:
        super().__init__()
        self._driver = driver
        self._profile = profile

    def open(self, url: str) -> None:
        # The driver tells nothing of the console, and the spy comes too late for what is said while loading.
        options = ["--enable-write-console-messages-to-stdout=true", "--exit-after-load"]
        home = {f"XDG_{kind}_HOME": str(self._profile) for kind in ("CACHE", "CONFIG", "DATA")}
        loaded = subprocess.run(
            [minibrowser(), *options, url], env=os.environ | home, capture_output=True, text=True, check=True
        )
        self.complaints += [line for line in loaded.stderr.splitlines() if "CONSOLE" in line]
        self._driver.get(url)

    def run(self, function: str, *arguments: Any) -> Any:
        return self._driver.execute_script(f"{SPY} return ({function})(...arguments)", *arguments)

    def click(self, selector: str) -> None:
        self._driver.find_element(By.CSS_SELECTOR, selector).click()

    def press(self, *keys: str) -> None:
        actions = webdriver.ActionChains(self._driver, duration=0)
        for key in keys:
            actions.key_down(key)
        for key in reversed(keys):
            actions.key_up(key)
        actions.perform()

    def upload(self, selector: str, file: Path) -> None:
        self._driver.find_element(By.CSS_SELECTOR, selector).send_keys(str(file))

    def resize(self, width: int, height: int) -> None:
        self._driver.set_window_size(width, height)

    def screenshot(self) -> bytes:
        return self._driver.get_screenshot_as_png()


def minibrowser() -> str:
    """Return the path of WebKit's small browser, which comes with the library."""
    return str(next(Path("/usr/lib").glob("*/webkit2gtk-4.*/MiniBrowser")))


@contextmanager
def firefox(profile: Path) -> Iterator[Firefox]:
    command = ["firefox-esr", "--remote-debugging-port=0", "--profile", str(profile)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        listening = next(line for line in process.stderr if "BiDi listening on" in line)
        connection = WebSocketConnection(f"{listening.split()[-1]}/session", SECONDS, 0.01)
        try:
            connection.session_id = Session(connection).new({"alwaysMatch": {}})["sessionId"]
            yield Firefox(connection)
        finally:
            connection.close()
            process.terminate()


@contextmanager
def webkit(profile: Path) -> Iterator[WebKit]:
    options = webdriver.WebKitGTKOptions()
    options.binary_location = minibrowser()
    options.add_argument("--automation")
    with warnings.catch_warnings(action="ignore"):  # Selenium's own
        driver = webdriver.WebKitGTK(options=options)
    try:
        yield WebKit(driver, profile)
    finally:
        driver.quit()
