"""Changes to a request that are known to help, derived from a provider's error message.

The message is scanned once for names and numbers, however many parameters the request has. It is untrusted
input: a value is used only if it is plausible.
"""

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from playground.dialects.checks import within
from playground.dialects.complaints import (
    ABOUT_A_ROLE,
    ABOUT_A_VALUE,
    BOTH,
    INTRODUCED,
    LISTED,
    MAXIMUM,
    NO_STREAMING,
    NO_TOOLS,
    ONE_CHOICE,
    ONLY,
    ONLY_STREAMS,
    QUOTED,
    RANGE_END,
    REFUSED_ROLE,
    SET_TO,
    TAKEN_ROLES,
    UNSUPPORTED,
    UNVERIFIED,
    WORD,
)
from playground.errors.provider_error import ProviderError
from playground.exchange.fix import Fix
from playground.exchange.parameter import Parameter, ParameterError
from playground.text.sentence import gettext_noop, say

SET = gettext_noop("Set %(name)s to %(value)s")
LONGEST_MESSAGES = 100_000  # the fix's button contains them

# Words that always mean a parameter. Others (user, n, stop) can be ordinary words.
_PLAIN_NAMES = frozenset(("temperature", "logprobs", "seed", "tools"))
# Words that each stand for several parameters: `Penalty is not enabled for this model` (Gemini),
# `"llama3.1:8b" does not support thinking` (Ollama).
_THINKING = ("reasoning_effort", "reasoning", "thinking", "enable_thinking", "think")
_SEVERAL = {
    "penalty": ("frequency_penalty", "presence_penalty"),
    "penalties": ("frequency_penalty", "presence_penalty"),
    **dict.fromkeys(("think", "thinking", "reasoning"), _THINKING),
}


@dataclass(frozen=True, slots=True)
class _Complaint:
    """One of the provider's messages in lower case, and the parameters of the request that it names."""

    body: Mapping[str, Any]
    words: str
    named: list[str]
    first: list[str]  # of those, the ones that the first word or the list means


