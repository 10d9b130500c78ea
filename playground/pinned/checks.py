"""The checks of a pin: what each is given, and what it finds in the answer to a replay."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from playground import amounts
from playground.calls.cost import Cost
from playground.exchange.record import Exchange
from playground.exchange.refusal import FieldProblem, InvalidRequestError
from playground.explanations.explain import explain
from playground.pinned import schema
from playground.pinned.telling import stored
from playground.text import jsontext
from playground.text.sentence import Sentence, gettext_noop, say

LONGEST_TEXT = 2_000
LONGEST_SCHEMA = 10_000
# In characters: of an answer that is checked, and of one that a sentence quotes.
_LONGEST_ANSWER = 1_000_000
_LONGEST_QUOTE = 80
_MOST_CHOICES = 10


class Check(models.TextChoices):
    """A check by its name, which is also its field in the form."""

    STATUS = "status", _("Same status")
    FINISH = "finish", _("Same finish reason")
    TOOLS = "tools", _("Same tools called")
    EQUALS = "equals", _("Same answer")
    CONTAINS = "contains", _("Answer contains")
    MATCHES = "matches", _("Answer matches")
    JSON = "json", _("Answer is JSON")
    SECONDS = "seconds", _("Seconds below")
    TOKENS = "tokens", _("Tokens below")
    USD = "usd", _("US dollars below")


@dataclass(frozen=True)
class Verdict:
    """What a check found: whether it passed, and what was expected and came, in a sentence."""

    check: Check
    passed: bool
    said: Sentence

    def as_json(self) -> dict[str, Any]:
        return {"check": self.check.value, "passed": self.passed, "said": stored(self.said)}


def read(check: Check, text: str) -> str:
    """Return the value of a check as it is kept. Raises `InvalidRequestError`."""
    reader = _READERS.get(check)
    return reader(check, text.replace("\r\n", "\n")) if reader else ""


def judge(checks: Mapping[str, str], pinned: Exchange, came: Exchange, cost: Cost | None) -> list[Verdict]:
    """Return what each check finds. `cost` is that of the call that was made."""
    verdicts = []
    for check in Check:
        if check in checks:
            passed, said = _JUDGES[check](checks[check], pinned, came, cost)
            verdicts.append(Verdict(check, passed, said))
    return verdicts


def answer_of(exchange: Exchange) -> str:
    """Return what the model wrote, in all choices, or why it declined."""
    texts = (choice.text or choice.refusal for choice in exchange.choices[:_MOST_CHOICES])
    return "\n\n".join(text for text in texts if text)[:_LONGEST_ANSWER].strip()


def _problem(check: Check, sentence: str, **params: object) -> InvalidRequestError:
    return InvalidRequestError(FieldProblem(check.value, say(sentence, **params)))


def _text(check: Check, text: str) -> str:
    if not text.strip() or "\0" in text or len(text) > LONGEST_TEXT:
        raise _problem(check, gettext_noop("Enter at most %(most)s characters."), most=LONGEST_TEXT)
    return text


def _pattern(check: Check, text: str) -> str:
    try:
        schema.validator({"pattern": _text(check, text)})
    except schema.SchemaError as error:
        raise _problem(check, _NO_PATTERN) from error
    return text


def _schema(check: Check, text: str) -> str:
    """Return the JSON Schema, or "" if any JSON will do."""
    if not text.strip():
        return ""
    if "\0" in text or len(text) > LONGEST_SCHEMA:
        raise _problem(check, gettext_noop("Enter at most %(most)s characters."), most=LONGEST_SCHEMA)
    try:
        jsontext.loads(text)
        schema.check(text)
    except jsontext.JSONTextError as error:
        raise InvalidRequestError(FieldProblem(check.value, error.sentence)) from error
    except schema.SchemaError as error:
        raise _problem(check, gettext_noop("That is not a JSON Schema: %(why)s"), why=str(error)) from error
    except schema.UncheckedError as error:
        raise _problem(
            check, gettext_noop("This JSON Schema takes too much time or memory to read. Simplify it.")
        ) from error
    return text


def _number(check: Check, text: str) -> str:
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        number = Decimal("NaN")
    if not (number.is_finite() and 0 < number < 10**9 and len(text) < 20):
        raise _problem(check, gettext_noop("Enter a number above 0, such as %(example)s."), example="2.5")
    return f"{number.normalize():f}"


_NO_PATTERN = gettext_noop(
    "That is not a regular expression that can be used here. Leave out lookarounds and backreferences."
)
_READERS: dict[Check, Callable[[Check, str], str]] = {
    Check.CONTAINS: _text,
    Check.MATCHES: _pattern,
    Check.JSON: _schema,
    Check.SECONDS: _number,
    Check.TOKENS: _number,
    Check.USD: _number,
}

_Found = tuple[bool, Sentence]
_NONE = gettext_noop("none")
_NO_RESPONSE = gettext_noop("no response")
_NO_TEXT = gettext_noop("no text")
_QUOTED = gettext_noop("“%(text)s”")


def _status(value: str, pinned: Exchange, came: Exchange, cost: Cost | None) -> _Found:
    """Compare errors too: a stream that breaks off has the status 200."""
    del value, cost
    one, other = ((e.received and e.received.status, _error(e)) for e in (pinned, came))
    expected = gettext_noop("Expected status %(expected)s; received %(came)s.")
    return one == other, say(expected, expected=_outcome(pinned), came=_outcome(came))


def _error(exchange: Exchange) -> str:
    problem = explain(exchange)
    return problem.kind if problem else ""


def _outcome(exchange: Exchange) -> list[Sentence | str]:
    status = str(exchange.received.status) if exchange.received else say(_NO_RESPONSE)
    problem = explain(exchange)
    return [status, problem.title] if problem else [status]


def _finish(value: str, pinned: Exchange, came: Exchange, cost: Cost | None) -> _Found:
    del value, cost
    one, other = ([choice.finish_reason for choice in e.choices[:_MOST_CHOICES]] for e in (pinned, came))
    sentence = gettext_noop("Expected finish reason %(expected)s; received %(came)s.")
    return one == other, say(sentence, expected=_names(one), came=_names(other))


def _tools(value: str, pinned: Exchange, came: Exchange, cost: Cost | None) -> _Found:
    del value, cost
    one, other = (
        [call.name for choice in e.choices[:_MOST_CHOICES] for call in choice.tool_calls]
        for e in (pinned, came)
    )
    sentence = gettext_noop("Expected tool calls: %(expected)s. Received: %(came)s.")
    return one == other, say(sentence, expected=_names(one), came=_names(other))


def _names(names: list[str | None]) -> Sentence | list[str]:
    known = [name[:_LONGEST_QUOTE] for name in names[:_MOST_CHOICES] if name]
    return known or say(_NONE)


def _equals(value: str, pinned: Exchange, came: Exchange, cost: Cost | None) -> _Found:
    del value, cost
    one, other = answer_of(pinned), answer_of(came)
    sentence = gettext_noop("Expected the pinned answer, %(expected)s; received %(came)s.")
    return one == other, say(sentence, expected=_quoted(one), came=_quoted(other))


def _contains(value: str, pinned: Exchange, came: Exchange, cost: Cost | None) -> _Found:
    del pinned, cost
    answer = answer_of(came)
    sentence = gettext_noop("Expected an answer that contains %(expected)s; received %(came)s.")
    return value in answer, say(sentence, expected=_quoted(value), came=_quoted(answer))


def _matches(value: str, pinned: Exchange, came: Exchange, cost: Cost | None) -> _Found:
    del pinned, cost
    answer = answer_of(came)
    sentence = gettext_noop("Expected an answer that matches %(expected)s; received %(came)s.")
    return schema.matches(value, answer), say(sentence, expected=_quoted(value), came=_quoted(answer))


def _json(value: str, pinned: Exchange, came: Exchange, cost: Cost | None) -> _Found:
    del pinned, cost
    answer = answer_of(came)
    try:
        jsontext.loads(answer)
    except jsontext.JSONTextError:
        return False, say(gettext_noop("Expected JSON; received %(came)s."), came=_quoted(answer))
    if not value:
        return True, say(gettext_noop("Expected JSON; received %(came)s."), came=_quoted(answer))
    try:
        schema.check(value, answer)
    except schema.SchemaError as error:
        sentence = gettext_noop("Expected JSON that fits the schema; it does not: %(why)s")
        return False, say(sentence, why=str(error))
    except schema.UncheckedError:
        return False, say(
            gettext_noop("Expected JSON that fits the schema; checking it takes too much time or memory.")
        )
    return True, say(
        gettext_noop("Expected JSON that fits the schema; received %(came)s."), came=_quoted(answer)
    )


def _quoted(text: str) -> Sentence:
    if not text:
        return say(_NO_TEXT)
    return say(_QUOTED, text=text if len(text) <= _LONGEST_QUOTE else text[: _LONGEST_QUOTE - 1] + "…")


def _seconds(value: str, pinned: Exchange, came: Exchange, cost: Cost | None) -> _Found:
    del pinned, cost
    taken = came.timings.total_ms
    sentence = gettext_noop("Expected less than %(most)s s; the answer took %(came)s.")
    return taken < float(value) * 1000, say(sentence, most=value, came=amounts.duration(taken))


def _tokens(value: str, pinned: Exchange, came: Exchange, cost: Cost | None) -> _Found:
    del pinned, cost
    usage = came.usage
    if usage is None or usage.prompt_tokens is None or usage.completion_tokens is None:
        sentence = gettext_noop("Expected fewer than %(most)s tokens; the provider reported none.")
        return False, say(sentence, most=value)
    used = usage.prompt_tokens + usage.completion_tokens
    sentence = gettext_noop("Expected fewer than %(most)s tokens; the call used %(came)s.")
    return used < Decimal(value), say(sentence, most=value, came=used)


def _usd(value: str, pinned: Exchange, came: Exchange, cost: Cost | None) -> _Found:
    del pinned, came
    most = amounts.dollars(Decimal(value))
    if cost is None:
        return False, say(gettext_noop("Expected less than %(most)s; the cost is unknown."), most=most)
    sentence = gettext_noop("Expected less than %(most)s; the call cost %(came)s.")
    return cost.usd < Decimal(value), say(sentence, most=most, came=amounts.dollars(cost.usd))


_JUDGES: dict[Check, Callable[[str, Exchange, Exchange, Cost | None], _Found]] = {
    Check.STATUS: _status,
    Check.FINISH: _finish,
    Check.TOOLS: _tools,
    Check.EQUALS: _equals,
    Check.CONTAINS: _contains,
    Check.MATCHES: _matches,
    Check.JSON: _json,
    Check.SECONDS: _seconds,
    Check.TOKENS: _tokens,
    Check.USD: _usd,
}
