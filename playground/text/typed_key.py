"""Extract the API key from what people paste (a `.env` line, a header, a command), or say what is wrong."""

import re
import unicodedata

from playground.text.pasted import bare, without_invisible
from playground.text.redact import MASK
from playground.text.sentence import Sentence, SentenceError, gettext_noop, say

# Prefixes: `export`, `set`, `$env:`, curl's `-H`; a variable's `NAME=`; a header's or JSON's `name:`; and
# `Bearer`. The end of a key in base64 (`…==`) is no name.
_PREFIX = re.compile(
    r"""(?:(?:export|set|setx|-H|--header)\s+|\$env:
    |(?:[a-z_][a-z0-9_]{0,60}?)?(?:key|token|secret)\s?=\s?(?=[^=])
    |(?-i:[A-Z][A-Z0-9]{0,40}_[A-Z0-9_]{1,40}\s?=\s?(?=[^=]))
    |(?-i:["']?[A-Z][A-Z0-9_]{0,60}_(?:KEY|TOKEN|SECRET|PAT)["']?\s?:\s?)
    |["']?(?:authorization|(?:x-)?(?:goog-)?api[-_\ ]?key|key|token)["']?\s?:\s?
    |bearer[\s:]+)""",
    re.IGNORECASE | re.VERBOSE,
)
# A JSON object's only field, without the braces.
_IN_OBJECT = re.compile(r"""\{\s*(["'][^{},]*),?\s*\}""")
_AROUND_VALUES = " \"'`“”‘’,;"
_MOST_ROUNDS = 10
_MASKS = (MASK, "...", "***", "•••", "…", "●●●", "xxxxxxxx")
# A variable as code refers to it: `$NAME`, `${NAME}`, `%NAME%`, `{{ secrets.NAME }}`, `os.environ["NAME"]`,
# `NAME`.
_VARIABLE = re.compile(
    r"\$\w+|\$?\{+[^{}\x22]*\}+|%\w+%|os\.(?:environ|getenv)\W\S*|process\.env\W\S*"
    r"|(?-i:[A-Z][A-Z0-9_]{0,60}_(?:KEY|TOKEN|SECRET|PAT))",
    re.IGNORECASE | re.ASCII,
)
# Placeholders in examples: `sk-...`, `sk-xxxx`, `<key>`, `<your key>`, `sk-your-api-key-here`.
_ELIDED = re.compile(r"(?:[a-z]{1,9}[-_]){1,3}(?:\.{2,}|…|x{3,})", re.IGNORECASE)
_ASKING_WORDS = frozenset(("your", "insert", "enter", "paste", "replace", "put", "fill"))
_FILLER_WORDS = frozenset((
    "a", "actual", "an", "ant", "anthropic", "api", "apikey", "deepseek", "gemini", "goes", "groq", "here",
    "in", "key", "me", "mistral", "my", "openai", "openrouter", "own", "proj", "provider", "real", "secret",
    "sk", "the", "this", "token", "with",
))  # fmt: skip
_LONGEST_PLACEHOLDER = 100
_CHINESE = re.compile(r"(?:[\u4e00-\u9fff\s_-]|api|key|token|openai)+", re.IGNORECASE)
# Servers accept 8 to 16 KiB of headers. Finding a key in a response takes time quadratic in its length.
_LONGEST = 16_384
# What a header value may contain (RFC 9110 allows a little more; no key needs it).
_KEY = re.compile(r"[\x21-\x7e]+")


class KeyProblemError(SentenceError):
    """The key cannot be sent; `sentence` says why without quoting it."""


def was_cleaned(typed: str) -> bool:
    """Whether the key that is sent differs from what was typed."""
    try:
        return clean(typed) != typed
    except KeyProblemError:
        return False  # nothing is sent


def clean(typed: str) -> str:
    """Return the key in what was typed; "" for blanks. Raises `KeyProblemError`."""
    if not typed.strip():
        return ""
    key = bare(without_invisible(typed))
    if found := _IN_OBJECT.fullmatch(key):
        key = found[1].strip()
    for _ in range(_MOST_ROUNDS):
        found = _PREFIX.match(key)
        if not found:
            break
        # The opening quote may have stood before the name.
        key = bare(key[found.end() :].strip(_AROUND_VALUES))
    if problem := _problem(key, in_brackets=f"<{key}>" in typed):
        raise KeyProblemError(problem)
    return key


def can_be_sent(key: str) -> bool:
    """Whether a header can carry the key, and every client and server on the way reads it the same."""
    return _KEY.fullmatch(key) is not None


def _problem(key: str, *, in_brackets: bool) -> Sentence | None:
    if not key or re.fullmatch("bearer", key, re.IGNORECASE):
        return say(gettext_noop("This doesn’t contain a key. Copy the key itself."))
    if _is_placeholder(key, in_brackets=in_brackets):
        return say(gettext_noop("This is a placeholder. Enter your own key."))
    if _VARIABLE.fullmatch(key):
        return say(gettext_noop("This is the name of a variable. Enter the variable’s value."))
    if any(mask in key for mask in _MASKS):
        return say(
            gettext_noop(
                "Parts of this key are hidden. Copy the whole key. Most providers show it only once, when "
                "you create it."
            )
        )
    if len(key) > _LONGEST:
        return say(
            gettext_noop("The key is too long: %(given)s characters, %(most)s at most. Copy the key itself."),
            given=len(key),
            most=_LONGEST,
        )
    if can_be_sent(key):
        return None
    position = next(at for at, character in enumerate(key) if not can_be_sent(character))
    return _misplaced(key[position], position + 1)


def _is_placeholder(key: str, *, in_brackets: bool) -> bool:
    if _ELIDED.fullmatch(key) or (not key.isascii() and _CHINESE.fullmatch(key)):
        return True
    words = set(re.split(r"[\W_]+", key[:_LONGEST_PLACEHOLDER].lower())) - {""}
    asks = in_brackets or bool(words & _ASKING_WORDS)
    return asks and len(key) <= _LONGEST_PLACEHOLDER and words <= _ASKING_WORDS | _FILLER_WORDS


def _misplaced(character: str, position: int) -> Sentence:
    if character in "\r\n\x0b\x0c\x85\u2028\u2029":
        return say(
            gettext_noop("Copy the key again. Character %(position)s is a line break."), position=position
        )
    if character.isspace():
        return say(gettext_noop("Copy the key again. Character %(position)s is a space."), position=position)
    category = unicodedata.category(character)
    if category.startswith("C"):
        sentence = gettext_noop("Copy the key again. Character %(position)s is a control character.")
        return say(sentence, position=position)
    if category.startswith("L"):
        sentence = gettext_noop(
            "Copy the key again. Character %(position)s is a non-ASCII letter (%(script)s)."
        )
        script = unicodedata.name(character, "?").split()[0].capitalize()
        return say(sentence, position=position, script=script)
    return say(gettext_noop("Copy the key again. Character %(position)s isn’t ASCII."), position=position)
