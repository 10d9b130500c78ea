"""The docs are consistent: links lead somewhere, languages agree, and they cover what the code has."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from playground.calls import buckets, caps, rates
from playground.catalogue.providers import catalogue, dialect_recorded
from playground.dialects import DIALECTS
from playground.docs import markdown
from playground.docs.folder import Page
from playground.docs.links import is_external, target
from playground.exchange.request import checked
from playground.network import egress, running
from tests.docs.pages import (
    CJK,
    FOLDER,
    ROOT,
    SETTINGS,
    Block,
    blocks_of,
    calls_of,
    docs,
    headings,
    rows,
    section,
    tokens,
    twin,
)

PAGES = list(docs().pages)
ENGLISH = [path for path in PAGES if not path.startswith("zh/")]
each_page = pytest.mark.parametrize("path", PAGES)
each_english_page = pytest.mark.parametrize("path", ENGLISH)


def _page(path: str) -> Page:
    return docs().pages[path]


# --- pages and links ---


def test_every_page_has_a_twin() -> None:
    assert {twin(path) for path in PAGES} == set(PAGES)


@each_page
def test_a_page_has_no_mistakes(path: str) -> None:
    html = markdown.render(docs(), _page(path), allow_html=False).html

    assert "data-problem" not in html
    assert 'class="broken"' not in html


@each_page
def test_its_links_and_anchors_lead_somewhere(path: str) -> None:
    folder = docs()
    flat = [child for token in tokens(_page(path)) for child in token.children or []]
    for token in flat:
        href = str(token.attrGet("href" if token.type == "link_open" else "src") or "")
        if not href or is_external(href):
            continue
        place, suffix = target(href, path)
        if token.type == "image" or place.endswith(".yaml"):
            assert folder.file(place), href
            continue
        found = _page(path) if href.startswith("#") else folder.page(place)
        assert found, href
        assert found.language == _page(path).language, href
        if "#" in suffix:
            assert suffix.partition("#")[2] in {heading.id for heading in headings(found)}, href


@each_page
def test_its_links_are_relative_so_that_they_mean_the_same_in_any_generator(path: str) -> None:
    hrefs = [
        str(child.attrGet("href"))
        for token in tokens(_page(path))
        for child in token.children or []
        if child.type == "link_open"
    ]

    assert [href for href in hrefs if not re.match(r"https://|\.{1,2}/|#", href)] == []


@each_page
def test_it_is_served(client: Client, path: str) -> None:
    answer = client.get(_page(path).url)

    assert answer.status_code == 200
    assert _page(path).title in answer.content.decode()


@each_page
def test_every_image_is_described(path: str) -> None:
    images = [
        child for token in tokens(_page(path)) for child in token.children or [] if child.type == "image"
    ]

    assert all(image.content for image in images)


# --- twins ---


@each_page
def test_every_section_has_an_anchor_of_its_own(path: str) -> None:
    lines = re.sub(r"^(`{3,}).*?^\1", "", _page(path).source.text, flags=re.MULTILINE | re.DOTALL).split("\n")
    sections = [line for line in lines if re.match("##+ ", line)]

    assert [line for line in sections if not re.search(r" \{#[a-z-]+\}$", line)] == []


@each_english_page
def test_twins_have_the_same_sections(path: str) -> None:
    def outline(one: str) -> list[tuple[int, str]]:
        return [(heading.level, heading.id) for heading in headings(_page(one)) if heading.level > 1]

    assert outline(path) == outline(twin(path))


@each_english_page
def test_twins_have_the_same_place(path: str) -> None:
    assert _page(path).order == _page(twin(path)).order


@each_english_page
def test_twins_have_tables_of_the_same_size(path: str) -> None:
    def shape(one: str) -> list[int]:
        return [len(row) for row in rows(_without_code(_page(one)))]

    assert shape(path) == shape(twin(path))


def _without_code(page: Page) -> str:
    plain = re.sub(r"<!--.*?-->", "", page.source.text, flags=re.DOTALL)
    return re.sub(r"^(`{3,}).*?^\1", "", plain, flags=re.MULTILINE | re.DOTALL)


@each_english_page
def test_twins_have_the_same_code(path: str) -> None:
    """Except comments and Chinese texts. The blocks' output is checked where they are run."""
    english, chinese = blocks_of(_page(path)), blocks_of(_page(twin(path)))

    assert len(english) == len(chinese)
    for one, other in zip(english, chinese, strict=True):
        assert one.language == other.language
        assert (one.shows is None) == (other.shows is None)
        assert _differences(one, other) == []


# Texts by the quotes around them: in a shell, JSON is inside single quotes.
_DOUBLE = r'(?:\\"(?:[^"\\]|\\[^"])*\\"|"(?:[^"\\]|\\.)*")'
_TEXTS = dict.fromkeys(("html", "jsx"), r"'[^']*'|(?<=>)[^<>{}]+(?=<)|(?<=[=]|\s)\"[^\"{]*\"")
_COMMENTS = {
    "python": "#.*",
    "bash": "#.*",
    "sh": "#.*",
    "toml": "#.*",
    "nginx": "#.*",
    "env": "#.*",
    "js": "//.*",
}


