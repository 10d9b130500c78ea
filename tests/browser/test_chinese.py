"""More states in Chinese, with runs and proof files: accessible, no wider than a phone, no English left.

`SCREENSHOTS=folder scripts/test --thorough tests/browser/test_chinese.py` also saves a screenshot of each.
"""

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.axe import assert_no_barrier, settle
from tests.browser.conftest import Complaints
from tests.browser.steps import send, settled
from tests.site import migrate, serving
from tests.upstreams.scripted import (
    STREAM_HEAD,
    Answer,
    Paused,
    ScriptedUpstream,
    completion,
    json_answer,
    stream,
    token,
)

MARKDOWN = """**快速排序**的平均复杂度为 $O(n \\log n)$：

```python
print(sorted([3, 1, 2]))  # 排序
```

| 算法 | 最坏情况 |
|---|---|
| 快速排序 | $O(n^2)$ |
| 归并排序 | $O(n \\log n)$ |

1. 选取基准
2. 分区
"""
CALLS = [
    {
        "id": "call_1",
        "type": "function",
        "function": {"name": "get_weather", "arguments": '{"city": "北京"}'},
    }
]
# Words of the interface. Names, fields, code, and what a provider wrote may be English.
ENGLISH = re.compile(
    r"\b(?:Send|Runs?|Save|Delete|Compare|Answer|Request|Response|Open|Preview|Words|Model|Provider|Status|Tags?|"
    r"From|To|Any|Star|Older|Cancel|Proof|Undo|Reasoning|Refusal|Choices|Stopped|Tokens|Cost|Error|Search)\b"
)
# The playground's name, and what can be clicked, where it is wider than its place.
CUT = """
  [...document.querySelectorAll('.brand, button, .quiet, [role=tab]')]
    .filter((one) => one.checkVisibility() && !one.closest('.visually-hidden') && one.clientWidth > 1)
    .filter((one) => one.scrollWidth > one.clientWidth + 1)
    .map((one) => one.textContent.trim())
"""


@dataclass
class Place:
    """A page of the playground that saves runs, and the provider that it calls."""

    page: Page
    upstream: ScriptedUpstream
    address: str
    folder: Path

    def send(self, text: str, answer: Answer | Paused | bytes) -> None:
        self.upstream.reply(answer)
        send(self.page, text)

    def permalink(self) -> None:
        self.page.get_by_role("link", name="永久链接").last.click()

    def go(self, path: str) -> None:
        self.page.goto(self.address + path)

    def saved(self, *parts: str) -> Path:
        """Save the proof file of the call that is shown, without these parts."""
        self.page.get_by_role("link", name="保存证明").last.click()
        for part in parts:
            self.page.locator(f"[name=black][value='{part}']").check()
        with self.page.expect_download() as download:
            self.page.get_by_role("button", name="保存证明").click()
        file = self.folder / "proof.html"
        download.value.save_as(file)
        return file

    def open(self, file: Path) -> None:
        self.go("proof/open/")
        self.page.locator("[type=file]").set_input_files(file)
        expect(self.page.locator(".opened")).to_be_visible()


Arrange = Callable[[Place], None]


