"""Every page in Chinese: no English is left except names, code and the provider's own words."""

import re
from typing import Any

import pytest
from django.test import Client

from playground.calls import rates
from playground.calls.buckets import Bucket, Empty
from playground.calls.rates import TooManyCallsError
from playground.catalogue.providers import catalogue
from playground.config_types import Rate
from playground.network.running import BusyError
from playground.web import views
from tests.upstreams.scripted import Reply, ScriptedUpstream
from tests.web.client import body, post_form, post_json
from tests.web.shown import DATA, LISTS, NAMES, REFUSED, REPLIES, Texts, data_of

pytestmark = pytest.mark.usefixtures("provider")

# English words of the API, the Web and computers that Chinese texts keep; and names.
_KEPT = set(
    re.findall(
        r"\w+",
        """
    API Playground JSON YAML URL Base HTTP HTTPS https http TLS DNS ASCII UTF Cookie POST GET id UTC
    Chat Completions chat completion token tokens null true false DONE choices request provider SDK
    Retry After Content Length ms Esc Alt Ctrl KiB MiB ID
    application form urlencoded csrftoken CSRFToken scripts play serve port host com example api
    OpenAI Ollama SmolLM Kimi Qwen Zhipu GLM DashScope Moonshot Anthropic Claude Google Gemini
    OpenRouter DeepSeek Groq Mistral Together AI LM Studio vLLM Python cURL Test English
    index md front matter name value key call weights lms server MODEL content logprobs length
    """,
    )
)
_WORD = re.compile(r"(?<![\w\\%&])[A-Za-z]{2,}")
# Names of fields and settings, URLs, versions, media types.
_IDENTIFIER = re.compile(
    r"[A-Za-z]+(?:_[A-Za-z]+)+|https?://\S+|\w+://|[\w.-]+:\d+|\d+(?:\.\d+)+\S*|\w+-\w+/\w+|\\u\w+"
)


@pytest.fixture
def chinese(client: Client) -> Client:
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "zh-CN"
    return client


def _english(html: str, data: set[str] = frozenset()) -> dict[str, set[str]]:  # type: ignore[assignment]
    """Return the English words of a page, each with the texts that contain it."""
    left: dict[str, set[str]] = {}
    for text in Texts(html).found:
        text = re.sub(r"\w{1000,}", "", text).strip()  # the text of a huge answer
        if not text or text in NAMES | data or DATA.fullmatch(text):
            continue
        bare = _IDENTIFIER.sub(" ", text)
        for name in sorted(NAMES | data, key=len, reverse=True):
            bare = bare.replace(name, " ") if len(name) > 2 else bare
        for word in set(_WORD.findall(bare)) - _KEPT:
            left.setdefault(word, set()).add(text)
    return left


def test_english_words_are_found() -> None:
    assert _english("<p>已发送 Send</p><i title='Close it'>max_tokens</i><code>code</code>") == {
        "Send": {"已发送 Send"},
        "Close": {"Close it"},
        "it": {"Close it"},
    }


@pytest.mark.parametrize("htmx", [False, True], ids=["page", "fragment"])
@pytest.mark.parametrize("reply", REPLIES.values(), ids=REPLIES)
def test_each_result_is_chinese(
    chinese: Client, upstream: ScriptedUpstream, reply: Reply, htmx: bool
) -> None:
    upstream.reply(reply)
    data = data_of(post_json(chinese, request=body(max_tokens=5)).json())

    html = post_form(chinese, htmx=htmx, max_tokens="5").content.decode()

    assert re.search("[\u4e00-\u9fff]", html)
    assert _english(html, data) == {}


@pytest.mark.parametrize(
    "path",
    [
        "/", "/?request=%7B", "/?provider=nobody", "/?base_url=https://llm.example", "/nowhere/",
        "/docs/nowhere", "/docs/?q=", "/docs/?q=zzz",
    ],
)  # fmt: skip
def test_each_page_is_chinese(chinese: Client, path: str, settings: Any, tmp_path: Any) -> None:
    settings.DOCS = tmp_path
    (tmp_path / "index.md").write_text("# 首页")

    html = chinese.get(path).content.decode()

    assert _english(html, {"nobody", "zzz"}) == {}
    assert not re.search("[。！？；] +[^<\\s]", html)  # no space between sentences


