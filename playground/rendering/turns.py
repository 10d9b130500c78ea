"""Name the characters that make a text look like another: with U+202E, “abc” looks like “cba”."""

import re

from django.utils.html import conditional_escape
from django.utils.safestring import SafeString

# Those that turn the text after them, and tags, which aren't drawn at all.
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]")


def with_turns_named(html: str) -> SafeString:
    return SafeString(_TURNING.sub(lambda found: f"[U+{ord(found[0]):04X}]", conditional_escape(html)))
