"""Strip what gets copied along with a value: blanks, invisible characters, and quotation marks around it."""

import unicodedata

_QUOTES = {
    '"': '"',
    "'": "'",
    "`": "`",
    "“": "”",
    "”": "”",
    "„": "“",
    "‘": "’",
    "’": "’",
    "«": "»",
    "<": ">",
    "「": "」",
}
# Bounds the cost of a pasted megabyte of quotes.
_MOST_ROUNDS = 50


def bare(text: str) -> str:
    """Return the text without blanks, invisible characters, and quotes around it: `" “sk-1”\\u200b"` →
    `sk-1`.
    """
    for _ in range(_MOST_ROUNDS):
        before = text
        text = text.strip().strip(_invisible_in(text))
        if len(text) > 1 and _QUOTES.get(text[0]) == text[-1]:
            text = text[1:-1]
        if text == before:
            break
    return text


def without_invisible(text: str) -> str:
    """Remove invisible characters: zero-width characters, byte order marks, direction marks."""
    return "".join(character for character in text if unicodedata.category(character) != "Cf")


def _invisible_in(text: str) -> str:
    ends = text[:20] + text[-20:]
    return "".join(character for character in ends if unicodedata.category(character) == "Cf")
