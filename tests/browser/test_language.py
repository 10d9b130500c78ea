"""The page in Chinese: at once if the browser asks for it, and by a switch that is remembered."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import assert_no_barrier, settle
from tests.browser.conftest import Open
from tests.browser.steps import UNSUPPORTED, ask_for_stream, last_answer, last_text, message, send
from tests.upstreams.scripted import (
    STREAM_HEAD,
    Paused,
    ScriptedUpstream,
    completion,
    json_answer,
    models,
    stream,
    token,
)

Arrange = Callable[[Page, ScriptedUpstream], None]


# --- which language ---


def test_the_browsers_language_is_spoken_at_once(open_page: Open, upstream: ScriptedUpstream) -> None:
    page = open_page("?provider=test", locale="zh-CN")
    upstream.reply(json_answer({"error": {"message": "Slow down"}}, 429))

    send(page)

    expect(page.locator("html")).to_have_attribute("lang", "zh-hans")
    expect(last_answer(page)).to_contain_text("达到速率限制")
    expect(last_answer(page)).to_contain_text("Slow down")


def test_the_switch_keeps_what_was_typed_and_is_remembered(open_page: Open, address: str) -> None:
    page = open_page("?provider=test")
    page.get_by_label("Content of message 1").fill("Typed before")
    page.locator("#temperature").fill("0.3")

    page.get_by_role("button", name="中文").click()

    expect(page.locator("#send")).to_be_visible()
    expect(page.get_by_label("第 1 条消息的内容")).to_have_value("Typed before")
    expect(page.locator("#temperature")).to_have_value("0.3")
    expect(page.locator("[data-part=code-python]")).to_contain_text("Typed before")
    page.reload()
    expect(page.locator("#send")).to_be_visible()
    other = page.context.new_page()  # a new visit
    other.goto(address)
    expect(other.locator("#send")).to_be_visible()

    other.get_by_role("button", name="English").click()
    expect(other.locator("#send")).to_be_visible()


def test_enter_in_a_field_sends_and_does_not_switch(open_page: Open, upstream: ScriptedUpstream) -> None:
    page = open_page("?provider=test")
    page.locator("#temperature").fill("0.3")

    page.keyboard.press("Enter")

    expect(last_text(page)).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_without_scripts_the_switch_keeps_the_form(open_page: Open, upstream: ScriptedUpstream) -> None:
    page = open_page("?provider=test", java_script_enabled=False)
    message(page, 1).fill("Typed before")

    page.get_by_role("button", name="中文").click()

    expect(page.get_by_label("第 1 条消息的内容", exact=True)).to_have_value("Typed before")
    page.locator("#send").click()
    expect(last_text(page)).to_be_visible()
    expect(page.get_by_role("button", name="重新生成")).to_be_visible()


def test_an_address_asks_for_a_language(open_page: Open, upstream: ScriptedUpstream) -> None:
    page = open_page("?provider=test&lang=zh")
    upstream.reply(json_answer({}, 503))
    send(page)

    expect(last_answer(page)).to_contain_text("服务商暂时不可用")
    page.get_by_role("button", name="获取模型").click()
    expect(page.locator("#models")).to_contain_text("服务商暂时不可用")
    assert [cookie["name"] for cookie in page.context.cookies()] == ["csrftoken"]


def test_what_scripts_say_is_chinese(open_page: Open, upstream: ScriptedUpstream) -> None:
    page = open_page("?provider=test", locale="zh-CN", permissions=["clipboard-write"])
    upstream.reply(Paused(b""))
    page.locator("#send").click()
    expect(page.locator("[data-busy]")).to_contain_text("正在等待回答")
    page.get_by_role("button", name="停止").click()
    expect(last_answer(page)).to_contain_text("已停止")
    page.get_by_role("button", name="添加消息").click()
    expect(page.get_by_label("第 2 条消息的内容")).to_be_visible()
    page.get_by_role("button", name="复制链接").click()
    expect(page.get_by_text("链接已复制")).to_be_visible()


# --- how it looks ---


def first_visit(page: Page, upstream: ScriptedUpstream) -> None:
    expect(page.locator("[data-part=code-python]")).to_be_visible()


def empty(page: Page, upstream: ScriptedUpstream) -> None:
    page.get_by_role("tab", name="HTTP 详情").click()


def answered(page: Page, upstream: ScriptedUpstream) -> None:
    upstream.reply(completion("你好！我能帮你做什么？"))
    send(page)


def raw(page: Page, upstream: ScriptedUpstream) -> None:
    send(page)
    page.get_by_role("tab", name="原始 JSON").click()


def exchange(page: Page, upstream: ScriptedUpstream) -> None:
    send(page)
    page.get_by_role("tab", name="HTTP 详情").click()


def growing(page: Page, upstream: ScriptedUpstream) -> None:
    upstream.reply(Paused(STREAM_HEAD + token("回答正在") + token("到来")))
    ask_for_stream(page)
    page.locator("#send").click()
    expect(page.locator("[data-part=live-text-0]")).to_contain_text("回答正在")


def streamed(page: Page, upstream: ScriptedUpstream) -> None:
    upstream.reply(stream(*({"content": f"第 {number} 句。"} for number in range(40))))
    ask_for_stream(page)
    send(page)
    page.get_by_role("tab", name="事件流").click()


def providers_error(page: Page, upstream: ScriptedUpstream) -> None:
    upstream.reply(json_answer({"error": {"message": UNSUPPORTED}}, 400))
    page.get_by_label("max_tokens", exact=True).fill("5")
    send(page)
    expect(page.get_by_role("button", name="max_completion_tokens")).to_be_visible()


def refused(page: Page, upstream: ScriptedUpstream) -> None:
    page.locator("#temperature").fill("hot")
    page.get_by_label("第 1 条消息的角色").select_option("tool")
    page.locator("#send").click()
    expect(page.locator("#answer [data-refusal]")).to_have_count(1)


def rate_limited(page: Page, upstream: ScriptedUpstream) -> None:
    upstream.reply(json_answer({}, 429, Retry_After="5"))
    send(page)


def all_parameters(page: Page, upstream: ScriptedUpstream) -> None:
    page.get_by_text("更多参数").click()


def own_base_url(page: Page, upstream: ScriptedUpstream) -> None:
    page.get_by_label("服务商", exact=True).select_option("")
    page.get_by_label("API 密钥").fill("sk-typed-in-the-page")


def listed_models(page: Page, upstream: ScriptedUpstream) -> None:
    upstream.reply(models(*(f"a-provider/some-model-{number}" for number in range(12))))
    page.get_by_role("button", name="获取模型").click()
    expect(page.locator(".model-list")).to_be_visible()
    page.get_by_label("模型", exact=True).fill("model-1")
    expect(page.locator("#models").get_by_role("status")).to_have_text("匹配 3 个，共 12 个模型。")


def examples_menu(page: Page, upstream: ScriptedUpstream) -> None:
    page.locator("nav details.menu summary").click()


def docs(page: Page, upstream: ScriptedUpstream) -> None:
    page.get_by_role("navigation", name="站点").get_by_role("link", name="文档").click()


def missing(page: Page, upstream: ScriptedUpstream) -> None:
    page.goto(page.url.split("?")[0] + "nowhere/")


STATES: tuple[Arrange, ...] = (
    first_visit,
    empty,
    answered,
    raw,
    exchange,
    growing,
    streamed,
    providers_error,
    refused,
    rate_limited,
    all_parameters,
    own_base_url,
    listed_models,
    examples_menu,
    docs,
    missing,
)


@pytest.mark.thorough
@pytest.mark.parametrize("arrange", STATES, ids=lambda state: state.__name__)
def test_each_state_in_chinese(open_page: Open, upstream: ScriptedUpstream, arrange: Arrange) -> None:
    page = open_page("?provider=test", height=800, reduced_motion="reduce", locale="zh-CN")

    arrange(page, upstream)

    for width, scheme in ((1440, "light"), (360, "dark")):
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=scheme)
        settle(page)
        if folder := os.environ.get("SCREENSHOTS"):
            page.screenshot(path=Path(folder, f"zh-{arrange.__name__}-{width}-{scheme}.png"))
        assert_no_barrier(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
