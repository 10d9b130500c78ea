"""What people do on the playground's page: steps that many tests share."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Locator, Page, expect

# Of a provider that refuses a parameter; the playground offers a fix.
UNSUPPORTED = "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."

# The address may name a language.
SEND = re.compile(r"/send/(\?|$)")


def message(page: Page, number: int) -> Locator:
    """Return the text of a message. The composer's number is the next one after all messages."""
    return page.get_by_label(f"Content of message {number}", exact=True)


def composer(page: Page) -> Locator:
    return page.locator("#composer [name=content]")


def add_messages(page: Page, *texts: str) -> None:
    """Add what the composer has, then each of the texts. The composer is empty and focused at the end."""
    page.get_by_role("button", name="Add message").click()
    for text in texts:
        composer(page).fill(text)
        page.get_by_role("button", name="Add message").click()


def choose(page: Page, name: str) -> None:
    """Choose an item of a message's menu, such as "Move message 3 up"."""
    menu = page.locator(".turn-menu").filter(has=page.get_by_label(name, exact=True))
    menu.locator("summary").click()
    page.get_by_role("button", name=name, exact=True).click()


def example(page: Page, which: str | int) -> None:
    """Choose an example of the menu in the page's head, by its name or place."""
    page.locator("nav details.menu summary").click()
    examples = page.locator("#presets button")
    (examples.nth(which) if isinstance(which, int) else examples.filter(has_text=which)).click()


def settled(page: Page) -> None:
    """Wait until nothing is sent any more, and an answer is part of the conversation."""
    expect(page.locator("[data-part=outcome][aria-busy]")).to_have_count(0)
    expect(page.locator("#answer [data-run]:not(:has([data-error])) [data-append]")).to_have_count(0)


def send(page: Page, text: str = "") -> None:
    """Send, with `text` as the next message if given, and wait for this answer, not for an earlier one."""
    if text:
        composer(page).fill(text)
    with page.expect_response(SEND):
        page.locator("#send").click()
    settled(page)
    expect(last_answer(page)).to_be_visible()


def send_by_keys(page: Page) -> None:
    """Send once nothing else is being sent, and wait for the answer to this request."""
    settled(page)
    with page.expect_response(SEND):
        page.keyboard.press("Control+Enter")
    settled(page)


def last_answer(page: Page) -> Locator:
    """Return the last answer of the conversation, with its facts and notices."""
    return page.locator("[data-part=panel-answer]").last


def last_text(page: Page) -> Locator:
    """Return the text of the last answer, as it came."""
    return page.locator("[data-part=answer-1]").last


def tab(page: Page, name: str) -> None:
    """Open a tab of the inspector."""
    page.get_by_role("tab", name=name).click()


def drawer(page: Page, name: str) -> Locator:
    """Open the drawer `settings` or `result`, which a small screen has."""
    page.locator(f"[data-drawer={name}]").click()
    opened = page.locator(f"#{name}")
    expect(opened).to_be_visible()
    return opened


@contextmanager
def settings(page: Page) -> Iterator[None]:
    """Have the request's settings in sight: on a small screen they are in a drawer."""
    is_in_drawer = page.locator("[data-drawer=settings]").is_visible()
    if is_in_drawer:
        drawer(page, "settings")
    yield
    if is_in_drawer:
        page.keyboard.press("Escape")
        expect(page.locator("#settings")).to_be_hidden()


def ask_for_stream(page: Page) -> None:
    with settings(page):
        page.locator("#stream").check()
