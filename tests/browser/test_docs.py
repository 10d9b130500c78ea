"""The docs in a browser: reading, searching and copying, by mouse and keyboard, with and without scripts.

`SCREENSHOTS=folder scripts/test --thorough tests/browser/test_docs.py` also saves a screenshot of each state.
"""

import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from playground.upstream.local_model.supervisor import Supervisor
from tests.browser.axe import COLOURS, assert_no_barrier, settle
from tests.browser.conftest import Open, clipboard
from tests.site import SERVER_KEY, manage, migrate, serving
from tests.upstreams.scripted import ScriptedUpstream, completion

LITERAL = "{ model: 'm', messages: [{ role: 'user', content: 'Hello!' }] }"
EVERYTHING = f"""
# Everything

[[toc]]

Words with `code`, a [link](./guide/one), a [broken one](./nowhere) and **more**.

## A live call

<ApiPlayground provider="test" :defaultRequest="{LITERAL}" />

In words: <ApiPlayground provider="test" /> and one that fails:

<ApiPlayground provider="test"
  :defaultRequest="{{ model: m }}" />

### Code

```python{{2}} [app.py]
import os
print("{"long " * 60}")
```

```
plain
```

## A table

| Name | What {"it does " * 20} | Number |
|:--|:-:|--:|
| `temperature` | words | 1 |

## Boxes

::: tip
A tip with `code`.
:::

::: warning Look out
A warning.
:::

::: danger
Danger.
:::

::: info
Info.
:::

> [!IMPORTANT]
> Important.

::: details More
Hidden at first.
:::

> A quote.

![A picture](./picture.svg)

{"Words to scroll by. " * 400}

## The end

{"w" * 300}
"""
FILES = {
    "index.md": "---\ntitle: Home\n---\n# Welcome\n\nThe docs of a test.\n",
    "everything.md": EVERYTHING,
    "guide/one.md": "# One\n\n## A part about temperature\n\nLow is steady.\n",
    "guide/two.md": "# Two\n\n流式输出逐步发送回答。\n",
    "zh/everything.md": "# 一切\n\n## 温度\n\n低的更稳定。\n",
    "embedded.md": "# Embedded\n\n<ApiPlayground embed='hello' />\n\n"
    "```api-playground\nembed: hello\nrequest: {messages: [{role: user, content: Of the fence}]}\n```\n\n"
    "<ApiPlayground embed='nobody' />\n",
    "messages.md": """# Messages

<ApiPlayground provider="local" api="messages" :defaultRequest="{
  model: 'smollm2-135m-instruct', max_tokens: 6, messages: [{ role: 'user', content: 'Hello!' }]
}" />
""",
    "picture.svg": '<svg xmlns="http://www.w3.org/2000/svg" width="300" height="60"><circle r="50"/></svg>',
}


