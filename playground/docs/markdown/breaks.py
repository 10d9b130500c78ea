"""Line breaks within a paragraph of Chinese or Japanese."""

import re

from markdown_it.token import Token

# Two characters of Chinese or Japanese, or one and a quotation mark or dash that they share with English.
_NO_SPACE = re.compile(
    r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uff60][\u2e80-\u9fff\uf900-\ufaff\uff00-\uff60“”‘’…—]"
    r"|[“”‘’…—][\u2e80-\u9fff\uf900-\ufaff\uff00-\uff60]"
)


def joined(children: list[Token]) -> list[Token]:
    """Remove a line break between two Chinese characters: browsers would show it as a space."""
    kept: list[Token] = []
    before, at = "", None
    for child in children:
        if child.type == "softbreak":
            at = len(kept)
        elif child.nesting == 0 and (child.content or child.type != "text"):
            text = child.content if child.type in ("text", "code_inline") else ""
            if at is not None and _NO_SPACE.fullmatch(before[-1:] + text[:1]):
                del kept[at]
            before, at = text, None
        kept.append(child)
    return kept