@pytest.mark.parametrize(
    "changes",
    [
        *REFUSED,
        {"more": '{"a": }'}, {"more": "{a: 1}"}, {"more": '{"a": 1,}'}, {"more": '{"a" 1}'},
        {"more": "{} {}"}, {"more": '{"a'}, {"more": '{"a": "\\x"}'}, {"more": '{"a": 1 2}'},
    ],
    ids=str,
)  # fmt: skip
def test_each_refusal_is_chinese(chinese: Client, changes: dict[str, Any]) -> None:
    answer = post_form(chinese, **changes)

    assert answer.status_code >= 400
    assert _english(answer.content.decode(), {"nobody", "ftp", *catalogue()}) == {}


def _used_up(key: str, seconds: int) -> TooManyCallsError:
    return TooManyCallsError(Empty(Bucket(key, Rate(20, seconds)), 90.0))


@pytest.mark.parametrize(
    "error",
    [
        _used_up("total", 60), _used_up("visitor:x", 86_400), _used_up("visitor:x", 7200),
        BusyError(most=3), BusyError(most=3, own=True), BusyError(most=3, stopping=True),
    ],
    ids=str,
)  # fmt: skip
def test_each_limit_is_chinese(chinese: Client, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def refuse(*args: Any) -> None:
        raise error

    monkeypatch.setattr(rates, "count", refuse)

    answer = post_form(chinese, htmx=True)

    assert answer.status_code in (429, 503)
    assert "未发送" in answer.content.decode()
    assert _english(answer.content.decode()) == {}


def test_a_time_is_said_as_in_chinese(chinese: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: Any) -> None:
        raise _used_up("visitor:x", 60)

    monkeypatch.setattr(rates, "count", refuse)

    assert "1 分钟内最多调用 20 次。请在 90 秒后重新发送" in post_form(chinese, htmx=True).content.decode()


def test_refusals_before_any_view_are_chinese() -> None:
    defaults = {"HTTP_ACCEPT_LANGUAGE": "zh-CN"}
    without_token = post_form(Client(enforce_csrf_checks=True, **defaults))  # type: ignore[arg-type]
    form = "application/x-www-form-urlencoded"
    broken = Client(**defaults).post("/send/", "content=%FF", content_type=form)  # type: ignore[arg-type]
    foreign = Client(**defaults).get("/", headers={"Host": "elsewhere.example"})  # type: ignore[arg-type]

    for answer in (without_token, broken, foreign):
        assert answer.headers["Content-Language"] == "zh-hans"
        assert _english(answer.content.decode(), {"body"}) == {}


def test_an_error_of_our_own_is_chinese(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr(views, "prefilled", broken)
    client = Client(raise_request_exception=False, HTTP_ACCEPT_LANGUAGE="zh-CN")

    answer = client.get("/")

    assert answer.status_code == 500
    assert _english(answer.content.decode()) == {}


@pytest.mark.parametrize("reply", LISTS.values(), ids=LISTS)
def test_the_list_of_models_is_chinese(chinese: Client, upstream: ScriptedUpstream, reply: Reply) -> None:
    upstream.reply(reply)

    # A script replaces these placeholders.
    counts = {"{matching}", "{total}", "{shown}"}
    assert _english(post_form(chinese, "/models/", htmx=True).content.decode(), counts) == {}


def test_sizes_are_said_as_in_chinese(chinese: Client, upstream: ScriptedUpstream) -> None:
    assert " B）</summary>" in post_form(chinese).content.decode()


@pytest.mark.parametrize(
    "path", ["/embed/?lang=zh", "/embed/?lang=zh-CN&provider=test", "/embed/?lang=zh-Hans&embed=nobody"]
)
@pytest.mark.django_db
def test_a_frame_is_chinese_when_its_page_says_so(client: Client, path: str) -> None:
    answer = client.get(path, headers={"Accept-Language": "en"})

    assert answer.headers["Content-Language"].lower() == "zh-hans"
    assert not answer.cookies
    assert 'action="/language/"' not in answer.content.decode()  # a frame stores no choice
    assert _english(answer.content.decode(), {"nobody"}) == {}
