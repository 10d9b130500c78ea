"""YAML as docs authors write it: front matter, and the body of an `api-playground` fence.

Follows YAML 1.2's core schema, so that every JSON text means here what it means as JSON: `no` and
`2024-01-01` are strings, 1e-7 is a number. Rejects aliases (a few lines can expand to gigabytes), tags,
repeated keys, and strings or numbers that the page or a request could not hold.
"""

import re
from typing import Any

import yaml

from playground.text import jsontext
from playground.text.sentence import Sentence, SentenceError, gettext_noop, say

LONGEST = 65_536
# PyYAML's scanner takes time quadratic in the nesting depth of bracketed lists and maps.
DEEPEST = 64
# Python cannot print an integer of more than 4,300 digits, but reads hexadecimal ones of any length.
_MOST_DIGITS = 1_000

_NULL = re.compile(r"(?:~|null|Null|NULL|)")
_TRUE = re.compile(r"true|True|TRUE")
_FALSE = re.compile(r"false|False|FALSE")
_DECIMAL = re.compile(r"[-+]?[0-9]+")
_OTHER_BASE = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_A_JSON_NUMBER = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
# PyYAML's messages for mistakes that people make, as patterns, with our texts.
_PROBLEMS = (
    (
        r"expected (?P<expected>.+), but (?:found|got) (?P<found>.+)",
        gettext_noop("Found %(found)s instead of %(expected)s."),
    ),
    (r"could not find expected (?P<expected>.+)", gettext_noop("%(expected)s is missing.")),
    (r"found character (?P<found>.+) that cannot start any token", gettext_noop("Put %(found)s in quotes.")),
    (r"found unknown escape character (?P<found>.+)", gettext_noop("%(found)s isn’t a valid escape.")),
    (r"found unexpected end of stream", gettext_noop("The end is missing.")),
    (r"found unexpected document separator", gettext_noop("Remove the document separator.")),
    (r"mapping values are not allowed here", gettext_noop("A value isn’t allowed here.")),
    (r"mapping keys are not allowed here", gettext_noop("A field name isn’t allowed here.")),
    (r"sequence entries are not allowed here", gettext_noop("A list item isn’t allowed here.")),
)
_TOO_DEEP = gettext_noop("The YAML has more than %(depth)s levels.")
_TAGS = {f"tag:yaml.org,2002:{name}" for name in ("str", "seq", "map")}


class YAMLTextError(SentenceError):
    """The text is not YAML that this module accepts; `line` counts from 0."""

    def __init__(self, sentence: Sentence, line: int = 0) -> None:
        super().__init__(sentence)
        self.line = line


def loads(text: str) -> Any:
    """Parse YAML; an empty text gives None. Raises `YAMLTextError`."""
    if len(text) > LONGEST:
        raise YAMLTextError(say(gettext_noop("The YAML has more than %(most)s characters."), most=LONGEST))
    try:
        node = yaml.compose(text, _Loader)
        return None if node is None else _value(node)
    except YAMLTextError:
        raise
    except yaml.MarkedYAMLError as error:
        raise _syntax_error(error) from error
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        # `%YAML 1.` with thousands of digits raises ValueError, `\UFFFFFFFF` OverflowError.
        raise YAMLTextError(say(gettext_noop("Remove the characters that YAML doesn’t allow."))) from error
    except RecursionError as error:
        raise YAMLTextError(say(_TOO_DEEP, depth=DEEPEST)) from error


class _Loader(yaml.SafeLoader):
    """Builds nodes only. Every scalar stays a string; `_scalar` decides what it means."""

    yaml_implicit_resolvers = {}

    def fetch_flow_collection_start(self, token_class: Any) -> None:
        if self.flow_level >= DEEPEST:
            raise YAMLTextError(say(_TOO_DEEP, depth=DEEPEST), self.get_mark().line)
        super().fetch_flow_collection_start(token_class)

    def compose_node(self, parent: Any, index: Any) -> Any:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent):
            line = event.start_mark.line if event.start_mark else 0
            sentence = gettext_noop("Write out the value. Aliases (*name) aren’t supported.")
            raise YAMLTextError(say(sentence), line)
        return super().compose_node(parent, index)


def _syntax_error(error: yaml.MarkedYAMLError) -> YAMLTextError:
    mark = error.problem_mark or error.context_mark
    return YAMLTextError(
        say(
            gettext_noop("Invalid YAML in column %(column)s. %(problem)s"),
            problem=_problem(error.problem or error.context or "?"),
            column=mark.column + 1 if mark else 1,
        ),
        mark.line if mark else 0,
    )


def _problem(message: str) -> Sentence | str:
    """Return PyYAML's message as a sentence. Rare ones have no translation."""
    for pattern, text in _PROBLEMS:
        if found := re.fullmatch(pattern, message, re.DOTALL):
            return say(text, **{name: value[:60] for name, value in found.groupdict().items()})
    return f"{message[:1].upper()}{message[1:]}."


def _value(node: yaml.Node) -> Any:
    if node.tag not in _TAGS:
        raise _error_at(node, say(gettext_noop("Remove the tag. Tags (!name) aren’t supported.")))
    if isinstance(node, yaml.SequenceNode):
        return [_value(item) for item in node.value]
    if isinstance(node, yaml.MappingNode):
        return _mapping(node)
    is_quoted = isinstance(node, yaml.ScalarNode) and node.style
    return _text(node) if is_quoted else _scalar(node)


def _mapping(node: yaml.MappingNode) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise _error_at(key, say(gettext_noop("A field name must be a string.")))
        name = _text(key)
        if name in found:
            sentence = gettext_noop("The field “%(name)s” appears more than once. Keep one.")
            raise _error_at(key, say(sentence, name=name[:80]))
        found[name] = _value(value)
    return found


def _text(node: yaml.Node) -> str:
    # JSON reads the escapes `\ud83d\ude00` as one character; PyYAML gives two surrogate halves.
    text = jsontext.joined_halves(node.value)
    try:
        jsontext.check(text)
    except jsontext.JSONTextError as error:
        raise _error_at(node, error.sentence) from error
    return text


def _scalar(node: yaml.Node) -> Any:
    """Return the value of an unquoted scalar (YAML 1.2.2, 10.3.2)."""
    text: str = node.value
    if _NULL.fullmatch(text):
        return None
    if _TRUE.fullmatch(text) or _FALSE.fullmatch(text):
        return text.lower() == "true"
    if _NOT_A_JSON_NUMBER.fullmatch(text):
        raise _error_at(node, say(gettext_noop("%(name)s isn’t a JSON number."), name=text[:40]))
    if not _FLOAT.fullmatch(text) and not _OTHER_BASE.fullmatch(text):
        return _text(node)
    if len(text) > _MOST_DIGITS:
        raise _error_at(node, say(gettext_noop("A number has too many digits.")))
    if _DECIMAL.fullmatch(text):
        return int(text)
    if _OTHER_BASE.fullmatch(text):
        return int(text, 0)
    try:
        return jsontext.number_of(text)
    except jsontext.JSONTextError as error:
        raise _error_at(node, error.sentence) from error


def _error_at(node: yaml.Node, sentence: Sentence) -> YAMLTextError:
    return YAMLTextError(sentence, node.start_mark.line)
