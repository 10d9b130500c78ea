"""Highlighting: every supported language takes linear time, and any other is shown as plain text."""

import re
from html import unescape

import pytest
from pygments.lexers import get_all_lexers
from pygments.token import Token

from playground.rendering import highlight as room
from playground.rendering.highlight import LEXERS, SECONDS, highlight
from tests.growth import seconds

# Fragments that make lexers backtrack when repeated.
ATOMS = (
    "\"", "'", "`", "\\", "(", "[", "{", "<", " ", "\n", " \n", "a", "a ", "0", "1_", "/", "/*", "#", "$",
    "${", "$(", "<<A\n", "a.", "a<", "a:", "a=", "a,", "@a", "--", "\"\\", "'''", "<!--", "<a ", "`a", "%",
)  # fmt: skip
BEGINNINGS = {
    "console": ["$ "], "html": ["<script>", "<a "], "http": ["HTTP/1.1 200 OK\n", "HTTP/1.1 200 OK\n\n"],
    "ini": ["[a]\nb="], "make": ["a:\n\t"], "php": ["<?php ", "<?php '"], "pycon": [">>> "], "xml": ["<a "],
}  # fmt: skip


def _longest_step(code: str, lexer: str) -> float:
    """Return the most seconds between two tokens: a lexer can only be stopped at a token."""
    longest, tokens, end = 0.0, room._lexer(lexer).get_tokens(code), object()
    step: object = None

    def go_on() -> None:
        nonlocal step
        step = next(tokens, end)

    while step is not end:
        longest = max(longest, seconds(go_on))
    return longest


def _code(beginning: str, atom: str, size: int, lexer: str) -> str:
    if lexer in room._BY_LINE:
        line = (atom * 900)[:900].replace("\n", " ") + "\n"
        return (beginning + line * (size // len(line) + 1))[:size]
    return beginning + atom * (size // len(atom))


@pytest.mark.thorough  # only a new version of the lexers changes this
@pytest.mark.parametrize("lexer", sorted(LEXERS))
def test_no_step_of_a_lexer_takes_more_than_the_texts_length(lexer: str) -> None:
    for beginning in ("", *BEGINNINGS.get(lexer, ())):
        for atom in ATOMS:
            short = _code(beginning, atom, 1_000, lexer)
            once = _longest_step(short, lexer)
            # Below this, four times the text takes less than 0.01 s even if time grows by the cube.
            if once > 0.0001:
                code = _code(beginning, atom, 4_000, lexer)
                four = _longest_step(code, lexer)
                for _ in range(5):  # another load may slow one of them
                    if four > 7 * once + 0.01:
                        once, four = (
                            max(once, _longest_step(short, lexer)),
                            min(four, _longest_step(code, lexer)),
                        )
                assert four < 7 * once + 0.01, (beginning, atom)


@pytest.mark.parametrize(
    ("code", "language"), [(" \n" * 50_000, "python"), ("a\n" * 50_000, "csharp"), ("\n" * 100_000, "cpp")]
)
def test_what_takes_too_long_is_plain(code: str, language: str) -> None:
    shown = list[str]()

    took = seconds(lambda: shown.append(highlight(code, language)))

    assert took < 4 * SECONDS
    assert shown == [code]


@pytest.mark.parametrize("name", ["systemd", "lilypond", "xpp", "autohotkey", "", "text", "nobody", "hcl"])
def test_other_languages_are_plain(name: str) -> None:
    assert highlight("<a> = 1", name) == "&lt;a&gt; = 1"


@pytest.mark.parametrize(
    "name", ["py", "sh", "js", "ts", "yml", "curl", "jsonc", "vue", "JSON", "shell", "c++"]
)
def test_languages_have_their_other_names(name: str) -> None:
    assert "hl-" in highlight('<a> {"a": "b"} # if', name)


@pytest.mark.parametrize("language", ["markdown", "http"])
def test_no_other_lexer_comes_in_by_what_stands_in_the_text(
    language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pygments itself reads Markdown's fences and HTTP bodies with whatever lexer they name."""
    used = set[str]()
    for place in ("get_lexer_by_name", "get_lexer_for_mimetype"):
        monkeypatch.setattr(f"pygments.lexers.{place}", lambda alias, **_: used.add(alias))

    texts = [f"```{aliases[0]}\na\n```\n" for _, aliases, _, _ in get_all_lexers() if aliases]
    texts += [f"HTTP/1.1 200 OK\nContent-Type: {kinds[0]}\n\na b" for *_, kinds in get_all_lexers() if kinds]
    for text in texts:
        assert unescape(re.sub("<[^>]*>", "", highlight(text, language))).rstrip() == text.rstrip()

    assert used == set()


def test_a_body_of_json_is_highlighted_and_no_other() -> None:
    head = "HTTP/1.1 200 OK\nContent-Type: {}\n\n"
    kinds = [
        {kind for kind, _ in room._lexer("http").get_tokens(head.format(kind) + '{"a": 1}')}
        for kind in ("application/json; charset=utf-8", "application/problem+json", "text/html", "")
    ]

    assert [Token.Name.Tag in found for found in kinds] == [True, True, False, False]
