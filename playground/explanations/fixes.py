"""Changes to a request that are known to help, taken from a provider's words.

The words are scanned once for names and numbers, however many parameters the request has. What a provider
says is untrusted input: a value is used only if it is sane.
"""

import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from playground.dialects.chat_completions.parameters import PARAMETERS, ParameterError
from playground.exchange.fix import Fix
from playground.exchange.provider_error import ProviderError
from playground.explanations.context_window import overrun_in
from playground.text.sentence import gettext_noop, say

_TOKEN_LIMITS = ("max_tokens", "max_completion_tokens")
_COSTLY = (*_TOKEN_LIMITS, "n")
_CHECKS = {parameter.name: parameter.check for parameter in PARAMETERS}
_TOOLS = ("tools", "tool_choice", "parallel_tool_calls", "functions", "function_call")
_LONGEST_MESSAGES = 100_000  # the fix's button carries them

_UNSUPPORTED = re.compile(
    "unsupported|(?:not|n't) (?:currently |yet )?support|unrecogni[sz]ed|unknown|not permitted|not allowed|"
    "unexpected|extra[ _](?:inputs|fields|forbidden)|deprecated|unavailable|not available|no longer|"
    "not recogni[sz]ed|can(?:not|'t) be used|cannot find field|only the default|additional propert"
)
# A complaint about a value means that the parameter is known.
_ABOUT_A_VALUE = re.compile(
    "(?:must|should) (?:not )?be|at least|at most|too (?:large|small|high|low)|out of range|"
    "(?:less|greater) than|minimum|maximum|[<>]="
)
_BOTH = re.compile(
    "can(?:not|'t) both|mutually exclusive|only one of|at the same time|not both|use only one|"
    "cannot be (?:used|specified|set) together|cannot specify both"
)
_NO_TOOLS = re.compile(
    "(?:not|n't) (?:currently |yet )?support (?:tool|function)(?:s|[ _-](?:use|calls?|calling|choice))?\\b|"
    "(?:tools?|(?:tool|function)[ _-](?:use|calls?|calling)) (?:is|are) not supported|"
    "no endpoints found that support (?:tool use|the provided 'tool_choice')|"
    "requires --enable-auto-tool-choice|tools param requires"
)
_NUMBER = r"[`'\"]?(-?\d{1,9}(?:\.\d{1,6})?)(?![.,]?\d)[`'\"]?"
_ONLY = re.compile(
    rf"\bonly {_NUMBER} is (?:allowed|supported|permitted|accepted)|may only be set to {_NUMBER}|"
    rf"must (?:be exactly|be equal to|equal) {_NUMBER}|must be {_NUMBER}(?! ?(?:or|to|and|-|–))|"
    rf"\bonly supports {_NUMBER}"
)
_ONE_CHOICE = re.compile(
    r"only one (?:completion )?choice|multi-choice|multiple (?:choices|completions)|support n ?> ?1\b|"
    r"only (?:supports? )?n ?={1,2} ?1\b"
)
_MAXIMUM = re.compile(
    r"(?:<=|≤|>|(?:less|lower|smaller) than or equal to|at most|no (?:more|greater|larger) than|"
    r"not (?:be )?exceed|cannot exceed|maximum(?: value)?(?: is| of|:)?|limit of|can only afford|"
    r"\[ ?-?\d{1,9}(?:\.\d{1,6})?,|between -?\d{1,9}(?:\.\d{1,6})? and) ?" + _NUMBER
)

# Gemini: `the supported range is from 1 (inclusive) to 65537 (exclusive)`
_RANGE_END = re.compile(r"supported range is from [\d.-]{1,12} \(inclusive\) to (\d{1,9}) \((in|ex)clusive\)")