def _differences(one: Block, other: Block) -> list[tuple[str, str]]:
    text = _TEXTS.get(one.language, _DOUBLE)
    pattern = re.compile(f"(?P<text>{text})|(?P<comment>{_COMMENTS.get(one.language, '(?!)')})|\\S")

    def pieces(code: str) -> list[str]:
        return [found[0] for found in pattern.finditer(code) if not found["comment"]]

    mine, its = pieces(one.code), pieces(other.code)
    if len(mine) != len(its):
        return [(one.code, other.code)]
    return [
        (a, b)
        for a, b in zip(mine, its, strict=True)
        if a != b and not (re.match(f"(?:{text})$", a.replace(">", "")) and CJK.search(b) and a[0] == b[0])
        and not (one.language in _TEXTS and CJK.search(b))
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("language", "one", "other", "count"),
    [
        ("python", 'print("Hello!")  # a', 'print("你好！")  # 甲', 0),
        ("python", 'print("Hello!")', 'print("Hello?")', 1),
        ("python", 'print("Hello!", 1)', 'print("你好！", 2)', 1),
        ("bash", """-d '{"content": "Hi", "n": 1}'""", """-d '{"content": "你好", "n": 2}'""", 1),
        ("json", r'{"content": "{\"sky\": \"cloudy\"}"}', r'{"content": "{\"sky\": \"多云\"}"}', 0),
        ("html", "<a b=\"{ c: 'Hi' }\">Hi</a>", "<a b=\"{ c: '你好' }\">你好</a>", 0),
        ("html", "<a b=\"{ c: 'Hi' }\">Hi</a>", "<a b=\"{ d: 'Hi' }\">Hi</a>", 1),
    ],
)
def test_differences_are_found(language: str, one: str, other: str, count: int) -> None:
    assert len(_differences(Block("a", 1, language, one), Block("b", 1, language, other))) == count


@each_english_page
def test_twins_have_the_same_calls(path: str) -> None:
    """Except for their texts."""
    english, chinese = calls_of(_page(path)), calls_of(_page(twin(path)))

    assert [(call.provider, call.api) for call in english] == [(call.provider, call.api) for call in chinese]
    assert [_without_words(call.body) for call in english] == [_without_words(call.body) for call in chinese]


def _without_words(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: "…"
            if name in ("content", "description", "system", "instructions", "input") and isinstance(item, str)
            else _without_words(item)
            for name, item in value.items()
        }
    return [_without_words(item) for item in value] if isinstance(value, list) else value


@each_page
def test_its_calls_can_be_made(path: str) -> None:
    for call in calls_of(_page(path)):
        # Without a provider, the frame uses the first one that works there; without a model, its first one.
        speaks = (one for one in catalogue().values() if (call.api or "chat_completions") in one.dialects)
        provider = catalogue()[call.provider] if call.provider else next(speaks)
        body = {"model": provider.models[0]} | (call.body or {})
        request = checked(
            dialect_recorded(provider.id, call.api), body, max_messages=100, max_bytes=1_000_000
        )
        beyond = {error.field for error in caps.problems(request, provider.caps)}
        assert beyond <= {"tools"}  # the page says so


@pytest.mark.parametrize("path", [path for path in PAGES if path.startswith("zh/")])
def test_chinese_has_chinese_punctuation_and_spacing(path: str) -> None:
    """Full-width punctuation beside Chinese, and a space between Chinese and Latin letters or digits."""
    plain = re.sub(r"`[^`]*`|\{#[^}]*\}|\]\([^)]*\)|https?://\S+", "x", _without_code(_page(path)))

    assert re.findall(r"[\u4e00-\u9fff][,;:?!.]", plain) == []
    assert (
        re.findall(r"[\u4e00-\u9fff][A-Za-z0-9]\w*|[A-Za-z0-9]\w*[\u4e00-\u9fff]", plain.replace("x", ""))
        == []
    )


# --- the reference says what the code says ---


@pytest.mark.parametrize(
    ("path", "api"),
    [
        (f"{language}{page}", api)
        for page, api in (("api/messages.md", "messages"), ("api/responses.md", "responses"))
        for language in ("", "zh/")
    ],
)
def test_each_field_of_another_api_is_on_its_page(path: str, api: str) -> None:
    told = {row[0] for row in rows(section(_page(path), "parameters"))}

    assert {f"`{parameter.name}`" for parameter in DIALECTS[api].parameters} - told == set()


def _kinds_in(module: Any, pattern: str) -> set[str]:
    found = set(re.findall(pattern, Path(module.__file__).read_text(encoding="utf-8")))
    assert found
    return found


@pytest.mark.parametrize("path", ["json.md", "zh/json.md"])
def test_each_refusal_is_documented(path: str) -> None:
    kinds = {"invalid_request"} | _kinds_in(running, r'\b(?:429|503), "(\w+)"')
    for module in (buckets, egress, rates):
        kinds |= _kinds_in(module, r'Refusal\(\s*\d{3}, "(\w+)"')

    told = {row[1].strip("`") for row in rows(section(_page(path), "refusals"))}

    assert kinds - told == set()


@each_page
def test_every_setting_that_it_names_exists(path: str) -> None:
    text = (FOLDER / path).read_text(encoding="utf-8")
    named = {
        name.removesuffix("_FILE")
        for name in re.findall(r"\b(?:PLAYGROUND_[A-Z_]+|[A-Z]+_API_KEY|[A-Z]+_URL)\b", text)
    }

    unknown = {name for name in named if name.removesuffix("_FILE") not in SETTINGS}
    # The variables of examples.
    assert unknown <= {"ACME_API_KEY", "PLAYGROUND_TOKEN", "PLAYGROUND_URL"}


@each_page
def test_every_file_and_address_of_the_project_that_it_names_exists(path: str) -> None:
    text = (FOLDER / path).read_text(encoding="utf-8")

    for name in re.findall(r"`((?:playground|scripts)/[\w./-]+|[A-Z]+\.md)`", text):
        assert (ROOT / name).exists(), name
