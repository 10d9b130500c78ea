"""A hand that uses the page in one way and counts what that takes."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Download, Locator, Page, expect

from tests.browser.steps import SEND, composer, settled


@dataclass(frozen=True, eq=False)
class Way:
    """How somebody uses the page. `options` are those of a browser's profile."""

    name: str
    width: int = 1440
    height: int = 900
    options: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.name


MOUSE = Way("mouse")
KEYBOARD = Way("keyboard")
TOUCH = Way("touch", 360, 740, {"has_touch": True, "is_mobile": True})
NO_SCRIPTS = Way("no scripts", options={"java_script_enabled": False})
CHINESE = Way("Chinese", options={"locale": "zh-CN"})
DARK = Way("dark", options={"color_scheme": "dark"})
BY_MOUSE = (MOUSE, CHINESE, DARK)

# By keyboard, the most times that Tab is pressed to get to a control.
_FAR = 30
# The side of the smallest target for a finger, in CSS pixels.
_FINGER = 44

_IS_SEEN = """(it) => {
  const { left, top, width, height } = it.getBoundingClientRect();
  const hit = document.elementFromPoint(left + width / 2, top + height / 2);
  return Boolean(hit) && (it.contains(hit) || hit.contains(it));
}"""
_IS_REPLACED_BY_TYPING = """(it) => it.value === "" ||
  (it === document.activeElement && it.selectionStart === 0 && it.selectionEnd === it.value.length)"""
_IS_IN_HEAD = "(it) => Boolean(it.closest('header'))"  # the head of a phone's page is dense
_IS_FOCUSED = "(it) => it === document.activeElement"
_IS_BEHIND = """(it) => Boolean(
  document.activeElement.compareDocumentPosition(it) & Node.DOCUMENT_POSITION_PRECEDING)"""


class Hand:
    """Counts clicks, taps, and drags, and keys and chords, but neither text that is typed nor Tab.

    A control that one has to scroll to costs a click more.
    """

    def __init__(self, page: Page, way: Way) -> None:
        self.page, self.way = page, way
        self.clicks = self.keys = 0

    @property
    def effort(self) -> str:
        return f"{self.clicks}+{self.keys}"

    def press(self, key: str) -> None:
        self.keys += 1
        self.page.keyboard.press(key)

    def click(self, it: Locator) -> None:
        expect(it).to_be_visible()
        match self.way:
            case way if way is KEYBOARD:
                self.tab_to(it)
                self.press("Enter")
            case way if way is TOUCH:
                self._point_at(it)
                box = it.bounding_box()
                assert box is not None
                assert box["height"] > _FINGER - 0.5 or it.evaluate(_IS_IN_HEAD), f"{it} is small: {box}"
                it.tap()
            case _:
                self._point_at(it)
                it.click()

    def _point_at(self, it: Locator) -> None:
        self.clicks += 1 if it.evaluate(_IS_SEEN) else 2

    def tab_to(self, it: Locator) -> None:
        """Go to a control with Tab, or Shift+Tab if it comes before."""
        key = "Shift+Tab" if it.evaluate(_IS_BEHIND) else "Tab"
        for _ in range(_FAR):
            if it.evaluate(_IS_FOCUSED):
                return
            self.page.keyboard.press(key)
        raise AssertionError(f"{it} is more than {_FAR} Tabs away")

    def write(self, field: Locator, text: str) -> None:
        """Type into a field, in place of what it has."""
        if not field.evaluate(_IS_FOCUSED):
            if self.way is KEYBOARD:
                self.tab_to(field)
            else:
                self.click(field)
        if not field.evaluate(_IS_REPLACED_BY_TYPING):
            self.press("Control+A")
        self.type(text)
        expect(field).to_have_value(text)

    def type(self, text: str) -> None:
        """Type where the focus is."""
        self.page.keyboard.type(text)

    def send(self) -> None:
        """Send what the composer or the focused field has, and wait for the answer."""
        with self.page.expect_response(SEND):
            if self.way in (TOUCH, NO_SCRIPTS):
                self.click(self.page.locator("#send"))
            else:
                self.press("Control+Enter")
        self.rest()

    def rest(self) -> None:
        """Wait until the answer has joined the conversation, and the focus is where it leads."""
        settled(self.page)
        self.page.evaluate("window.editForm?.settled()")

    def say(self, text: str) -> None:
        self.write(composer(self.page), text)
        self.send()

    def save(self, button: Locator, file: Path) -> None:
        with self.page.expect_download() as saved:
            self.click(button)
        download: Download = saved.value
        download.save_as(file)

    def choose(self, field: Locator, file: Path) -> None:
        with self.page.expect_file_chooser() as chooser:
            self.click(field)
        chooser.value.set_files(file)

    def drop(self, file: Path) -> None:
        """Drag a file from a folder onto the page."""
        self.clicks += 1
        self.page.evaluate(
            """([name, text]) => {
              const dataTransfer = new DataTransfer();
              dataTransfer.items.add(new File([text], name, { type: "text/html" }));
              const options = { dataTransfer, bubbles: true, cancelable: true };
              for (const type of ["dragover", "drop"])
                document.body.dispatchEvent(new DragEvent(type, options));
            }""",
            [file.name, file.read_text()],
        )