_QUOTED = re.compile(r"[`'\"]([a-z_]\w{0,80})[`'\"]")
# `seed: Extra inputs are not permitted`, `Unrecognized request argument supplied: store`
_INTRODUCED = re.compile(
    r"^(?:body\.)?([a-z_]\w{0,80}): |"
    r"(?:argument|parameter|field|propert(?:y|ies)|key)s?(?:\(s\))?"
    r"(?: supplied| not supported on this model)?: ?([a-z_]\w{0,80})"
)
_WORD = re.compile(r"[a-z_]\w{0,80}")
# Words that mean a parameter wherever they appear. Others (user, n, stop) may be plain words.
_PLAIN_NAMES = frozenset(("temperature", "logprobs", "seed", "tools"))
# `presencePenalty` (xAI), in lower case.
_WITHOUT_UNDERSCORES = {
    parameter.name.replace("_", ""): parameter.name for parameter in PARAMETERS if "_" in parameter.name
}
_ONLY_STREAMS = re.compile("only supports? stream|must be set to false for non-streaming")
_NO_STREAMING = re.compile("verified to stream")
_ABOUT_A_ROLE = re.compile(r"\brole\b|unknown variant|input tag")
_REFUSED_ROLE = re.compile(
    "not support|unsupported|unknown|invalid|must be one of|not match any|expected one"
)


@dataclass(frozen=True, slots=True)
class _Complaint:
    """One of the provider's messages in lower case, and the parameters of the request that it names."""

    body: Mapping[str, Any]
    words: str
    named: list[str]


def known_fix(body: Mapping[str, Any], error: ProviderError) -> Fix | None:
    """Return the change that the provider's words ask for, if it can be made for the person."""
    if overrun := overrun_in(error):
        return _room_for_messages(body, overrun.room)
    complaints = list(_complaints(body, error))
    fixes = (rule(complaint) for complaint in complaints for rule in _RULES)
    if fix := next((fix for fix in fixes if fix), None):
        return fix
    return _without([name for complaint in complaints for name in _unknown(complaint)])


def _complaints(body: Mapping[str, Any], error: ProviderError) -> Iterator[_Complaint]:
    texts = error.words.split("\n")
    for words in texts:
        # Parameters named apart from the words belong to the message if there is only one.
        apart = [name.split(".")[0].split("[")[0] for name in error.parameters] if len(texts) == 1 else []
        found = [(match.start(1), match[1]) for match in _QUOTED.finditer(words)]
        found += [(match.start(), match[1] or match[2]) for match in _INTRODUCED.finditer(words)]
        found += [(match.start(), match[0]) for match in _WORD.finditer(words) if _is_a_name(match[0])]
        names = dict.fromkeys([*apart, *(_WITHOUT_UNDERSCORES.get(name, name) for _, name in sorted(found))])
        yield _Complaint(body, words, [name for name in names if _is_changeable(body, name)])


def _is_a_name(word: str) -> bool:
    return "_" in word or word in _PLAIN_NAMES or word in _WITHOUT_UNDERSCORES


def _is_changeable(body: Mapping[str, Any], name: str) -> bool:
    return name not in ("model", "messages") and body.get(name) is not None


# --- the rules, the most certain first ---


def _without_tools(complaint: _Complaint) -> Fix | None:
    """Drop the tools: `registry.ollama.ai/library/gemma3:4b does not support tools`."""
    return _without(complaint.body.keys() & _TOOLS) if _NO_TOOLS.search(complaint.words) else None


def _other_role(complaint: _Complaint) -> Fix | None:
    """Replace a role that the provider rejects.

    ``messages[0].role: unknown variant `developer`, expected one of `system`, `user`, …``
    """
    messages, words = complaint.body.get("messages"), complaint.words
    if not isinstance(messages, list) or not _ABOUT_A_ROLE.search(words):
        return None
    used = {message["role"] for message in messages if isinstance(message, dict) and "role" in message}
    old = _refused_role(words, [role for role in ("developer", "system") if role in used])
    if old is None:
        return None
    new = "system" if old == "developer" else "developer" if "developer" in words else "user"
    changed = [
        {**message, "role": new} if isinstance(message, dict) and message.get("role") == old else message
        for message in messages
    ]
    if len(json.dumps(changed)) > _LONGEST_MESSAGES:
        return None
    label = gettext_noop("Use the role %(new)s in place of %(old)s")
    return Fix(say(label, new=new, old=old), {"messages": changed})


def _refused_role(words: str, used: list[str]) -> str | None:
    """Return the role named first; if only accepted ones are named, the used role that is missing."""
    if _REFUSED_ROLE.search(words):
        return min((role for role in used if role in words), key=words.find, default=None)
    return next((role for role in used if role not in words), None) if "input should be" in words else None


