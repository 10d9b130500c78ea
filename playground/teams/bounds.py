"""Why the most that a call can use is not known, field by field."""

from collections.abc import Iterator

from playground.dialects.spelling import other_names
from playground.exchange.refusal import FieldProblem
from playground.exchange.request import Request
from playground.text.sentence import gettext_noop, say

_NO_LIMIT = gettext_noop("Set this: your team has a budget, so the most that a call can use must be known.")
_OTHER_NAME = gettext_noop(
    "Remove this: your team has a budget, and a provider may read it as another model, limit, or number of "
    "answers."
)
_UNKNOWN = gettext_noop(
    "Remove “%(name)s”: your team has a budget, and nobody can tell beforehand how much this uses. (That is "
    "so for tools that the provider runs, for files and texts that it fetches or keeps, and for parameters "
    "that aren’t known here.)"
)
_DEARER = gettext_noop(
    "Remove this: your team has a budget in US dollars, and this can cost more than the model’s usual price."
)


def problems(request: Request, *, in_usd: bool) -> list[FieldProblem]:
    """Return what makes the most of a request unknown, once per field; with `in_usd`, of its price."""
    found = {problem.field: problem for problem in _problems(request, in_usd=in_usd)}
    return list(found.values())


def _problems(request: Request, *, in_usd: bool) -> Iterator[FieldProblem]:
    dialect, body, fields = request.dialect, request.body, request.dialect.fields
    for extra in dialect.extras(body):
        if extra.group and extra.group not in fields.bounded and extra.group not in fields.tiers:
            yield FieldProblem(extra.field, say(_UNKNOWN, name=extra.name[:60]))
    for name, usual in fields.tiers.items() if in_usd else ():
        if body.get(name) is not None and body[name] not in usual:
            yield FieldProblem(name, say(_DEARER))
    for name in other_names(body, (fields.model, *fields.tokens, fields.count), fields):
        yield FieldProblem(name, say(_OTHER_NAME))
    if not request.demands.tokens:
        yield FieldProblem(fields.tokens[0], say(_NO_LIMIT))
