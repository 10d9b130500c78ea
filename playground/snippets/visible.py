"""Escape what a reader of code cannot see: pasted code must do what it seems to do."""

from collections.abc import Callable

# `str.isprintable()` rejects controls, format characters (bidirectional, zero-width), private use, and all
# spaces but one. It accepts these, though nothing is drawn: what else has Unicode's property
# Default_Ignorable_Code_Point (DerivedCoreProperties.txt of Unicode 16), and two blank symbols.
_UNSEEN = frozenset(
    map(
        chr,
        (
            0x034F,  # combining grapheme joiner
            0x115F,
            0x1160,
            0x3164,
            0xFFA0,  # Hangul fillers
            0x17B4,
            0x17B5,  # Khmer inherent vowels
            *range(0x180B, 0x1810),  # Mongolian variation selectors
            *range(0xFE00, 0xFE10),  # variation selectors
            *range(0xE0100, 0xE01F0),  # and their supplement
            0x2800,  # blank Braille pattern
            0x1D159,  # null notehead
        ),
    )
)


def is_visible(character: str) -> bool:
    return character.isprintable() and character not in _UNSEEN


def show(text: str, escape: Callable[[str], str]) -> str:
    """Return the text with each invisible character, line breaks included, replaced by its `escape`."""
    if text.isascii() and text.isprintable():  # nearly every text: no look at each character
        return text
    return "".join(character if is_visible(character) else escape(character) for character in text)
