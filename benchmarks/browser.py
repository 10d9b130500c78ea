"""What the page costs in a browser, beside a bare page: `python -m benchmarks.browser [SECONDS]`.

The bare page appends each token of the same stream to a paragraph, and has a text field beside a long
paragraph. `CHROMIUM` names the browser.
"""

import json
import os
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.servers import all_servers

SECONDS, RATE = 60, 200
EVENTS, EVENTS_RATE = 10_000, 1000
LONG, KEYS = 100_000, 100
SLOWER = 4

_WATCH = """() => {
    window.tasks = [];
    new PerformanceObserver((list) => window.tasks.push(...list.getEntries().map(({ duration }) => duration)))
        .observe({ type: "longtask" });
}"""
# From a key to the end of the frame that shows its letter.
_DELAYS = """(field) => {
    window.delays = [];
    field.focus();
    field.addEventListener("keydown", ({ timeStamp }) =>
        requestAnimationFrame(() => setTimeout(() => window.delays.push(performance.now() - timeStamp))));
}"""
_BARE_STREAM = """async (body) => {
    const shown = document.body.appendChild(document.createElement("p"));
    const answer = await fetch("/stream", { method: "POST", body });
    let rest = "";
    for await (const text of answer.body.pipeThrough(new TextDecoderStream())) {
        const events = (rest + text).split("\\n\\n");
        rest = events.pop();
        for (const event of events)
            if (event !== "data: [DONE]") shown.append(JSON.parse(event.slice(6)).choices[0].delta.content);
    }
}"""
_BARE_FIELD = """(text) => {
    document.body.appendChild(document.createElement("p")).textContent = text;
    document.body.append(document.createElement("textarea"));
}"""


def report(seconds: int = SECONDS) -> None:
    print(f"\nIn Chromium; “slowed” is with a processor {SLOWER} times slower\n")
    with _sites() as (browser, floor, playground):
        for slower, tokens, rate in ((SLOWER, seconds * RATE, RATE), (1, EVENTS, EVENTS_RATE)):
            print(f"{tokens:,} tokens at {rate}/s{', slowed' if slower > 1 else ''}")
            for name, measure, address in (("floor", _bare, floor), ("playground", _page, playground)):
                with _opened(browser, slower) as page:
                    took = measure(page, address, _request(tokens, rate, "Hello!"))
                    tasks = [*page.evaluate("window.tasks"), 0]
                print(
                    f"{name:>12}{took - tokens / rate:7.1f} s after the last token"
                    f"{max(tasks):7.0f} ms the longest task{sum(tasks) / 1000:7.1f} s in tasks over 50 ms",
                    flush=True,
                )
        print(f"{KEYS} keys beside {LONG:,} characters, slowed")
        for name, prepare, address in (("floor", _bare_field, floor), ("playground", _composer, playground)):
            with _opened(browser, SLOWER) as page:
                delays = statistics.quantiles(_typed(page, prepare(page, address)), n=20)
            print(f"{name:>12}{delays[9]:7.0f} ms p50{delays[18]:7.0f} ms p95", flush=True)


def _request(tokens: int, rate: int, text: str) -> dict[str, Any]:
    messages = [{"role": "user", "content": text}]
    return {"model": "m", "messages": messages, "max_tokens": tokens, "user": str(rate), "stream": True}


def _bare(page: Page, address: str, request: dict[str, Any]) -> float:
    page.goto(address)
    page.evaluate(_WATCH)
    began = time.perf_counter()
    page.evaluate(_BARE_STREAM, json.dumps(request))
    return time.perf_counter() - began


def _page(page: Page, address: str, request: dict[str, Any]) -> float:
    page.goto(f"{address}?provider=bench&request={quote(json.dumps(request))}")
    page.evaluate(_WATCH)
    began = time.perf_counter()
    page.locator("#send").click()
    page.locator("#messages [data-run] .facts").wait_for(timeout=600_000)
    return time.perf_counter() - began


def _bare_field(page: Page, address: str) -> str:
    page.goto(address)
    page.evaluate(_BARE_FIELD, "word " * (LONG // 5))
    return "textarea"


def _composer(page: Page, address: str) -> str:
    page.goto(f"{address}?provider=bench")
    page.locator("#composer [name=content]").fill("word " * (LONG // 5))
    page.locator("#composer [name=content]").press("Control+Enter")
    page.locator("#messages [data-run] .facts").wait_for()
    return "#composer [name=content]"


def _typed(page: Page, field: str) -> list[float]:
    page.locator(field).evaluate(_DELAYS)
    for _ in range(KEYS):
        page.keyboard.press("x")
        page.wait_for_timeout(20)
    page.wait_for_function(f"window.delays.length === {KEYS}")
    delays: list[float] = page.evaluate("window.delays")
    return delays


@contextmanager
def _opened(browser: Browser, slower: int) -> Iterator[Page]:
    context = browser.new_context()
    page = context.new_page()
    context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": slower})
    yield page
    context.close()


@contextmanager
def _sites() -> Iterator[tuple[Browser, str, str]]:
    """Start a provider that streams, both servers, and a browser."""
    with all_servers("benchmarks.mock_stream") as servers, sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium-headless-shell")
        )
        yield browser, servers.floor, servers.playground
        browser.close()


if __name__ == "__main__":
    report(*map(int, sys.argv[1:2]))
