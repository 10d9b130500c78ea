"""Name the characters that make a text look like another: with U+202E, “abc” looks like “cba”."""

import re

from django.utils.html import conditional_escape
from django.utils.safestring import SafeString

# Those that turn the text after them, and those that aren't drawn at all: invisible operators, tags, and
# variation selectors, in which a whole text can be hidden. Of these, one after a Chinese character is meant.
_TURNING = re.compile(
    "[\u202a-\u202e\u2061-\u206f\ufff9-\ufffb\U000e0000-\U000e007f]"
    "|(?<![\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff])[\U000e0100-\U000e01ef]"
)


def with_turns_named(html: str) -> SafeString:
    return SafeString(_TURNING.sub(lambda found: f"[U+{ord(found[0]):04X}]", conditional_escape(html)))
