"""Generated requests that a provider could be sent, full of what breaks quoting."""

import re
from html import unescape
from typing import Any
from urllib.parse import unquote_to_bytes

from hypothesis import strategies as st

# Strings that have broken snippets elsewhere, each beside plain text. NUL is left out: no shell argument can
# hold it, though JSON's \u0000 can, and that is among the controls below.
_HARD = [
    "It's",
    '"',
    "\\",
    "\\n",
    "\n",
    "\r\n",
    "\t",
    "$HOME",
    "$(id)",
    "`id`",
    "!",
    "!!",
    "%s",
    "%",
    "{}",
    "{{x}}",
    "true",
    "null",
    "None",
    "False",
    "NaN",
    "@/etc/passwd",
    "-d",
    "--",
    "'''",
    '"""',
    "EOF",
    "JSON",
    "\nJSON\n",
    "中文",
    "é",
    "👍🏽",
    "👨‍👩‍👧",
    "\u2028",
    "\ue000",
    "\u034f",
    "\u3164",
    "\ufe0f",
    "\u2800",
    "\U000e0101",
    "\u2029",
    "\u202e",
    "\u200b",
    "\ufeff",
    "\x01",
    "\x07",
    "\x1b[31m",
    "\x7f",
    "\x85",
    "\xa0",
    "#",
    "~",
    "*",
    "?",
    "[a-z]",
    ";",
    "&&",
    "|",
    ">",
    "<b>",
    "&amp;",
    " ",
    "",
]
# fmt: on

texts = st.lists(
    st.one_of(st.sampled_from(_HARD), st.text(st.characters(exclude_categories=["Cs"]), max_size=12)),
    max_size=5,
).map("".join)

numbers = st.one_of(
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([1e-7, 1e22, 0.1, -0.0, 1.0, 5e-324, 1.7976931348623157e308]),
)

json_values: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.none(), st.booleans(), numbers, texts),
    lambda children: st.one_of(st.lists(children, max_size=4), st.dictionaries(texts, children, max_size=4)),
    max_leaves=10,
)

_parts = st.lists(
    st.one_of(
        st.fixed_dictionaries({"type": st.just("text"), "text": texts}),
        st.fixed_dictionaries(
            {"type": st.just("image_url"), "image_url": st.fixed_dictionaries({"url": texts})}
        ),
    ),
    min_size=1,
    max_size=3,
)
_tool_calls = st.lists(
    st.fixed_dictionaries(
        {
            "id": texts,
            "type": st.just("function"),
            "function": st.fixed_dictionaries({"name": st.just("f"), "arguments": texts}),
        }
    ),
    min_size=1,
    max_size=2,
)
messages = st.one_of(
    st.fixed_dictionaries(
        {"role": st.sampled_from(["system", "developer", "user", "assistant"]), "content": texts}
    ),
    st.fixed_dictionaries({"role": st.just("user"), "content": _parts}),
    st.fixed_dictionaries({"role": st.just("assistant"), "content": st.none(), "tool_calls": _tool_calls}),
    st.fixed_dictionaries({"role": st.just("tool"), "content": texts, "tool_call_id": texts.filter(bool)}),
)
_tools = st.lists(
    st.fixed_dictionaries(
        {
            "type": st.just("function"),
            "function": st.fixed_dictionaries(
                {"name": st.just("f"), "description": texts, "parameters": json_values}
            ),
        }
    ),
    min_size=1,
    max_size=2,
)

requests = st.fixed_dictionaries(
    {"model": texts.filter(str.strip), "messages": st.lists(messages, min_size=1, max_size=4)},
    optional={
        "temperature": st.one_of(st.integers(0, 2), st.floats(0, 2)),
        "max_tokens": st.integers(1, 2**40),
        "top_p": st.floats(0, 1),
        "n": st.integers(1, 5),
        "stop": st.one_of(texts.filter(bool), st.lists(texts.filter(bool), min_size=1, max_size=4)),
        "presence_penalty": st.floats(-2, 2),
        "seed": st.integers(-(2**63), 2**63),
        "user": texts,
        "logit_bias": st.dictionaries(st.sampled_from(["1", "50256"]), st.integers(-100, 100), max_size=2),
        "tools": _tools,
        "response_format": json_values,
        "metadata": st.one_of(st.none(), st.dictionaries(texts, texts, max_size=2)),
        "stream": st.booleans(),
        "stream_options": st.fixed_dictionaries({"include_usage": st.booleans()}),
        # Names that cannot be keyword arguments, or that mean something else to the SDK.
        "timeout": json_values,
        "extra_body": json_values,
        "extra_headers": json_values,
        "class": json_values,
        "a key with spaces": json_values,
        "provider_option": json_values,
    },
)


# Everything a header can carry, without the mask's letters and what begins an escape.
keys = st.text(
    st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters="[]redact\\%&"),
    min_size=8,
    max_size=60,
)


def _ways(character: str) -> list[str]:
    """Return the ways to write a character of a key: as JSON, URLs, HTML, and Markdown do, some nested."""
    number, hexadecimal = ord(character), f"{ord(character):02x}"
    ways = [
        character,
        f"\\u00{hexadecimal}",
        f"\\u00{hexadecimal.upper()}",
        f"\\\\\\\\u00{hexadecimal}",
        f"%{hexadecimal}",
        f"%{hexadecimal.upper()}",
        f"%2525{hexadecimal}",
        f"&#{number};",
        f"&#00{number};",
        f"&#x{hexadecimal};",
        f"&#X0{hexadecimal.upper()};",
        f"&amp;#{number};",
        f"%26%23{number}%3b",
        f"\\u0026#x{hexadecimal};",
        f"\\u005cu00{hexadecimal}",
    ]
    named = {"/": ["&sol;"], "<": ["&lt;"], ">": ["&gt;"], '"': ["&quot;"], "_": ["&lowbar;"]}
    marked = [f"\\{character}"] if character in "-_./+=:~" else []  # Markdown
    return [*ways, *marked, *named.get(character, [])]


@st.composite
def escaped(draw: st.DrawFn, text: str) -> str:
    """Draw a text with each character written in one of the ways."""
    return "".join(draw(st.sampled_from(_ways(character))) for character in text)


def unescaped(text: str) -> str:
    """Decode a text until no escape is left in it, with the standard library's decoders."""
    before = ""
    while before != text:
        before = text
        text = re.sub(r"\\+u([0-9a-fA-F]{4})", lambda found: chr(int(found[1], 16)), text)
        text = unescape(unquote_to_bytes(text).decode("utf-8", "replace"))
        text = re.sub(r"\\+([-_./+=:~])", r"\1", text)
    return text
