"""The language of a page: from its URL, from the reader's choice, from the browser."""

from http.cookies import Morsel
from typing import Any

import pytest
from django.test import Client

from playground.web import language
from tests.upstreams.scripted import ScriptedUpstream, json_answer
from tests.web.client import post_form, post_json


def _language(client: Client, path: str = "/", browser: str = "en") -> str:
    answer = client.get(path, headers={"Accept-Language": browser})
    language = answer.headers["Content-Language"]
    assert f'<html lang="{language}" dir="ltr">' in answer.content.decode()
    return language


def _choose(client: Client, language: str = "zh-hans", **values: Any) -> Any:
    return client.post("/language/", {"language": language, **values})


def _cookie(answer: Any) -> "Morsel[str]":
    return answer.cookies["language"]  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("browser", "language"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh-hans"),
        ("zh-Hans-CN", "zh-hans"),
        ("zh-SG", "zh-hans"),
        ("zh-TW,zh;q=0.9,en-US;q=0.8", "zh-hans"),  # readers of Traditional Chinese can read Simplified
        ("zh-HK", "zh-hans"),
        ("en-US,zh-CN;q=0.5", "en"),
        ("fr,zh;q=0.5", "zh-hans"),
        ("fr", "en"),
        ("", "en"),
    ],
)
def test_the_browser_says_the_language(client: Client, browser: str, language: str) -> None:
    assert _language(client, browser=browser) == language


@pytest.mark.parametrize("asked", ["zh", "zh-CN", "zh-Hans", "zh_hans", "ZH-TW"])
def test_the_address_says_the_language(client: Client, asked: str) -> None:
    assert _language(client, f"/?lang={asked}") == "zh-hans"
    assert _language(client, "/?lang=en", browser="zh-CN") == "en"


@pytest.mark.parametrize("asked", ["fr", "", "x" * 600, "../../etc", "%FF", "zh%00"])
def test_an_address_with_another_language_says_nothing(client: Client, asked: str) -> None:
    assert _language(client, f"/?lang={asked}") == "en"


def test_the_address_holds_for_its_page_alone(client: Client) -> None:
    answer = client.get("/?lang=zh")

    assert "language" not in answer.cookies
    assert _language(client) == "en"


def test_what_a_page_sends_is_answered_in_its_language(client: Client, provider: str) -> None:
    html = client.get("/?lang=zh").content.decode()

    for place in ("send", "edit", "snippets", "models"):
        assert f'"/{place}/?lang=zh-hans"' in html
        assert f'"/{place}/"' not in html
    refusal = post_form(client, "/send/?lang=zh-hans", htmx=True, temperature="hot").content.decode()
    assert "请求未发送" in refusal


def test_a_choice_is_remembered_for_a_year(client: Client) -> None:
    answer = _choose(client, next="/docs/?q=a+b")

    assert (answer.status_code, answer.headers["Location"]) == (302, "/docs/?q=a+b")
    cookie = _cookie(answer)
    assert cookie.value == "zh-hans"
    assert (cookie["max-age"], cookie["samesite"], cookie["path"]) == (31_536_000, "Lax", "/")
    assert cookie["httponly"]
    assert _language(client) == "zh-hans"


def test_the_choice_is_sent_over_tls_only(client: Client, settings: Any) -> None:
    settings.LANGUAGE_COOKIE_SECURE = True

    assert _cookie(_choose(client))["secure"]


def test_the_choice_can_be_changed(client: Client) -> None:
    _choose(client)
    _choose(client, "en")

    assert _language(client, browser="zh-CN") == "en"


@pytest.mark.parametrize(
    "back", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:1", ""]
)
def test_a_choice_leads_nowhere_else(client: Client, back: str) -> None:
    assert _choose(client, next=back).headers["Location"] == "/"


def test_another_language_or_another_site_chooses_nothing(client: Client) -> None:
    assert _choose(client, "fr").status_code == 400
    answer = client.post("/language/", {"language": "zh-hans"}, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 400
    assert "language" not in answer.cookies
    assert client.get("/language/").status_code == 405


def test_the_switch_leads_back_to_the_page_without_its_language(client: Client) -> None:
    html = client.get("/?lang=zh&provider=openai").content.decode()

    assert 'name="next" value="/?provider=openai"' in html
    assert 'value="en" lang="en"' in html


def test_a_page_of_an_error_repeats_nothing_of_its_link(client: Client) -> None:
    html = client.get("/nowhere/?request=canary-4711").content.decode()

    assert 'name="next" value="/nowhere/"' in html
    assert "canary" not in html


def test_every_page_has_the_switch(client: Client) -> None:
    strict = Client(enforce_csrf_checks=True)
    for answer in (client.get("/"), client.get("/docs/"), client.get("/nowhere/"), post_form(strict)):
        assert 'name="language" value="zh-hans" lang="zh-hans"' in answer.content.decode()


def test_without_scripts_the_form_is_kept(client: Client, provider: str) -> None:
    answer = post_form(client, "/language/", language="zh-hans", content=["Typed <b>"], temperature="0.3")
    html = answer.content.decode()

    assert answer.status_code == 200
    assert answer.headers["Content-Language"] == _cookie(answer).value == "zh-hans"
    assert "Typed &lt;b&gt;</textarea>" in html
    assert 'name="temperature" value="0.3"' in html
    assert "发送" in html


def test_a_form_without_messages_is_kept_too(client: Client, provider: str) -> None:
    answer = post_form(client, "/language/", language="zh-hans", role=[], content=[], temperature="0.3")

    assert answer.status_code == 200
    assert 'name="temperature" value="0.3"' in answer.content.decode()


def test_caches_keep_the_languages_apart(client: Client) -> None:
    vary = {name.strip() for name in client.get("/").headers["Vary"].split(",")}

    assert {"Accept-Language", "Cookie"} <= vary


def test_json_speaks_the_callers_language(client: Client, provider: str, upstream: ScriptedUpstream) -> None:
    upstream.reply(json_answer({"error": {"message": "No such key"}}, 401))
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "zh-CN"

    answer = post_json(client)

    assert answer.headers["Content-Language"] == "zh-hans"
    error = answer.json()["error"]
    assert error["title"] == "API 密钥无效"
    assert error["message"] == "No such key"  # the provider's own words stay as they came
    fields = post_json(client, request={}).json()["error"]["fields"]
    assert fields["model"] == "请输入模型，或从建议中选择一个。"


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, "en"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "fr_FR.UTF-8"}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh-hans"),
        ({"LC_ALL": "", "LC_MESSAGES": "zh_CN", "LANG": "en_US.UTF-8"}, "zh-hans"),
        ({"LC_ALL": "C.UTF-8", "LANG": "zh_CN.UTF-8"}, "en"),
    ],
)
def test_the_terminal_says_the_language_of_commands(variables: dict[str, str], expected: str) -> None:
    assert language.of_terminal(variables) == expected
