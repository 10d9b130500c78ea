"""A growing answer: its pieces, put where they belong, end up as the answer."""

import re
from html import escape, unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.rendering import growing
from playground.rendering.answer import rendered
from playground.rendering.budget import GROWING_HTML, Purse
from playground.rendering.growing import Change, Growing
from tests.growth import is_linear, seconds

ANSWER = """# Title

A paragraph with **bold** text
in two lines.

- one
- two

  still two
- three

```python
def f():

    return "```"
```

| a | b |
|---|---|
| 1 | 2 |

The end.
"""


class _Page:
    """What a browser makes of the pieces."""

    def __init__(self) -> None:
        self.plain, self.whole, self.open = "", "", ""

    def show(self, growing: Growing, text: str) -> None:
        change = growing.add(text)
        self.plain = "" if change.begins else self.plain + escape(change.text)
        self.whole += change.whole
        self.open = self.open if change.open is None else change.open
        if change.code:
            assert "</code>" in self.open
            self.open = self.open.replace("</code>", escape(change.code) + "</code>")

    @property
    def text(self) -> str:
        return _text(self.html)

    @property
    def html(self) -> str:
        assert not (self.plain and self.whole + self.open)
        return self.plain + self.whole + self.open


def _text(html: str) -> str:
    return re.sub(r"\s+", "", unescape(re.sub(r"<[^>]*>", "", html)))


def _shown(pieces: list[str], purse: Purse | None = None) -> _Page:
    page, growing = _Page(), Growing(purse or Purse())
    for piece in pieces:
        page.show(growing, piece)
    return page


@pytest.mark.parametrize("size", [1, 2, 3, 7, 50, 1000])
def test_all_of_it_is_shown_however_it_is_cut(size: int) -> None:
    page = _shown([ANSWER[at : at + size] for at in range(0, len(ANSWER), size)])

    assert page.text == _text(rendered(ANSWER) or "")
    for element in ("<h3>", "<strong>", "<ul>", "<table>", 'class="hl-k"'):
        assert element in page.html


def test_a_block_is_written_once_it_is_whole() -> None:
    page = _shown(["*First*.\n", "\nSec"])

    assert page.whole == ""
    assert page.text == "First.Sec"
    assert "First" in _shown(["*First*.\n", "\nSec\n"]).whole


def test_a_block_that_takes_long_is_not_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(growing, "_LONGEST_SECONDS", -1)

    page = _shown(["*First*", ", and so on" * 100, " *second*"])

    assert page.whole.count("<em>") == 1
    assert page.open.count("<em>") == 1


def test_plain_text_is_only_appended() -> None:
    growing = Growing(Purse())

    for text in ("Five is ", "less than, ", "or 5.", "\n\nAgain."):
        assert growing.add(text) == Change(text=text)


@pytest.mark.parametrize(
    "pieces",
    [["A list:\n", "- ", "a"], ["x\n1", ". y"], ["x\n", "1", ".", " ", "y"], ["**b", "**"], ["a\n", "# b"]],
)
def test_markup_is_noticed_wherever_it_is_cut(pieces: list[str]) -> None:
    assert re.search("<(li|strong|h3)", _shown(pieces).html)


def test_it_stays_plain_where_nothing_is_drawn() -> None:
    growing = Growing(Purse(), draws=False)

    assert growing.add("**b** <i>") == Change(text="**b** <i>")


def test_an_open_fence_is_code() -> None:
    page = _shown(["```py\nx = ", "1 < 2\ny"])

    assert page.text == "pyCopyx=1<2y"
    assert page.whole == ""


def test_what_may_close_the_fence_waits() -> None:
    page = _shown(["```\nx\n``"])

    assert page.text.endswith("x")
    assert "`" not in page.text


@given(
    st.lists(st.text(alphabet=st.sampled_from(list("ab`~-*#1. \n|>$<&")), max_size=8), max_size=30),
    st.sampled_from([0, 50, 200, 1000, 100_000]),
)
def test_no_text_is_lost_or_becomes_markup(pieces: list[str], most_html: int) -> None:
    page = _shown(pieces, Purse(html=most_html))

    html = page.html
    shown = _text(re.sub(r"<figcaption>.*?</figcaption>", "", html, flags=re.DOTALL))
    has_fence = re.search("```|~~~", "".join(pieces))  # its first line is not shown
    assert has_fence or re.findall("[ab]", shown) == re.findall("[ab]", "".join(pieces))
    assert "<b" not in re.sub(r"</?(blockquote|br|button)\b", "", html)


