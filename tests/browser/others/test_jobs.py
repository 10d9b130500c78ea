"""What everybody does with the page, in other browsers than Chromium."""

from pathlib import Path

import pytest
from selenium.webdriver.common.keys import Keys

from playground.proof.file import State
from tests.browser.others.tabs import Tab
from tests.proof.made import called, script, signed_elsewhere
from tests.web.test_links import _link as packed

ANSWER = "[data-part=panel-answer] :is(.answer-rich, .answer-text)"
GROWING = "[data-part=live-text-0]"
DROP = """(content) => {
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File([content], "proof.html"));
  document.dispatchEvent(new DragEvent("drop", { dataTransfer, cancelable: true }));
}"""


def _wait_for_composer(tab: Tab) -> None:
    """Wait until the next message can be typed."""
    tab.until("() => document.activeElement === document.querySelector('#composer [name=content]')")


def test_hello_to_a_real_model(tab: Tab, address: str) -> None:
    tab.open(address)
    _wait_for_composer(tab)

    tab.press(Keys.CONTROL, Keys.ENTER)

    answer = tab.text(ANSWER)
    _wait_for_composer(tab)
    tab.text("[data-part=panel-answer] .facts", r"\d+ total · \d+ prompt · \d+ completion")
    tab.click("[data-part=tab-raw]")
    assert answer.split()[0] in tab.text("[data-part=raw-pretty]", "chat.completion")
    tab.click("[data-part=tab-exchange]")
    tab.text("[data-part=sent-body]", "Hello!")


def test_a_stream_of_a_real_model_grows_and_stops(tab: Tab, address: str) -> None:
    tab.open(address)
    _wait_for_composer(tab)
    tab.press(Keys.CONTROL, "a")
    tab.type("Tell me a long story.")
    tab.press(Keys.CONTROL, Keys.ENTER)
    begun = tab.text(GROWING)
    tab.until("(it, size) => document.querySelector(it)?.innerText.length > size", GROWING, len(begun))

    tab.click("#stop-sending")

    tab.text("[data-part=panel-answer]", "Stopped")
    assert tab.text(ANSWER).startswith(begun.split()[0])
    _wait_for_composer(tab)


@pytest.mark.parametrize("way", ["upload", "drop"])
def test_a_proof_file_is_opened(tab: Tab, address: str, tmp_path: Path, way: str) -> None:
    file = tmp_path / "proof.html"
    file.write_bytes(signed_elsewhere(script(called(answer="**The** answer"))))
    tab.open(f"{address}proof/open/")

    if way == "upload":
        tab.upload("[type=file]", file)
    else:
        tab.run(DROP, file.read_text())

    tab.text(f".opened[data-state={State.UNCHANGED}]", "Signed by another playground")
    assert tab.text(ANSWER).strip() == "The answer"
    tab.click("[data-part=tab-raw]")
    tab.text("[data-part=raw-pretty]", r"\*\*The\*\* answer")


def test_what_a_page_complains_about_is_seen(tab: Tab, address: str, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("<script>console.error('while loading')</script>")
    tab.open((tmp_path / "page.html").as_uri())
    assert "while loading" in str(tab.complained())
    tab.open(address)

    tab.run("() => { setTimeout(() => { throw new Error('later'); }); }")
    tab.run("() => { new Image().src = 'https://elsewhere.example/'; }")

    for complaint in ("later", "img-src"):
        tab.until("(complaint) => sessionStorage.complaints?.includes(complaint)", complaint)
    tab.complaints.clear()
    tab.run("() => sessionStorage.clear()")


def test_a_compressed_link_fills_the_form_in_chinese(tab: Tab, address: str) -> None:
    request = {"model": "m", "messages": [{"role": "user", "content": "多瑙河发源于哪里？"}]}

    tab.open(f"{address}?lang=zh#r={packed(provider='', request=request)}")

    filled = "(text) => document.querySelector('textarea[name=content]')?.value === text"
    tab.until(filled, "多瑙河发源于哪里？")
    tab.text("button", "发送")