class Fixes:
    """The fixes for one API.

    `tokens` are its limits on an answer's length, `count` is the number of answers, `tools` what belongs to
    tools, `prompt` where the messages are; `tied` lists, for a field, those that are invalid without it.
    `worded` are the parameters whose value is a word that a provider might ask for.
    """

    def __init__(
        self,
        parameters: Sequence[Parameter],
        *,
        prompt: str,
        tokens: tuple[str, ...],
        tools: Collection[str],
        count: str = "",
        tied: Mapping[str, str] = MappingProxyType({}),
        worded: Collection[str] = (),
    ) -> None:
        self._worded = worded
        self._prompt, self._tokens, self._tools, self._count, self._tied = prompt, tokens, tools, count, tied
        self._checks = {parameter.name: parameter.check for parameter in parameters}
        # `presencePenalty` (xAI), `candidateCount` (Gemini), in lower case.
        self._without_underscores = {name.replace("_", ""): name for name in self._checks if "_" in name}
        if count:
            self._without_underscores["candidatecount"] = count

    def fix(self, body: Mapping[str, Any], error: ProviderError) -> Fix | None:
        """Return the change that the provider's message asks for, if it can be made automatically."""
        complaints = list(self._complaints(body, error))
        rules = (
            self._without_tools,
            self._other_role,
            self._asked_value,
            self._other_streaming,
            self._one_of_two,
            self._only_value,
            self._at_most,
            self._other_limit,
        )
        fixes = (rule(complaint) for complaint in complaints for rule in rules)
        if fix := next((fix for fix in fixes if fix), None):
            return fix
        return self._without(body, [name for complaint in complaints for name in _unknown(complaint)])

    def _complaints(self, body: Mapping[str, Any], error: ProviderError) -> Iterator[_Complaint]:
        texts = error.words.split("\n")
        for words in texts:
            # Parameters named in fields of the error are certain only if there is a single message.
            apart = [self._parameter(name) for name in error.parameters] if len(texts) == 1 else []
            found = [(match.start(1), _without_value(body, match[1])) for match in QUOTED.finditer(words)]
            found += [
                (match.start(), next(filter(None, match.groups()))) for match in INTRODUCED.finditer(words)
            ]
            found += [
                (match.start(), match[0]) for match in WORD.finditer(words) if self._is_a_name(match[0])
            ]
            named_words = [*apart, *(name for _, name in sorted(found))]
            meant: list[tuple[str, ...]] = [
                (self._without_underscores.get(name, name),) for name in named_words
            ]
            # After those named exactly: `This reasoning model does not support temperature`.
            meant += [_SEVERAL[word] for word in WORD.findall(words) if word in _SEVERAL]
            sent = [
                names
                for group in meant
                if (names := [name for name in group if self._is_changeable(body, name)])
            ]
            named = list(dict.fromkeys(name for names in sent for name in names))
            first = [name for name in _listed(words, found) if name in named] or (sent[0] if sent else [])
            yield _Complaint(body, words, named, first)

    def _parameter(self, name: str) -> str:
        """Return the parameter that contains a location: `messages[0].role`, `reasoning.effort`."""
        return name if name in self._checks else name.split(".")[0].split("[")[0]

    def _is_a_name(self, word: str) -> bool:
        return "_" in word or word in _PLAIN_NAMES or word in self._without_underscores

    def _is_changeable(self, body: Mapping[str, Any], name: str) -> bool:
        return name not in ("model", self._prompt) and within(body, name) is not None

    # --- the rules, the most certain first ---

    def _without_tools(self, complaint: _Complaint) -> Fix | None:
        """Drop the tools: `registry.ollama.ai/library/gemma3:4b does not support tools`."""
        return (
            self._without(complaint.body, complaint.body.keys() & {*self._tools})
            if NO_TOOLS.search(complaint.words)
            else None
        )

    def _other_role(self, complaint: _Complaint) -> Fix | None:
        """Replace a role that the provider rejects.

        ``messages[0].role: unknown variant `developer`, expected one of `system`, `user`, …``
        """
        messages, words = complaint.body.get(self._prompt), complaint.words
        if not isinstance(messages, list) or not ABOUT_A_ROLE.search(words):
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
        if len(json.dumps(changed)) > LONGEST_MESSAGES:
            return None
        label = gettext_noop("Change the role %(old)s to %(new)s")
        return Fix(say(label, new=new, old=old), {self._prompt: changed})

    def _asked_value(self, complaint: _Complaint) -> Fix | None:
        """`To use function tools, use /v1/responses or set reasoning_effort to 'none'.`"""
        found, body = SET_TO.search(complaint.words), complaint.body
        if not found or found[1] not in self._worded or within(body, found[1]) == found[2]:
            return None
        name, value = found[1], found[2]
        if not self._accepts(name, value):
            return None
        return Fix(say(SET, name=name, value=value), _change(body, name, value))

    def _other_streaming(self, complaint: _Complaint) -> Fix | None:
        """Turn streaming on or off.

        `This model only support stream mode`, `Your organization must be verified to stream this model`
        """
        if ONLY_STREAMS.search(complaint.words) and not complaint.body.get("stream"):
            return Fix(say(SET, name="stream", value="true"), {"stream": True})
        if NO_STREAMING.search(complaint.words) and complaint.body.get("stream"):
            return self._without(complaint.body, ["stream"])
        return None

    def _one_of_two(self, complaint: _Complaint) -> Fix | None:
        """Drop one of two parameters that exclude each other.

        `temperature and top_p cannot both be specified for this model. Please use only one.`
        """
        if len(complaint.named) < 2 or not BOTH.search(complaint.words):
            return None
        both = complaint.named[:2]
        return self._without(complaint.body, [self._tokens[0] if set(both) == set(self._tokens) else both[1]])

    def _only_value(self, complaint: _Complaint) -> Fix | None:
        """Set the only value allowed: `invalid temperature: only 1 is allowed for this model`."""
        count = within(complaint.body, self._count)
        if ONE_CHOICE.search(complaint.words) and _number(count) != 1:
            return self._set(complaint.body, self._count, 1) if count else None
        found = ONLY.search(complaint.words)
        value = float(next(group for group in found.groups() if group)) if found else None
        for name in complaint.named[:1]:
            current = _number(within(complaint.body, name))
            if value is not None and current is not None and current != value:
                return self._set(complaint.body, name, value)
        return None

    def _at_most(self, complaint: _Complaint) -> Fix | None:
        """Lower a value to the stated maximum.

        `max_tokens is too large: 8192. This model supports at most 4096 completion tokens`
        """
        body, words = complaint.body, complaint.words
        named = complaint.named
        if not named and re.search(
            "max_new_tokens|maxoutputtokens|maximum (?:output )?tokens|output tokens", words
        ):
            named = [name for name in self._tokens if within(body, name) is not None]
        for name in named[:1]:
            current = _number(within(body, name))
            ends = [float(number) - (kind == "ex") for number, kind in RANGE_END.findall(words)]
            said = [*ends, *map(float, MAXIMUM.findall(words))]
            most = [value for value in said if current and 0 < value < current]
            if most:
                return self._set(body, name, most[0])
        return None

    def _other_limit(self, complaint: _Complaint) -> Fix | None:
        """Replace one token limit with the other.

        `'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.`
        """
        old = next(iter(_unknown(complaint)), None)
        others = [name for name in self._tokens if name != old]
        if old not in self._tokens or not others:
            return None
        new = others[0]
        if complaint.body.get(new) is not None:
            return self._without(complaint.body, [old])
        label = gettext_noop("Use %(new)s instead of %(old)s")
        return Fix(say(label, new=new, old=old), {old: None, new: complaint.body[old]})

    # --- the changes ---

    def _without(self, body: Mapping[str, Any], names: Collection[str]) -> Fix | None:
        if not names:
            return None
        changes: dict[str, Any] = {}
        for name in sorted(names, key=_depth):
            changes |= _change({**body, **changes}, name, None)
        changes |= {other: None for name, other in self._tied.items() if name in changes}
        return Fix(say(gettext_noop("Send without %(name)s"), name=sorted(names)), changes)

    def _set(self, body: Mapping[str, Any], name: str, value: float) -> Fix | None:
        """Set a parameter; None if the parameter does not accept the value, or the call would cost more."""
        value = int(value) if value == int(value) else value
        if name in (*self._tokens, self._count) and value > (_number(within(body, name)) or 0):
            return None
        if not self._accepts(name if name in self._checks else self._tokens[0], value):
            return None
        return Fix(say(SET, name=name, value=f"{value:,}"), _change(body, name, value))

    def _accepts(self, name: str, value: Any) -> bool:
        """Whether the parameter's own check accepts the value; one without a check accepts any."""
        try:
            self._checks.get(name, _no_check)(value)
        except ParameterError:
            return False
        return True

    def fix_tokens(self, body: Mapping[str, Any], room: int) -> Fix | None:
        """Lower the token limit to what the messages leave."""
        for name in self._tokens:
            if (current := _number(within(body, name))) and room < current:
                return self._set(body, name, room)
        return None