@pytest.mark.thorough
@pytest.mark.parametrize("piece", ["word ", "word\n", "- item\n", "`code` ", "a\n\n", "| a |\n"])
def test_the_work_grows_with_the_text(piece: str) -> None:
    assert is_linear(lambda size: _shown([piece * 8] * (size // len(piece) // 8)), 5_000)


ATTACK = ["|a" * 100 + "\n", "|-" * 100 + "\n", *["|\n"] * 163]


@pytest.mark.parametrize("times", [1, 2, 4])
def test_an_attack_takes_no_more_time_than_there_is(times: int) -> None:
    """Two characters are a row of a hundred cells, and each piece draws the table again."""
    growing, most = Growing(Purse(0.3, share=0)), 0.3
    pieces = ATTACK + ATTACK[-163:] * (times - 1)

    assert seconds(lambda: [growing.add(piece) for piece in pieces]) < 2 * most
    assert growing.add("*a*") == Change(code="*a*")


@pytest.mark.parametrize("times", [1, 2, 4])
@pytest.mark.parametrize("size", [1, 3, 1_000_000])
def test_an_attack_writes_no_more_html_than_there_is(times: int, size: int) -> None:
    growing, most = Growing(Purse(html=50_000)), 50_000
    text = "".join(ATTACK * times)

    changes = [growing.add(text[at : at + size]) for at in range(0, len(text), size)]

    sizes = [len(change.whole + (change.open or "") + change.code) for change in changes]
    # The piece that empties the purse, and the last one that is drawn.
    assert sum(sizes) - max(sizes) <= most + len(text)


@pytest.mark.parametrize("piece", ["```\n", "```\n\n```\n", "*a*\n\n"])
def test_an_attack_of_one_piece_takes_no_more_time_than_there_is(piece: str) -> None:
    growing, most = Growing(Purse(0.3, share=0)), 0.3

    assert seconds(lambda: growing.add(piece * 50_000)) < 2 * most


@pytest.mark.parametrize("most_html", [0, 500, 1_000, 2_000, 5_000, 20_000])
@pytest.mark.parametrize("size", [1, 3, 50, 1000])
def test_all_of_it_is_shown_whatever_there_is_to_draw_it(size: int, most_html: int) -> None:
    page = _shown([ANSWER[at : at + size] for at in range(0, len(ANSWER), size)], Purse(html=most_html))

    shown = _text(re.sub(r"<figcaption>.*?</figcaption>", "", page.html, flags=re.DOTALL))
    letters = re.sub("[^a-z0-9]", "", ANSWER, flags=re.IGNORECASE)
    assert re.sub("[^a-z0-9]", "", shown, flags=re.IGNORECASE) in (letters, letters.replace("python", ""))


@pytest.mark.parametrize(
    "block", ["```py\nx = 1\n", "~~~\nx\ny", "| a |\n|---|\n| 1", "- *one*\n- two\n", "$a\n", "*a* <b>\n"]
)
def test_the_open_block_becomes_plain_if_nothing_is_left(block: str) -> None:
    purse, page = Purse(), _Page()
    growing = Growing(purse)
    page.show(growing, "*whole*\n\n" + block)
    whole = page.whole

    purse.wrote(" " * GROWING_HTML)
    page.show(growing, " 2\n```\n")
    page.show(growing, "\n*c* & <d>")

    assert "<em>" in whole
    assert page.whole == whole
    assert unescape(re.sub("<[^>]*>", "", page.open)) == block + " 2\n```\n\n*c* & <d>"


def test_the_answers_of_a_call_share_what_there_is() -> None:
    purse = Purse(html=3_000)
    first = _shown(["*a* b\n\n"] * 100, purse)
    second = _shown(["*a* b\n\n"] * 100, purse)

    assert "<em>" in first.html
    assert "<em>" not in second.html
    assert second.text.count("b") == 100


def test_an_ordinary_long_answer_is_drawn_to_its_end() -> None:
    text = (ANSWER + "\nA sentence with `code` in a paragraph as long as many are. " * 5 + "\n\n") * 20
    page = _shown([text[at : at + 16] for at in range(0, len(text), 16)])

    assert "rest" not in page.html
    assert page.html.count("<table>") == 20