@pytest.fixture(scope="module")
def site(provider_server: ScriptedUpstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("site")
    saving = {"PLAYGROUND_DATABASE": str(folder / "playground.sqlite3"), "PLAYGROUND_RUNS": "1"}
    migrate(folder, provider_server.host_port, **saving)
    with serving(folder, provider_server.host_port, **saving) as running:
        yield running.address


@pytest.fixture
def place(browser: Browser, site: str, upstream: ScriptedUpstream, tmp_path: Path) -> Iterator[Place]:
    context = browser.new_context(locale="zh-CN", reduced_motion="reduce", timezone_id="Asia/Shanghai")
    context.set_default_timeout(20_000)
    page, complaints = context.new_page(), Complaints()
    complaints.watch(page)
    page.goto(f"{site}?provider=test")
    yield Place(page, upstream, site, tmp_path)
    context.close()
    assert complaints.seen == []


# --- answers ---


def tool_called(place: Place) -> None:
    message = {"role": "assistant", "content": None, "tool_calls": CALLS}
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls"}
    place.send("北京现在天气怎么样？", completion(choices=[choice]))


def several_choices(place: Place) -> None:
    reasoned = {"role": "assistant", "content": "1 元。", "reasoning": "设球为 x 元。"}
    refused = {"role": "assistant", "content": "", "refusal": "这个问题无法回答。"}
    choices = [
        {"index": 0, "message": reasoned, "finish_reason": "length"},
        {"index": 1, "message": refused, "finish_reason": None},
    ]
    place.send("球多少钱？", completion(choices=choices, usage=None))
    place.page.get_by_text("思考过程", exact=True).click()


def in_markdown(place: Place) -> None:
    place.send("介绍两种排序算法。", completion(MARKDOWN))


def no_answer(place: Place) -> None:
    place.send("你好！", b"")


def server_failed(place: Place) -> None:
    place.send("你好！", json_answer({"error": {"message": "内部错误，请稍后重试"}}, 500))


def stopped(place: Place) -> None:
    place.page.get_by_label("stream", exact=True).check()
    place.upstream.reply(Paused(STREAM_HEAD + token("回答刚刚开始")))
    place.page.locator("#send").click()
    expect(place.page.locator("[data-part=live-text-0]")).to_contain_text("回答刚刚开始")
    place.page.get_by_role("button", name="停止").click()
    expect(place.page.locator("[data-part=panel-answer]")).to_contain_text("已停止")


def counted(place: Place) -> None:
    place.upstream.reply(json_answer({"input_tokens": 1253}))
    place.page.get_by_label("服务商", exact=True).select_option("")
    place.page.get_by_label("Base URL").fill(place.upstream.url)
    place.page.get_by_role("button", name="Messages", exact=True).click()
    place.page.locator("#count").click()
    expect(place.page.locator("#counted [data-tokens]")).to_be_visible()


def detected(place: Place) -> None:
    place.upstream.reply(json_answer({"error": {"message": "'messages' is required"}}, 400))
    place.page.get_by_label("服务商", exact=True).select_option("")
    place.page.get_by_label("Base URL").fill(place.upstream.url)
    place.page.get_by_role("button", name="检测 API 格式").click()
    expect(place.page.locator("#detected [data-speaks]").first).to_be_visible()


def headers_refused(place: Place) -> None:
    place.page.get_by_text("更多参数").click()
    place.page.get_by_label("自定义请求头").fill("Authorization: Bearer sk-1\n标题")
    place.page.locator("#send").click()
    expect(place.page.locator("#answer [data-refusal]")).to_be_visible()


def broken_link(place: Place) -> None:
    place.page.goto("about:blank")
    place.go("?provider=test#r=broken")
    expect(place.page.get_by_text("链接不完整或已损坏")).to_be_visible()


# --- runs ---


def runs(place: Place) -> None:
    place.send("多瑙河发源于哪里？", completion("发源于德国的黑森林。"))
    place.send("从一数到三。", stream({"content": "一、二、"}, {"content": "三。"}))
    place.send("你好！", json_answer({"error": {"message": "Slow down"}}, 429))
    place.go("runs/")
    place.page.locator("[name=run]").first.check()


def none_found(place: Place) -> None:
    place.go("runs/")
    place.page.locator("#run-text").fill("从未问过的问题")
    expect(place.page.locator(".no-runs")).to_be_visible()


def run(place: Place) -> None:
    place.send("多瑙河发源于哪里？", completion("发源于德国的黑森林。"))
    place.permalink()
    place.upstream.reply(completion("发源于黑森林。"))
    with place.page.expect_response("**/send/"):
        place.page.get_by_role("region", name="调用记录").get_by_role("button", name="重新发送").click()
    settled(place.page)
    place.permalink()
    expect(place.page.get_by_role("region", name="调用记录")).to_be_visible()


def choosing(place: Place) -> None:
    run(place)
    place.page.get_by_role("link", name="对比……").click()


def compared(place: Place) -> None:
    run(place)
    place.page.get_by_role("region", name="调用记录").get_by_role("link", name="对比", exact=True).click()
    expect(place.page.locator("del").first).to_be_visible()


def deleting(place: Place) -> None:
    runs(place)
    place.page.get_by_role("button", name="全部删除……").click()


def deleted(place: Place) -> None:
    place.go("runs/00000000000000000000000000/")


# --- proof files ---


def previewed(place: Place) -> None:
    answer = stream({"content": "发源于德国的"}, {"content": "黑森林。"})
    place.send("我的电话是 138 0000 0000，多瑙河发源于哪里？", answer)
    place.page.get_by_role("link", name="保存证明").click()
    place.page.locator("[name=black]").first.check()
    place.page.get_by_role("button", name="更新预览").click()


def too_short_to_black_out(place: Place) -> None:
    place.send("黑森林", completion("黑森林在德国。"))
    place.page.get_by_role("link", name="保存证明").click()
    place.page.locator("[value='messages.0']").check()
    place.page.get_by_role("button", name="更新预览").click()
    expect(place.page.get_by_role("alert")).to_be_visible()


def opening(place: Place) -> None:
    place.go("proof/open/")


def opened(place: Place) -> None:
    place.send("多瑙河发源于哪里？", completion("发源于德国的黑森林。"))
    place.open(place.saved())


def opened_after_a_change(place: Place) -> None:
    place.send("多瑙河发源于哪里？", completion("发源于德国的黑森林。"))
    file = place.saved("messages.0")
    file.write_bytes(file.read_bytes().replace("黑森林".encode(), "阿尔卑斯山".encode()))
    place.open(file)


def the_file_itself(place: Place) -> None:
    answer = stream({"content": "发源于德国的"}, {"content": "黑森林。"})
    place.send("多瑙河发源于哪里？", answer)
    place.page.goto(place.saved().as_uri())


STATES: tuple[Arrange, ...] = (
    tool_called,
    several_choices,
    in_markdown,
    no_answer,
    server_failed,
    stopped,
    counted,
    detected,
    headers_refused,
    broken_link,
    runs,
    none_found,
    run,
    choosing,
    compared,
    deleting,
    deleted,
    previewed,
    too_short_to_black_out,
    opening,
    opened,
    opened_after_a_change,
    the_file_itself,
)


@pytest.mark.thorough
@pytest.mark.parametrize("arrange", STATES, ids=lambda state: state.__name__)
def test_each_state_in_chinese(place: Place, arrange: Arrange) -> None:
    arrange(place)

    for width, scheme in ((1440, "light"), (360, "dark")):
        place.page.set_viewport_size({"width": width, "height": 800})
        place.page.emulate_media(color_scheme=scheme)
        settle(place.page)
        if folder := os.environ.get("SCREENSHOTS"):
            file = Path(folder, f"zh-{arrange.__name__}-{width}-{scheme}.png")
            place.page.screenshot(path=file, full_page=True)
        if not place.page.url.startswith("file:"):  # whose policy allows no script
            assert_no_barrier(place.page)
        assert place.page.evaluate("document.documentElement.scrollWidth") <= width
        assert place.page.evaluate(CUT) == []
    assert ENGLISH.findall(place.page.locator("body").inner_text()) == []