def _other_streaming(complaint: _Complaint) -> Fix | None:
    """Turn streaming on or off.

    `This model only support stream mode`, `Your organization must be verified to stream this model`
    """
    if _ONLY_STREAMS.search(complaint.words) and not complaint.body.get("stream"):
        return Fix(say(_SET, name="stream", value="true"), {"stream": True})
    if _NO_STREAMING.search(complaint.words) and complaint.body.get("stream"):
        return _without(["stream"])
    return None


def _one_of_two(complaint: _Complaint) -> Fix | None:
    """Drop one of two parameters that exclude each other.

    `temperature and top_p cannot both be specified for this model. Please use only one.`
    """
    if len(complaint.named) < 2 or not _BOTH.search(complaint.words):
        return None
    both = complaint.named[:2]
    return _without(["max_tokens" if set(both) == set(_TOKEN_LIMITS) else both[1]])


def _only_value(complaint: _Complaint) -> Fix | None:
    """Set the only value allowed: `invalid temperature: only 1 is allowed for this model`."""
    if _ONE_CHOICE.search(complaint.words) and _number(complaint.body.get("n")) != 1:
        return _set(complaint.body, "n", 1) if complaint.body.get("n") else None
    found = _ONLY.search(complaint.words)
    value = float(next(group for group in found.groups() if group)) if found else None
    for name in complaint.named[:1]:
        current = _number(complaint.body[name])
        if value is not None and current is not None and current != value:
            return _set(complaint.body, name, value)
    return None


def _at_most(complaint: _Complaint) -> Fix | None:
    """Lower a value to the stated maximum.

    `max_tokens is too large: 8192. This model supports at most 4096 completion tokens`
    """
    body, words = complaint.body, complaint.words
    named = complaint.named
    if not named and re.search(
        "max_new_tokens|maxoutputtokens|maximum (?:output )?tokens|output tokens", words
    ):
        named = [name for name in _TOKEN_LIMITS if name in body]
    for name in named[:1]:
        current = _number(body[name])
        ends = [float(number) - (kind == "ex") for number, kind in _RANGE_END.findall(words)]
        said = [*ends, *map(float, _MAXIMUM.findall(words))]
        most = [value for value in said if current and 0 < value < current]
        if most:
            return _set(body, name, most[0])
    return None


def _other_limit(complaint: _Complaint) -> Fix | None:
    """Replace one token limit by the other.

    `'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.`
    """
    old = next(iter(_unknown(complaint)), None)
    if old not in _TOKEN_LIMITS:
        return None
    new = _TOKEN_LIMITS[1 - _TOKEN_LIMITS.index(old)]
    if complaint.body.get(new) is not None:
        return _without([old])
    label = gettext_noop("Use %(new)s in place of %(old)s")
    return Fix(say(label, new=new, old=old), {old: None, new: complaint.body[old]})


_RULES = (_without_tools, _other_role, _other_streaming, _one_of_two, _only_value, _at_most, _other_limit)


def _unknown(complaint: _Complaint) -> list[str]:
    """Return the parameter that the provider rejects; of several, only the first is certain."""
    words = complaint.words
    return complaint.named[:1] if _UNSUPPORTED.search(words) and not _ABOUT_A_VALUE.search(words) else []


# --- what they change ---

_SET = gettext_noop("Set %(name)s to %(value)s")


def _without(names: Collection[str]) -> Fix | None:
    if not names:
        return None
    changes: dict[str, Any] = dict.fromkeys(sorted(names))
    if "stream" in changes:
        changes["stream_options"] = None  # invalid without `stream`
    return Fix(say(gettext_noop("Send without %(name)s"), name=", ".join(sorted(names))), changes)


def _set(body: Mapping[str, Any], name: str, value: float) -> Fix | None:
    """Set a parameter; None if it does not accept the value, or would cost more."""
    value = int(value) if value == int(value) else value
    if name in _COSTLY and value > (_number(body.get(name)) or 0):
        return None
    try:
        _CHECKS.get(name, _CHECKS["max_tokens"])(value)
    except ParameterError:
        return None
    return Fix(say(_SET, name=name, value=f"{value:,}"), {name: value})


def _room_for_messages(body: Mapping[str, Any], room: int | None) -> Fix | None:
    """Lower the token limit to what the messages leave, if they fit by themselves."""
    for name in _TOKEN_LIMITS:
        if room and (current := _number(body.get(name))) and room < current:
            return _set(body, name, room)
    return None


def _number(value: Any) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None
