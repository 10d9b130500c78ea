"""How a browser shows the parts of an answer that are not text."""

import base64
import random
import re
import struct
import zlib
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import assert_no_barrier, settle
from tests.browser.conftest import Open
from tests.browser.steps import ask_for_stream, composer, last_answer, last_text, message, settled
from tests.upstreams.scripted import (
    STREAM_END,
    STREAM_HEAD,
    Paused,
    ScriptedUpstream,
    chunk,
    completion,
    event,
)

IS_LOADED = "image => image.complete && image.naturalWidth"


def _png(side: int) -> str:
    """Return an image that does not compress: a megabyte for 600 pixels a side."""

    def part(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    noise = random.Random(side)
    rows = b"".join(b"\0" + noise.randbytes(3 * side) for _ in range(side))
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    parts = part(b"IHDR", head) + part(b"IDAT", zlib.compress(rows, 1)) + part(b"IEND", b"")
    return base64.b64encode(b"\x89PNG\r\n\x1a\n" + parts).decode()


def _wav(seconds: float) -> str:
    samples = b"".join(struct.pack("<h", at % 80 * 200 - 8000) for at in range(int(8000 * seconds)))
    form = struct.pack("<IHHIIHH", 16, 1, 1, 8000, 16000, 2, 16)
    head = b"RIFF" + struct.pack("<I", 36 + len(samples)) + b"WAVEfmt " + form
    return base64.b64encode(head + b"data" + struct.pack("<I", len(samples)) + samples).decode()


def _send(page: Page, *, stream: bool = False) -> None:
    if stream:
        ask_for_stream(page)
    with page.expect_response("**/send/"):
        page.locator("#send").click()


def _message(**message: Any) -> Any:
    whole = {"role": "assistant", "content": None} | message
    return completion(choices=[{"index": 0, "message": whole, "finish_reason": "stop"}])


MARKDOWN = """## A heading

- one
- `two`

```python
x = 1  # a comment
```

| a | b |
|---|---|
| 1 | [link](https://example.org) |

#### A lower one

$x^2$
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_drawn_answer_has_no_barrier_in_the_page_nor_in_a_proof_file(
    open_page: Open, upstream: ScriptedUpstream, scheme: str
) -> None:
    upstream.reply(completion(MARKDOWN))
    page = open_page("?provider=test", color_scheme=scheme)

    _send(page)

    expect(page.locator(".answer-rich h3")).to_have_text("A heading")
    settle(page)
    assert_no_barrier(page)
    with page.expect_popup() as popup:
        page.get_by_role("button", name="Save proof").click()
    expect(popup.value.locator(".answer-rich h4")).to_have_text("A lower one")
    assert_no_barrier(popup.value)


def test_an_image_of_a_stream_is_shown(open_page: Open, upstream: ScriptedUpstream) -> None:
    url = f"data:image/png;base64,{_png(600)}"
    image = {"type": "image_url", "image_url": {"url": url}, "index": 0}
    events = event(chunk({"content": "Here it is."})) + event(chunk({"images": [image]}))
    upstream.reply(STREAM_HEAD + events + STREAM_END)
    page = open_page("?provider=test")

    _send(page, stream=True)

    shown = page.locator("[data-part=panel-answer] img")
    expect(shown).to_have_count(1)
    assert shown.evaluate(IS_LOADED) == 600
    assert len(url) > 1_400_000
    expect(last_answer(page)).not_to_contain_text("no text")
    # With the image, the conversation would exceed what a form may carry.
    expect(message(page, 2)).to_have_value("Here it is.")
    assert "image" not in page.get_by_label("More fields of message 2 as JSON").input_value()


def test_an_image_goes_into_the_conversation(open_page: Open, upstream: ScriptedUpstream) -> None:
    image = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{_png(4)}"}}
    upstream.reply(_message(images=[image]))
    page = open_page("?provider=test")
    _send(page)
    settled(page)
    composer(page).fill("Bluer")
    _send(page)

    settled(page)
    expect(page.locator("[data-part=panel-answer] img")).to_have_count(2)
    assert upstream.requests[-1].json["messages"][1] == {
        "role": "assistant",
        "content": "",
        "images": [image],
    }


def test_what_is_no_image_is_never_one(open_page: Open, upstream: ScriptedUpstream) -> None:
    svg = base64.b64encode(
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
    ).decode()
    urls = (f"data:image/svg+xml;base64,{svg}", "https://img.example/1.png", "javascript:alert(1)")
    upstream.reply(_message(images=[{"image_url": {"url": url}} for url in urls]))
    page = open_page("?provider=test")

    _send(page)

    expect(page.locator("[data-part=panel-answer] .media-note")).to_have_count(3)
    expect(page.locator("[data-part=panel-answer] img")).to_have_count(0)
    link = page.locator("[data-part=panel-answer] .media-note a")
    expect(link).to_have_count(1)
    expect(link).to_have_attribute("rel", re.compile("noreferrer"))


def test_audio_of_a_stream_can_be_played(open_page: Open, upstream: ScriptedUpstream) -> None:
    wav = _wav(0.5)
    deltas = [
        {"id": "audio_1", "transcript": "Hel"},
        {"data": wav[:4000]},
        {"transcript": "lo", "data": wav[4000:]},
    ]
    events = [event(chunk({"audio": delta})) for delta in deltas]
    paused = Paused(STREAM_HEAD + events[0], events[1] + events[2] + STREAM_END)
    upstream.reply(paused)
    page = open_page("?provider=test")

    _send(page, stream=True)
    expect(page.locator("[data-part=live-transcript-0]")).to_have_text("Hel")
    paused.go.set()

    sound = page.locator("[data-part=panel-answer] audio")
    expect(sound).to_have_count(1)
    page.wait_for_function("document.querySelector('audio').readyState >= 1")
    assert sound.evaluate("audio => audio.duration") == 0.5
    expect(last_answer(page)).to_contain_text("Hello")


def test_a_function_call_grows_and_goes_on(open_page: Open, upstream: ScriptedUpstream) -> None:
    parts = [{"name": "get_weather", "arguments": ""}, {"arguments": '{"city"'}, {"arguments": ':"Bern"}'}]
    events = [event(chunk({"function_call": part})) for part in parts]
    end = event(chunk({}, finish_reason="function_call")) + STREAM_END
    paused = Paused(STREAM_HEAD + events[0] + events[1], events[2] + end)
    upstream.reply(paused)
    page = open_page("?provider=test")

    _send(page, stream=True)
    expect(page.locator("[data-part=live-calls-0]")).to_have_text('get_weather({"city")')
    paused.go.set()

    panel = last_answer(page)
    expect(panel).to_contain_text("Tool calls")
    expect(panel).to_contain_text("get_weather")
    expect(panel).not_to_contain_text("no text")
    expect(page.get_by_label("Role of message 3")).to_have_value("function")
    message(page, 3).fill("12 °C")
    upstream.reply(completion("Cold."))
    _send(page)

    expect(panel).to_contain_text("Cold.")
    asked, result = upstream.requests[-1].json["messages"][-2:]
    assert asked["function_call"] == {"name": "get_weather", "arguments": '{"city":"Bern"}'}
    assert result == {"role": "function", "name": "get_weather", "content": "12 °C"}


def test_half_an_emoji_in_each_of_two_deltas(open_page: Open, upstream: ScriptedUpstream) -> None:
    halves = [event(chunk({"content": half})) for half in ("a\ud83d", "\ude00b")]
    paused = Paused(STREAM_HEAD + halves[0] + halves[1] + event(chunk({"content": "!"})), STREAM_END)
    upstream.reply(paused)
    page = open_page("?provider=test")

    _send(page, stream=True)
    expect(page.locator("[data-part=live-text-0]")).to_have_text("a😀b!")
    paused.go.set()

    expect(last_text(page)).to_have_text("a😀b!")


def test_sources_are_links_that_tell_nobody(open_page: Open, upstream: ScriptedUpstream) -> None:
    urls = ("https://a.example/x", "javascript:alert(1)")
    cited = [{"type": "url_citation", "url_citation": {"url": url, "title": f"On {url[:5]}"}} for url in urls]
    upstream.reply(_message(content="As said.", annotations=cited))
    page = open_page("?provider=test")

    _send(page)

    expect(page.locator(".sources li")).to_have_count(2)
    expect(page.locator(".sources a")).to_have_count(1)
    expect(page.locator(".sources a")).to_have_attribute("href", urls[0])
    expect(page.locator(".sources a")).to_have_attribute("rel", "noopener noreferrer")


_REACHED = """box => {
    const around = box.getBoundingClientRect();
    for (let y = 0; y < innerHeight; y += 10)
        for (let x = 0; x < innerWidth; x += 10) {
            const inside = y >= around.top && y <= around.bottom && x >= around.left && x <= around.right;
            if (!inside && document.elementFromPoint(x, y)?.closest("math")) return [x, y];
        }
    return null;
}"""


def test_a_formula_is_drawn_within_its_answer(open_page: Open, upstream: ScriptedUpstream) -> None:
    """One without a height of its own would lie over the page's own words and buttons."""
    tall = r"\begin{matrix}" + r"a\\" * 60 + r"b\end{matrix}"
    upstream.reply(completion(rf"**Here** $\smash{{{tall}}}$ and $\hspace{{900em}}x$"))
    page = open_page("?provider=test")

    _send(page)
    answer = page.locator(".answer-rich")
    expect(answer.locator("math")).to_have_count(2)

    assert answer.evaluate(_REACHED) is None
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