def _without_value(body: Mapping[str, Any], name: str) -> str:
    """`"thinking.type.disabled" is not supported for this model` (Anthropic) is about `thinking`."""
    place, _, value = name.rpartition(".")
    return place.partition(".")[0] if "." in place and within(body, place) == value else name


def _listed(words: str, found: list[tuple[int, str]]) -> list[str]:
    """Return the names in a list, up to the end of its sentence."""
    if not (listed := LISTED.search(words)):
        return []
    end = words.find(". ", listed.end())
    inside = range(listed.end(), end if end >= 0 else len(words))
    return list(dict.fromkeys(name for at, name in sorted(found) if at in inside))


def _refused_role(words: str, used: list[str]) -> str | None:
    """Return the role named first; if accepted ones are listed, the used role that is missing there."""
    if (taken := TAKEN_ROLES.search(words)) and "user" in (listed := words[taken.end() :]):
        return next((role for role in used if role not in listed), None)
    if not REFUSED_ROLE.search(words):
        return None
    return min((role for role in used if role in words), key=words.find, default=None)


def _unknown(complaint: _Complaint) -> list[str]:
    """Return the parameters that the provider rejects; of several words, only the first is certain."""
    words = complaint.words
    is_refused = UNSUPPORTED.search(words) and not ABOUT_A_VALUE.search(words)
    return complaint.first if is_refused or UNVERIFIED.search(words) else []


def _change(body: Mapping[str, Any], name: str, value: Any) -> dict[str, Any]:
    """Return the change that sets a parameter, or removes it (None). The fields next to it stay unchanged."""
    outer, _, inner = name.partition(".")
    if not inner:
        return {outer: value}
    holder = body.get(outer)
    holder = holder if isinstance(holder, Mapping) else {}
    ((field, item),) = _change(holder, inner, value).items()
    rest = {other: holder[other] for other in holder if other != field}
    return {outer: (rest if item is None else {**rest, field: item}) or None}


def _no_check(value: Any) -> None:
    del value


def _depth(name: str) -> tuple[int, str]:
    return name.count("."), name


def _number(value: Any) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None
