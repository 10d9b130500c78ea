"""Read the form of a pin: its name, checks, and schedule."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.http import HttpRequest, QueryDict

from playground.exchange.refusal import FieldProblem, InvalidRequestError, collect
from playground.forms.posted import name_in, one_of
from playground.pinned import checks as known
from playground.pinned.checks import Check
from playground.pinned.models import Every, Pin
from playground.text.sentence import gettext_noop, say


@dataclass(frozen=True)
class Asked:
    name: str
    checks: Mapping[str, str]
    every: str
    hour: int
    weekday: int


def read(request: HttpRequest) -> Asked:
    """Read the form. A check is chosen by `check`, and its value is in a field of its own.

    Raises `InvalidRequestError` with everything that is wrong.
    """
    post, problems = request.POST, list[FieldProblem]()
    name = collect(problems, "", name_in, request)
    chosen = [Check(one) for one in Check.values if one in post.getlist("check")]
    if not chosen:
        problems.append(FieldProblem("check", say(gettext_noop("Choose at least one check."))))
    checks = {
        check.value: collect(problems, "", known.read, check, post.get(_field(check), "")) for check in chosen
    }
    every = collect(problems, "", one_of, request, "every", Every.values)
    hour, weekday = (
        collect(problems, 0, _number, post, field, most) for field, most in (("hour", 23), ("weekday", 6))
    )
    if problems:
        raise InvalidRequestError(*problems)
    return Asked(name, checks, every, hour, weekday)


def _field(check: str) -> str:
    return "pattern" if check == Check.MATCHES else check  # a field `matches` would hide `form.matches`


def _number(post: QueryDict, field: str, most: int) -> int:
    text = post.get(field, "0")
    if not (text.isascii() and text.isdigit() and len(text) < 3 and int(text) <= most):
        sentence = say(gettext_noop("Enter a whole number from 0 to %(most)s."), most=most)
        raise InvalidRequestError(FieldProblem(field, sentence))
    return int(text)


def filled_from(pin: Pin) -> dict[str, str | list[str]]:
    """Return the fields of the form as `read` takes them."""
    fields = {"name": pin.name, "every": pin.every, "hour": str(pin.hour), "weekday": str(pin.weekday)}
    values = {_field(check): value for check, value in pin.checks.items()}
    return {**fields, **values, "check": list(pin.checks)}
