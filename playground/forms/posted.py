"""Single fields of the small forms of teams, runs, and prompts."""

from collections.abc import Iterable

from django.http import HttpRequest

from playground.exchange.refusal import FieldProblem, InvalidRequestError
from playground.text.sentence import gettext_noop, say

LONGEST_NAME = 80


def name_in(request: HttpRequest) -> str:
    """Return the name that a team, a key, a prompt, or whatever the form makes is to have."""
    name = " ".join(request.POST.get("name", "").split())
    if not name or "\0" in name or len(name) > LONGEST_NAME:
        raise InvalidRequestError(
            FieldProblem("name", say(gettext_noop("Enter a name of at most 80 characters.")))
        )
    return name


def one_of(request: HttpRequest, field: str, known: Iterable[str]) -> str:
    value = request.POST.get(field, "")
    if value not in (known := list(known)):
        raise unknown(field, known)
    return value


def unknown(field: str, known: Iterable[str]) -> InvalidRequestError:
    """Return the error of a field, such as the button that was clicked, with none of the `known` values."""
    sentence = say(gettext_noop("Use one of: %(known)s."), known=", ".join(known))
    return InvalidRequestError(FieldProblem(field, sentence))