@pytest.fixture(scope="module")
def address(
    running_model: Supervisor, provider_server: ScriptedUpstream, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Serve a playground with this module's docs, instead of the one that the other modules open."""
    folder = tmp_path_factory.mktemp("docs")
    for name, text in FILES.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    site_folder, upstream = tmp_path_factory.mktemp("site"), provider_server.host_port
    model = {"PLAYGROUND_LOCAL_MODEL_URL": running_model.url, "LOCAL_API_KEY": running_model.key}
    database = {"PLAYGROUND_DATABASE": str(site_folder / "embeds.sqlite3")}
    provider_server.reply(completion("Recorded"))
    request = {"model": "m", "messages": [{"role": "user", "content": "Hello!"}], "max_tokens": 50}
    record = ["--provider=test", "--request", json.dumps(request), "--key=server", "--lock=model", "--record"]
    budget = ["--origin=https://other.example", "--reader-calls-a-day=2"]
    migrate(site_folder, upstream, **database)
    manage(site_folder, upstream, "embed", "hello", *record, *budget, **database)
    with serving(site_folder, upstream, PLAYGROUND_DOCS=str(folder), **database, **model) as site:
        yield site.address


@pytest.fixture
def open_docs(open_page: Open) -> Open:
    """Open a page of the docs: `open_docs("docs/everything", width=360)`."""
    return open_page


Arrange = Callable[[Page], None]


def everything(page: Page) -> None:
    page.get_by_text("More", exact=True).click()


def at_the_end(page: Page) -> None:
    page.get_by_role("heading", name="The end").scroll_into_view_if_needed()
    page.get_by_role("link", name="Next").scroll_into_view_if_needed()


def suggested(page: Page) -> None:
    page.get_by_label("Search the docs").press_sequentially("temperature")
    expect(page.locator("#docs-suggestions li").first).to_be_visible()


def found(page: Page) -> None:
    page.get_by_label("Search the docs").fill("temperature")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Results for")).to_be_visible()


def nothing_found(page: Page) -> None:
    page.get_by_label("Search the docs").fill("nothing like this")
    page.keyboard.press("Enter")
    expect(page.get_by_text("No results. Try")).to_be_visible()


def missing(page: Page) -> None:
    page.goto(page.url + "-not")
    expect(page.get_by_role("heading", name="Page not found")).to_be_visible()


def chinese(page: Page) -> None:
    page.get_by_role("button", name="中文").click()
    expect(page.get_by_role("heading", name="一切")).to_be_visible()


def pages_opened(page: Page) -> None:
    if page.get_by_role("button", name="Pages").is_visible():
        page.get_by_role("button", name="Pages").click()
    expect(
        page.get_by_role("navigation", name="Pages of the docs").get_by_role("link", name="One")
    ).to_be_visible()


STATES: tuple[Arrange, ...] = (
    everything,
    at_the_end,
    suggested,
    found,
    nothing_found,
    missing,
    chinese,
    pages_opened,
)


@pytest.mark.parametrize("arrange", STATES, ids=lambda state: state.__name__)
@pytest.mark.parametrize(
    "width", [1440, *(pytest.param(width, marks=pytest.mark.thorough) for width in (1000, 360))]
)
def test_each_state(open_docs: Open, arrange: Arrange, width: int) -> None:
    page = open_docs(
        "docs/everything", width=width, height=800, color_scheme="light", reduced_motion="reduce"
    )

    arrange(page)

    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for scheme, rules in (("light", {}), ("dark", COLOURS)):
        page.emulate_media(color_scheme=scheme)
        settle(page)
        if folder := os.environ.get("SCREENSHOTS"):
            page.screenshot(path=Path(folder, f"docs-{arrange.__name__}-{width}-{scheme}.png"))
            if arrange is everything:
                page.screenshot(path=Path(folder, f"docs-whole-{width}-{scheme}.png"), full_page=True)
        assert_no_barrier(page, **rules)


# --- the search ---


def test_a_slash_leads_to_the_search_and_arrows_through_its_suggestions(open_docs: Open) -> None:
    page = open_docs("docs/")
    search = page.get_by_label("Search the docs")

    page.keyboard.press("/")
    expect(search).to_be_focused()
    page.keyboard.type("low is")
    links = page.locator("#docs-suggestions a")
    expect(links.first).to_contain_text("A part about temperature")
    page.keyboard.press("ArrowDown")
    expect(links.first).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(search).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")

    page.wait_for_url("**/docs/guide/one#a-part-about-temperature")


def test_a_slash_in_the_search_is_a_letter(open_docs: Open) -> None:
    page = open_docs("docs/")

    page.keyboard.press("/")
    page.keyboard.type("a/b")

    expect(page.get_by_label("Search the docs")).to_have_value("a/b")


def test_escape_and_a_click_elsewhere_close_the_suggestions(open_docs: Open) -> None:
    page = open_docs("docs/")
    suggestions = page.locator("#docs-suggestions a")
    for close in (
        lambda: page.keyboard.press("Escape"),
        lambda: page.get_by_role("heading", level=1).click(),
    ):
        page.get_by_label("Search the docs").fill("")
        page.get_by_label("Search the docs").press_sequentially("temp")
        expect(suggestions.first).to_be_visible()

        close()

        expect(suggestions).to_have_count(0)


def test_chinese_is_suggested(open_docs: Open) -> None:
    page = open_docs("docs/guide/two")

    page.get_by_label("Search the docs").fill("逐步发送")

    expect(page.locator("#docs-suggestions mark")).to_have_text("逐步发送")


# --- reading ---


def test_code_is_copied_as_it_is_written(open_docs: Open) -> None:
    page = open_docs("docs/everything", permissions=["clipboard-read", "clipboard-write"])

    page.get_by_role("button", name="Copy").nth(1).click()

    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert clipboard(page).strip() == "plain"


def test_a_live_call_runs_in_its_place_and_opens_in_the_playground(
    open_docs: Open, upstream: ScriptedUpstream
) -> None:
    page = open_docs("docs/everything")
    frame = page.frame_locator("api-playground iframe:not([slot])").first
    upstream.reply(completion("Run in place"))
    frame.get_by_role("button", name="Send").click()
    expect(frame.locator("[data-part=answer-1]")).to_have_text("Run in place")

    frame.get_by_label("Content of message 1").fill("Taken along")
    link = frame.get_by_role("link", name="Open in the playground")
    expect(link).to_have_attribute("href", re.compile("Taken[+]along"))
    with page.context.expect_page() as opened:
        link.click()

    expect(opened.value.get_by_label("Content of message 1")).to_have_value("Taken along")
    expect(opened.value.get_by_label("Provider", exact=True)).to_have_value("test")


def test_a_tag_of_another_api_runs_the_real_model_in_it(open_docs: Open) -> None:
    page = open_docs("docs/messages")
    frame = page.frame_locator("api-playground iframe:not([slot])")
    frame.get_by_role("button", name="Send").click()

    expect(frame.locator("[data-part=answer-1]")).not_to_be_empty()
    expect(frame.locator("#result")).to_contain_text("/v1/messages")
    frame.get_by_role("tab", name="Code").click()
    expect(frame.locator("[data-part=codes]")).to_contain_text("messages.create(")
    link = frame.get_by_role("link", name="Open in the playground")
    expect(link).to_have_attribute("href", re.compile("[?]provider=local&dialect=messages&request="))


def test_an_embed_works_in_a_tag_and_in_a_fence(open_docs: Open, upstream: ScriptedUpstream) -> None:
    """They use the embed's key, locked field and budget; once that is spent, its recorded answer."""
    page = open_docs("docs/embedded")
    tag, fence = (page.frame_locator("api-playground iframe:not([slot])").nth(at) for at in (0, 1))

    for frame, answer in ((tag, "Of the tag"), (fence, "In the fence")):
        upstream.reply(completion(answer))
        frame.get_by_role("button", name="Send").click()
        expect(frame.locator("[data-part=answer-1]")).to_have_text(answer)
    tag.get_by_role("button", name="Send").click()
    expect(tag.locator("[data-part=answer-1]")).to_have_text("Recorded")

    assert [request.json["messages"][0]["content"] for request in upstream.requests] == [
        "Hello!",
        "Of the fence",
    ]
    assert {request.json["model"] for request in upstream.requests} == {"m"}
    assert {request.header("Authorization") for request in upstream.requests} == {f"Bearer {SERVER_KEY}"}
    expect(page.locator("[data-problem]")).to_contain_text("embedded.md, line 10")


def test_the_contents_follow_the_reader(open_docs: Open) -> None:
    page = open_docs("docs/everything", reduced_motion="reduce")
    contents = page.get_by_role("navigation", name="On this page")

    contents.get_by_role("link", name="A table").click()

    expect(contents.locator("[aria-current]")).to_have_text("A table")
    expect(page.get_by_role("heading", name="A table")).to_be_in_viewport()


@pytest.mark.parametrize("width", [1440, 900])
def test_on_a_wide_screen_the_pages_stand_below_the_search(open_docs: Open, width: int) -> None:
    page = open_docs("docs/", width=width)
    search = page.get_by_label("Search the docs").bounding_box()
    first = page.get_by_role("navigation", name="Pages of the docs").get_by_role("link").first.bounding_box()

    assert search is not None
    assert first is not None
    assert 0 < first["y"] - (search["y"] + search["height"]) < 40


def test_the_pages_open_on_a_phone_and_close(open_docs: Open) -> None:
    page = open_docs("docs/", width=360)
    pages = page.get_by_role("navigation", name="Pages of the docs")
    expect(pages).to_be_hidden()

    page.get_by_role("button", name="Pages").click()
    expect(pages).to_be_visible()
    page.keyboard.press("Escape")
    expect(pages).to_be_hidden()
    page.get_by_role("button", name="Pages").click()
    pages.get_by_role("link", name="Two").click()

    page.wait_for_url("**/docs/guide/two")


@pytest.mark.parametrize("width", [1440, 360])
def test_without_scripts_all_can_be_read_and_found(open_docs: Open, width: int) -> None:
    page = open_docs("docs/everything", width=width, java_script_enabled=False)
    if width < 900:
        page.get_by_role("button", name="Pages").click()
    page.get_by_role("navigation", name="Pages of the docs").get_by_role("link", name="One").click()
    expect(page.get_by_role("heading", name="One")).to_be_visible()

    page.get_by_label("Search the docs").fill("steady")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="A part about temperature").click()

    page.wait_for_url("**/docs/guide/one#a-part-about-temperature")
    assert page.locator("html").bounding_box()["width"] <= width  # type: ignore[index]
