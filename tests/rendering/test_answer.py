"""Answers as HTML: what models write is drawn, and what an attacker writes stays text."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.rendering import answer
from playground.rendering.answer import LONGEST, Drawing, rendered
from playground.rendering.formula import mathml
from tests.growth import is_linear, seconds
from tests.hostile import PIECES


def _elements(html: str) -> list[tuple[str, dict[str, str | None]]]:
    found: list[tuple[str, dict[str, str | None]]] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            found.append((tag, dict(attrs)))

    Reader().feed(html)
    return found


def _tags(text: str) -> list[str]:
    return [tag for tag, _ in _elements(rendered(text) or "")]


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("**bold** and *it*", "<p><strong>bold</strong> and <em>it</em></p>"),
        ("# Title", "<h3>Title</h3>"),
        ("## a\n## b\n#### c\n### d", "<h3>a</h3>\n<h3>b</h3>\n<h4>c</h4>\n<h4>d</h4>"),
        ("### a\n# b", "<h3>a</h3>\n<h3>b</h3>"),
        ("one **line**\nanother", "<p>one <strong>line</strong><br />\nanother</p>"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
        ("3. c", '<ol start="3">\n<li>c</li>\n</ol>'),
        ("`a < b`", '<p><code dir="ltr">a &lt; b</code></p>'),
        ("<b>`x`</b>", '<p>&lt;b&gt;<code dir="ltr">x</code>&lt;/b&gt;</p>'),
    ],
)
def test_markdown_is_drawn(text: str, html: str) -> None:
    assert rendered(text) == html


def test_answers_of_one_page_share_the_time_of_one() -> None:
    drawing = Drawing()

    drawn = [drawing.rendered(text) for text in ("**b**", *["- x\n" * 24_000] * 20, "**b** " * 1000)]

    assert drawn[0]
    assert drawn[-1] is None


def test_plain_text_is_no_markup() -> None:
    assert rendered("Just text, 5 < 6 & 7.\n\nAnother paragraph.\nA line.") is None


def test_code_has_its_language_and_colors() -> None:
    html = rendered("```python\ndef f(): ...\n```") or ""

    assert "<span>python</span>" in html
    assert '<span class="hl-k">def</span>' in html
    assert 'data-copy="code"' in html


def test_an_open_fence_is_code_to_the_end() -> None:
    assert "# no title" in (rendered("```\n# no title") or "")


@pytest.mark.parametrize("text", ['{"a": [1, "<b>"]}', " [1, 2]\n", '{"a": 1.50}'])
def test_json_is_shown_as_json(text: str) -> None:
    assert "<span>json</span>" in (rendered(text) or "")


def test_links_lead_to_the_web_only_and_open_apart() -> None:
    [(_, link)] = [one for one in _elements(rendered("[x](https://e.org/a?b=1&c)") or "") if one[0] == "a"]

    assert link == {
        "href": "https://e.org/a?b=1&c",
        "target": "_blank",
        "rel": "noopener noreferrer nofollow",
    }


@pytest.mark.parametrize(
    "address",
    [
        *("javascript:alert(1)", "JaVaScRiPt:x", "\x01javascript:x", "&#106;avascript:x", "vbscript:x"),
        *("data:text/html,x", "data:image/svg+xml;base64,PHN2Zz4=", "file:///etc/passwd"),
        *("/admin/", "//e.org", "a.html", "?x"),
    ],
)
def test_other_addresses_are_no_links(address: str) -> None:
    for text in (f"[x]({address})", f"![x]({address})", f"<{address}>", f"[x]\n\n[x]: {address}"):
        assert {"a", "img"}.isdisjoint(_tags(f"`y` {text}")), text


def test_an_image_from_the_web_is_fetched_by_a_click_only() -> None:
    assert "img" not in _tags("![a cat](https://e.org/cat.png)")
    assert "a" in _tags("![a cat](https://e.org/cat.png)")


def test_an_image_without_an_address_is_no_link() -> None:
    assert rendered("![nothing]() **b**") == "<p>Image: nothing <strong>b</strong></p>"


def test_an_image_in_the_answer_itself_is_drawn() -> None:
    assert "img" in _tags("![dot](data:image/png;base64,iVBORw0KGgo=)")


@pytest.mark.parametrize("text", [r"\(x^2\)", "$x^2$", "$$x^2$$", r"\[x^2\]", "a\n\n$$\nx^2\n$$"])
def test_formulas_are_drawn(text: str) -> None:
    assert "msup" in _tags(text)


@pytest.mark.parametrize(
    "text", ["اكتب `f(x)`", "هنا\n```\nf(x)\n```", '{"مفتاح": [1]}', "هنا $f(x)$", "هنا $\\frac$"]
)
def test_code_and_formulas_run_from_left_to_right_in_any_text(text: str) -> None:
    [first] = [named for tag, named in _elements(rendered(text) or "") if tag in ("figure", "code", "math")][
        :1
    ]

    assert first["dir"] == "ltr"


def test_prices_are_no_formulas() -> None:
    assert rendered("It costs $5 or $6, not $ 7$.") is None


@pytest.mark.parametrize(
    "latex",
    [
        *(r"\href{javascript:alert(1)}{x}", r"\style{color:red}{x}", r"\text{<script>}", "x" * 3000),
        *("x_{" * 300 + "}" * 300, "{" * 900, r"\left(" * 400),
    ],
)
def test_formulas_that_cannot_be_drawn_are_shown_as_written(latex: str) -> None:
    assert mathml(latex, display=False) is None
    assert "math" not in _tags(f"`a` ${latex}$")


@pytest.mark.parametrize("latex", [r"\mathop{\rm lim}_x", r"\mathop{<b>}", r"\text{a $x$}"])
def test_a_browser_reads_no_part_of_a_formula_as_html(latex: str) -> None:
    assert not re.search(r"<(mi|mn|mo|ms|mtext)\b[^>]*>[^<]*<(?!/\1>)", mathml(latex, display=False) or "")


@given(st.text(alphabet=st.sampled_from(list("\\{}^_&<>\"'$abfrcsqthlen12 ")), max_size=200))
def test_formulas_have_no_markup_but_mathml(latex: str) -> None:
    for tag, attributes in _elements(mathml(latex, display=True) or ""):
        assert tag.startswith("m") or tag == "none"
        assert not {"href", "style", "class", "src"} & attributes.keys()


_ALLOWED = {
    *(
        "p",
        "br",
        "strong",
        "em",
        "s",
        "code",
        "pre",
        "h3",
        "h4",
        "h5",
        "h6",
        "ul",
        "ol",
        "li",
        "blockquote",
        "hr",
    ),
    *(
        "a",
        "span",
        "div",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "img",
        "figure",
        "figcaption",
        "button",
    ),
    *("svg", "use"),
}
_MARKUP = st.text(alphabet=st.sampled_from(list("*_`~#>-[]()!<>&;:/\\\"'|\n $ahjst1.=")), max_size=300)


@given(st.one_of(_MARKUP, st.text(max_size=300)))
def test_no_text_makes_markup_of_its_own(text: str) -> None:
    for tag, attributes in _elements(rendered(text) or ""):
        assert tag in _ALLOWED or tag.startswith("m") or tag == "none"
        assert not any(name.startswith("on") for name in attributes)
        assert re.match(r"https?:|mailto:|/static/|$", attributes.get("href") or "", re.IGNORECASE)


_LEAST_MARKUP = [
    "*a*", "_a_", "`a`", "~~a~~", "~~~", "a|b\n-|-", "$a$", "\\(a\\)", "[a](https://b)", "<https://a>",
    "<a@b.c>", "> a", "# a", "+ a", "- a", "1) a", "a\n=", "a\n-", "a\r=", "    a", "\ta",
]  # fmt: skip


@pytest.mark.parametrize("text", _LEAST_MARKUP)
def test_the_least_markup_is_drawn(text: str) -> None:
    assert rendered(text)


@pytest.mark.parametrize("text", PIECES)
def test_hostile_texts_stay_text(text: str) -> None:
    for tag, _ in _elements(rendered(f"{text}\n\n`code`\n\n```html\n{text}\n```") or ""):
        assert tag in _ALLOWED or tag.startswith("m")


def test_a_long_answer_is_shown_as_it_came() -> None:
    assert rendered("*x* " * (LONGEST // 4 + 1)) is None


@pytest.mark.thorough
@pytest.mark.parametrize(
    "piece",
    ["**a** `b`\n\n", "> a\n", "[a](https://e.org) ", "| a | b |\n", "- x\n  - y\n", "$x^2$ "],
)
def test_the_work_grows_with_the_text(piece: str) -> None:
    assert is_linear(lambda size: rendered(piece * (size // len(piece))), 4_000)


@pytest.mark.parametrize("piece", ["[", "*a **", "`", "![", "<a", "\\(", "\\[", "$", "> ", "[a](b", "|"])
def test_hostile_markup_ends_soon(piece: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the parser takes quadratic time for is ended by the budget."""
    monkeypatch.setattr(answer, "_SECONDS", 0.2)
    text = piece * (40_000 // len(piece))

    assert seconds(lambda: rendered(text)) < 2


def test_formulas_take_no_more_time_than_an_answer_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answer, "mathml", lambda latex, display: drawn.append(latex) or "<math></math>")
    drawn: list[str] = []

    assert rendered("$x$ $y$", seconds=-1.0) is None
    assert drawn == []


@pytest.mark.parametrize("piece", ["> ", "- ", "1. > ", "*", "["])
def test_nothing_is_left_out_however_deep_it_is(piece: str) -> None:
    for depth in range(1, 60):
        html = rendered(f"{piece * depth}hello, *you*")
        assert html is None or "hello" in html
