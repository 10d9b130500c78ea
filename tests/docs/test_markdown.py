"""Markdown: VitePress's files work unchanged, and nothing runs in a reader's browser."""

import json
import re
from collections.abc import Callable
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from playground.docs.markdown import Document, render, slug
from tests.docs.folder import write

Show = Callable[..., Document]
TAG = """<ApiPlayground provider="openai" :defaultRequest="{ model: 'gpt-4' }" />"""


@pytest.fixture
def shown(tmp_path: Path) -> Show:
    """Return a function that renders a page beside a few others: `shown("# Text")`."""

    def show(text: str, *, allow_html: bool = False, path: str = "guide/page.md") -> Document:
        docs = write(
            tmp_path,
            **{
                "index.md": "# Index",
                "guide/other.md": "# Other",
                "openai/index.md": "",
                "openai/chat-completion.md": "",
                "guide/picture.png": "",
                "public/logo.png": "",
                path: text,
            },
        )
        page = docs.page(path)
        assert page is not None
        return render(docs, page, allow_html=allow_html)

    return show


class _Elements(HTMLParser):
    """The elements of a page, each with its attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def _named(html: str, name: str) -> list[dict[str, str | None]]:
    return [attributes for tag, attributes in _Elements(html).found if tag == name]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("点击发送，\n查看回答。", "点击发送，查看回答。"),
        ("点击“发送”\n查看**回答**\n。", "点击“发送”查看回答。"),
        ("使用 API\n密钥", "使用 API 密钥"),
        ("密钥\n`key`", "密钥 key"),
        ("密钥\\\n换行", "密钥 换行"),
        ("Click “Send”\nand read.", "Click “Send” and read."),
    ],
)
def test_a_line_break_between_chinese_characters_is_no_space(shown: Show, text: str, expected: str) -> None:
    paragraph = shown(text).html.replace("<br />", "")

    assert re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", paragraph)).strip() == expected


# --- the tag ---


@pytest.mark.parametrize(
    "text",
    [
        TAG,
        f"Words before.\n{TAG}\nWords behind.",
        f"Try it: {TAG} now.",
        f"- a list\n\n  {TAG}\n",
        f"> {TAG}",
        f"::: tip\n{TAG}\n:::",
        "<ApiPlayground\n\n  provider='openai'\n\n  :defaultRequest=\"{\n\n    model: 'gpt-4'\n\n  }\"\n/>",
        "- <ApiPlayground\n    provider='openai'\n\n    :defaultRequest=\"{\n  model: 'gpt-4' }\"\n  />\n",
        "```api-playground\nprovider: openai\nrequest: {model: gpt-4}\n```",
        '~~~ api-playground\n{"provider": "openai", "defaultRequest": {"model": "gpt-4"}}\n~~~',
    ],
)
def test_a_tag_becomes_a_playground(shown: Show, text: str) -> None:
    html = shown(text).html

    (frame,) = _named(html, "iframe")
    address = urlsplit(frame["src"] or "")
    assert address.path == "/embed/"
    assert parse_qs(address.query) == {"provider": ["openai"], "request": ['{"model":"gpt-4"}']}
    assert (frame["slot"], frame["loading"]) == ("fallback", "lazy")
    (element,) = _named(html, "api-playground")
    assert (element["provider"], json.loads(element["request"] or "")) == ("openai", {"model": "gpt-4"})
    assert element["label"] == frame["title"]
    assert "OpenAI" in (frame["title"] or "")
    (link,) = _named(html, "a")
    assert (link["href"] or "") == (frame["src"] or "").replace("/embed/", "/")
    assert "&lt;" not in html
    assert "ApiPlayground" not in html


@pytest.mark.parametrize(
    "text",
    [
        """<api-playground label='Say "hi"' theme="dark" lang="zh" request='{"a": 1}'></api-playground>""",
        '```api-playground\nlabel: Say "hi"\ntheme: dark\nlang: zh\nrequest: {a: 1}\n```',
    ],
)
def test_the_author_chooses_theme_language_and_label(shown: Show, text: str) -> None:
    html = shown(text).html

    (frame,), (element,) = _named(html, "iframe"), _named(html, "api-playground")
    assert parse_qs(urlsplit(frame["src"] or "").query) == {
        "request": ['{"a":1}'], "theme": ["dark"], "lang": ["zh"]
    }  # fmt: skip
    assert frame["title"] == element["label"] == 'Say "hi"'
    assert (element["theme"], element["lang"]) == ("dark", "zh")


@pytest.mark.parametrize(
    "text",
    [f"```html\n{TAG}\n```", f"`{TAG}`", f"    {TAG}", f"\\{TAG}", f"~~~\n{TAG}\n~~~", f"``\n{TAG}\n``"],
)
def test_a_tag_in_code_is_text(shown: Show, text: str) -> None:
    document = shown(text)

    assert _named(document.html, "iframe") == []
    assert TAG.split()[0] in unescape(re.sub("<[^>]*>", "", document.html))


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (
            "---\ntitle: x\n---\n\n<ApiPlayground\n provider='openai'\n :defaultRequest=\"{a: b}\" />",
            7,
            "Unexpected",
        ),
        ('words\nmore <ApiPlayground\n:defaultRequest="{\na: NaN}" /> words', 3, "NaN"),
        ("```api-playground\nprovider: openai\nrequest: [\n```", 4, "Invalid YAML"),
        ("text\n\n<ApiPlayground provider='nobody' />", 3, "“nobody” isn’t a known provider"),
        ("<ApiPlayground provider='openai", 1, "isn’t closed"),
        ("---\na: [\n---\ntext", 2, "Invalid YAML"),
    ],
)
def test_an_unreadable_tag_is_reported_in_its_place(shown: Show, text: str, line: int, words: str) -> None:
    html = shown(f"{text}\n\n## The rest\n").html

    assert f"guide/page.md, line {line}" in html
    assert words in html
    assert _named(html, "iframe") == []
    assert 'id="the-rest"' in html


def test_a_request_too_long_for_a_url_is_passed_by_the_script(shown: Show) -> None:
    html = shown(f"<ApiPlayground :defaultRequest=\"{{a: '{'字' * 900}'}}\" />").html

    (element,) = _named(html, "api-playground")
    assert json.loads(element["request"] or "") == {"a": "字" * 900}
    assert _named(html, "iframe") == []
    (link,) = _named(html, "a")  # its fragment, which no server reads, can be longer
    assert (link["href"] or "").startswith("/#r=")
    assert "data-problem" not in html


_HOSTILE = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "[a](javascript:alert(1))", "](", "![",
    "`", "```", '"', "'", "<", ">", "&quot;", "&#39;", "&lt;script&gt;", "{", "}", "<ApiPlayground ", " />",
    "provider=", "class=", ':defaultRequest="{a: \'', "'}\"", "\n", "\n\n", ":::", "::: details ",
    "::: tip ", "# ", "> [!NOTE] ", "| a |", "\n|---|\n", "{#x\" onclick=a}", "[[toc]]", "```js{1} [",
    "]\n", "<a href=javascript:a>", "</article>", "<!--", "-->", "<svg/onload=a>", "<iframe src=//x>", "\\",
    "[a]: data:text/html,x", "<https://x.example>", "<data:x>",
]  # fmt: skip
_OURS = {
    "a", "api-playground", "aside", "blockquote", "br", "button", "code", "del", "details", "div", "em",
    "h1", "h2", "h3",
    "h4", "h5", "h6", "hr", "iframe", "img", "li", "ol", "p", "pre", "s", "span", "strong", "summary",
    "svg", "table", "tbody", "td", "th", "thead", "tr", "ul", "use", "wbr",
}  # fmt: skip
_ATTRIBUTES = {
    "alt", "aria-hidden", "aria-label", "class", "data-copy", "data-copy-text", "data-done", "data-failed",
    "data-level", "data-part", "data-problem", "focusable", "href", "id", "label", "loading", "provider",
    "rel", "request", "role", "slot", "src", "start", "tabindex", "title", "type",
}  # fmt: skip


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.one_of(st.sampled_from(_HOSTILE), st.text(max_size=5)), max_size=14).map("".join))
def test_no_text_injects_markup(shown: Show, text: str) -> None:
    html = shown(text).html

    for tag, attributes in _Elements(html).found:
        assert tag in _OURS
        assert set(attributes) <= _ATTRIBUTES
        href = (attributes.get("href") or "").lower()
        assert not re.match(r"[\s\0]*(javascript|data|vbscript|file)\s*:", href)
        if tag == "iframe":
            assert (attributes["src"] or "").startswith("/embed/")


# --- raw HTML ---


def test_raw_html_is_text(shown: Show) -> None:
    html = shown("<div onclick=x>block</div>\n\nwith <b>inline</b> and <script>alert(1)</script>").html

    assert "&lt;div onclick=x&gt;" in html
    assert "&lt;b&gt;inline" in html
    assert "&lt;script&gt;" in html


def test_raw_html_is_passed_on_where_it_is_allowed(shown: Show) -> None:
    html = shown(f"<div class=x>\n{TAG}\n</div>\n\nwith <b>inline</b>", allow_html=True).html

    assert "<div class=x>" in html
    assert "<b>inline</b>" in html
    assert len(_named(html, "iframe")) == 1


@pytest.mark.parametrize(
    "text",
    [
        "<script setup lang='ts'>\nimport A from './hidden'\n\nconst b = 1\n</script>\n\nText\n",
        "<!-- hidden\n\nhidden -->\n\nText",
        "<!-- hidden -->\nText",
        "Text<!-- hidden -->",
        f"Text<!-- hidden\n{TAG} -->",
    ],
)
@pytest.mark.parametrize("allow_html", [True, False])
def test_what_vitepress_hides_is_hidden(shown: Show, text: str, allow_html: bool) -> None:
    html = shown(text, allow_html=allow_html).html

    assert html.strip() == "<p>Text</p>"


@pytest.mark.parametrize(
    "text", ["<!-- open", "<script setup>\nopen", "```\n<!-- open -->\n```", "`<!--open-->`"]
)
def test_the_rest_of_it_is_text(shown: Show, text: str) -> None:
    html = shown(f"{text}\n\nText").html

    assert "open" in html
    assert "<p>Text</p>" in html


# --- links ---


@pytest.mark.parametrize(
    ("href", "address"),
    [
        ("./other", "/docs/guide/other"),
        ("other.md", "/docs/guide/other"),
        ("other.html#part", "/docs/guide/other#part"),
        ("../index.md", "/docs/"),
        ("../", "/docs/"),
        ("..", "/docs/"),
        ("/", "/docs/"),
        ("/openai/chat-completion", "/docs/openai/chat-completion"),
        ("../openai/chat-completion.md?x=1#y", "/docs/openai/chat-completion?x=1#y"),
        ("/openai", "/docs/openai/"),
        ("./picture.png", "/docs/guide/picture.png"),
        ("/logo.png", "/docs/logo.png"),
        ("#part", "#part"),
    ],
)
def test_links_lead_to_the_pages_and_files_of_the_folder(shown: Show, href: str, address: str) -> None:
    (link,) = _named(shown(f"[words]({href})").html, "a")

    assert link["href"] == address
    assert "class" not in link


@pytest.mark.parametrize(
    "href", ["./nowhere", "../../secret.md", "/../../etc/passwd", "%2e%2e/%2e%2e/secret"]
)
def test_a_link_to_nothing_is_marked(shown: Show, href: str) -> None:
    (link,) = _named(shown(f"[words]({href})").html, "a")

    assert link["class"] == "broken"
    assert (link["href"] or "").startswith("/docs/")
    assert ".." not in (link["href"] or "")


def test_external_links_reveal_nothing_about_the_reader(shown: Show) -> None:
    (link,) = _named(shown("[words](https://example.com/a?b#c)").html, "a")

    assert link == {"href": "https://example.com/a?b#c", "rel": "noopener noreferrer"}


@pytest.mark.parametrize(
    "href",
    ["javascript:alert(1)", "JaVaScRiPt:x", "data:text/html,x", "vbscript:x",
     "file:///etc/passwd", "blob:x", "javascript&colon;x"],
)  # fmt: skip
def test_other_schemes_are_no_links(shown: Show, href: str) -> None:
    html = shown(f"[words]({href}) ![words]({href}) <{href}>\n\n[ref]\n\n[ref]: {href}").html

    assert _named(html, "a") == []
    assert _named(html, "img") == []


@pytest.mark.parametrize(
    "href", ["java&#10;script:x", "&#1;javascript:x", "<java\tscript:x>", "%6Aavascript:x", "\\javascript:x"]
)
def test_a_path_that_looks_like_a_scheme_stays_a_path(shown: Show, href: str) -> None:
    html = shown(f"[words]({href})\n\n[ref]\n\n[ref]: {href}").html

    assert all((link["href"] or "").startswith("/docs/") for link in _named(html, "a"))


def test_images_of_the_folder_are_shown_and_others_are_offered(shown: Show) -> None:
    html = shown(
        "![ours](picture.png) ![*theirs*](https://x.example/a.png) [![badge](https://x/b)](./other)"
    ).html

    (image,) = _named(html, "img")
    assert (image["src"], image["alt"], image["loading"]) == ("/docs/guide/picture.png", "ours", "lazy")
    assert [link["href"] for link in _named(html, "a")] == ["https://x.example/a.png", "/docs/guide/other"]


# --- headings ---


@pytest.mark.parametrize(
    ("text", "id_"),
    [
        ("What's new?", "what-s-new"),
        ("`max_tokens`: the limit", "max-tokens-the-limit"),
        ("2 Steps", "_2-steps"),
        ("Été", "ete"),
        ("流式输出（SSE）", "流式输出（sse）".translate({ord("（"): "-", ord("）"): None})),
        ("C++ & C#", "c-c"),
    ],
)
def test_ids_are_the_same_as_in_vitepress(text: str, id_: str) -> None:
    assert slug(re.sub("`", "", text)) == id_


def test_headings_have_ids_of_their_own_and_links(shown: Show) -> None:
    document = shown("# Title\n## Twice\n## Twice\n### Chosen {#my-id}\n## Main\n## ！\n## Docs search\n")

    ids = [
        attributes["id"] for tag, attributes in _Elements(document.html).found if re.fullmatch("h[1-6]", tag)
    ]
    assert ids == ["title", "twice", "twice-1", "my-id", "main-1", "section", "docs-search-1"]
    assert [(heading.level, heading.text) for heading in document.contents] == [
        (2, "Twice"), (2, "Twice"), (3, "Chosen"), (2, "Main"), (2, "！"),
        (2, "Docs search"),
    ]  # fmt: skip
    assert [link["href"] for link in _named(document.html, "a")] == [f"#{id_}" for id_ in ids]
    assert "{#" not in document.html


def test_toc_is_replaced(shown: Show) -> None:
    html = shown("[[toc]]\n\n## One\n\nText [[toc]] within.").html

    assert html.count('href="#one"') == 2
    assert html.count("[[toc]]") == 1


# --- VitePress's additions ---


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("::: tip\nbody\n:::", "Tip"),
        ("::: warning STOP <b>\nbody\n:::", "STOP &lt;b&gt;"),
        (":::danger\nbody\n:::", "Danger"),
        ("::: info {open}\nbody\n:::", "Info"),
        ("> [!NOTE]\n> body", "Note"),
        ("> [!caution] Careful\n> body", "Careful"),
    ],
)
def test_boxes_have_a_title(shown: Show, text: str, title: str) -> None:
    html = shown(text).html

    assert f'<p class="box-title">{title}</p>' in html
    assert "<p>body</p>" in html
    assert "blockquote" not in html


def test_boxes_can_be_nested(shown: Show) -> None:
    html = shown(":::: details More\n::: tip\nbody\n:::\n::::\n\nafter").html

    assert html.index("<summary>More</summary>") < html.index("box-tip") < html.index("</details>")
    assert html.index("</details>") < html.index("<p>after</p>")


def test_a_plain_quote_stays_a_quote(shown: Show) -> None:
    assert "<blockquote>\n<p>[!OTHER] words</p>" in shown("> [!OTHER] words").html


@pytest.mark.parametrize(
    "info",
    [
        "js",
        "js{2}",
        "js {2}",
        "js:line-numbers {2}",
        "js{2} [app.js]",
        "js:no-line-numbers",
        "JS",
        "js [app.js]",
    ],
)
def test_a_fence_is_highlighted_whatever_stands_behind_its_language(shown: Show, info: str) -> None:
    html = shown(f"```{info}\nconst a = 1;\nconst b = 2;\n```").html

    assert "hl-" in html
    assert ("app.js" in html) == ("app.js" in info)
    marked = re.findall(r'<span class="marked-line">(.*)</span>', html)
    assert len(marked) == ("{2}" in info)
    assert all("b" in line for line in marked)


@pytest.mark.parametrize("info", ["", "nolanguage", "mermaid", "{1-99999999}", "js{x}", "-", "[title]"])
def test_other_fences_are_text(shown: Show, info: str) -> None:
    html = shown(f"```{info}\n<b>code</b>\n```").html

    code = re.search("<pre[^>]*>(.*?)</pre>", html, re.DOTALL)
    assert code is not None
    assert unescape(re.sub("<[^>]*>", "", code[1])).strip() == "<b>code</b>"


def test_each_code_has_a_button_that_copies_it(shown: Show) -> None:
    html = shown("::: code-group\n```js [a]\n1\n```\n```sh [b]\n2\n```\n:::\n\n    indented").html

    targets = [button["data-copy"] for button in _named(html, "button")]
    assert len(set(targets)) == 3
    assert targets == [code["id"] for code in _named(html, "pre")]


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("`https://api.example.com/v1`", "https://<wbr>api.<wbr>example.<wbr>com/<wbr>v1"),
        ("`choices[].message.<refusal>`", "choices[].<wbr>message.&lt;refusal&gt;"),
        ("`http://127.0.0.1:8000/1`", "http://127.0.0.1:8000/1"),
        ("`https://a.b/v1`", "https://a.b/v1"),
    ],
)
def test_long_urls_and_paths_break_between_their_parts(shown: Show, text: str, html: str) -> None:
    assert f"<code>{html}</code>" in shown(text).html


def test_no_style_is_in_an_attribute(shown: Show) -> None:
    html = shown("| a | b | c |\n|:-:|--:|---|\n| 1 | 2 | 3 |\n\n3. three").html

    assert "style=" not in html
    assert [cell.get("class") for cell in _named(html, "td")] == ["align-center", "align-right", None]
