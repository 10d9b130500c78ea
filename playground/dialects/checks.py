"""Checks of a parameter's value that several APIs share. Each raises `ParameterError`."""

from collections.abc import Callable, Mapping
from typing import Any

from playground.exchange.parameter import Parameter, ParameterError
from playground.exchange.refusal import FieldProblem
from playground.text.sentence import Sentence, gettext_noop, say


def number(low: float, high: float) -> Callable[[Any], None]:
    sentence = gettext_noop("Enter a number from %(low)s to %(high)s, such as 0.7.")
    if low < 0:  # Chinese writes 0～2, but −2 到 2.
        sentence = gettext_noop("Enter a number between %(low)s and %(high)s, such as 0.7.")

    def check(value: Any) -> None:
        # `not low <= value` rather than `value < low`: NaN fails every comparison.
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise ParameterError(say(sentence, low=f"{low:g}".replace("-", "−"), high=f"{high:g}"))

    check.bounds = (low, high)  # type: ignore[attr-defined]
    return check


def whole(low: int | None = None, high: int | None = None) -> Callable[[Any], None]:
    def check(value: Any) -> None:
        is_whole = isinstance(value, int) and not isinstance(value, bool)
        if is_whole and (low is None or value >= low) and (high is None or value <= high):
            return
        if low is None:
            raise ParameterError(say(gettext_noop("Enter a whole number.")))
        if high is None:
            raise ParameterError(say(gettext_noop("Enter a whole number of at least %(low)s."), low=low))
        sentence = gettext_noop("Enter a whole number from %(low)s to %(high)s.")
        raise ParameterError(say(sentence, low=low, high=high))

    return check


def text(value: Any) -> None:
    if not isinstance(value, str):
        raise ParameterError(say(gettext_noop("Enter a string.")))


def flag(value: Any) -> None:
    if not isinstance(value, bool):
        raise ParameterError(say(gettext_noop("Enter true or false.")))


def word(*examples: str) -> Callable[[Any], None]:
    """Return a check for any non-empty string: providers accept more values than the examples."""

    def check(value: Any) -> None:
        if not isinstance(value, str) or not value:
            sentence = gettext_noop("Enter a string, such as %(words)s.")
            raise ParameterError(say(sentence, words=examples))

    return check


def one_of(*choices: str) -> Callable[[Any], None]:
    def check(value: Any) -> None:
        if value not in choices:
            raise ParameterError(say(gettext_noop("Choose %(choices)s."), choices=choices))

    return check


def model_problems(body: Mapping[str, Any]) -> list[FieldProblem]:
    model = body.get("model")
    if isinstance(model, str) and model.strip():
        return []
    return [FieldProblem("model", say(gettext_noop("Enter a model, or pick one of the suggestions.")))]


def no_messages(prompt: str) -> FieldProblem:
    """Return the problem if a body has no messages; `prompt` is the name of their field."""
    return FieldProblem(prompt, say(gettext_noop("Add at least one message.")))


def not_a_role(role: Any, roles: tuple[str, ...]) -> Sentence:
    if role is None:
        return say(gettext_noop("Choose a role: %(roles)s."), roles=roles)
    sentence = gettext_noop("“%(role)s” isn’t a valid role. Use %(roles)s.")
    return say(sentence, role=str(role)[:40], roles=roles)


def stream_problems(body: Mapping[str, Any]) -> list[FieldProblem]:
    if isinstance(body.get("stream"), bool | None):
        return []
    return [FieldProblem("stream", say(gettext_noop("Enter true or false.")))]


def parameter_problems(body: Mapping[str, Any], parameters: tuple[Parameter, ...]) -> list[FieldProblem]:
    """Return the problems of the parameters that a body sets, nested ones included."""
    problems = []
    for parameter in parameters:
        # Many SDKs send null for "not set", which providers accept.
        if (value := within(body, parameter.name)) is None:
            continue
        try:
            parameter.check(value)
        except ParameterError as error:
            problems.append(FieldProblem(parameter.name, error.sentence))
    return problems


def within(body: Mapping[str, Any], name: str) -> Any:
    """Return the value of a parameter; a name with a dot means a field within a field."""
    value: Any = body
    for part in name.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value
