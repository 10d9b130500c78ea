"""Check a call that the operator pays for against the caps.

Anything not listed is rejected: providers add parameters, and some of them cost money.
"""

from collections.abc import Iterator

from playground import amounts
from playground.catalogue.caps import Caps
from playground.catalogue.held import KeyCaps
from playground.exchange.fix import Fix
from playground.exchange.parameter import Kind
from playground.exchange.refusal import FieldProblem, InvalidRequestError
from playground.exchange.request import Request
from playground.text.sentence import Sentence, gettext_noop, say


def check(request: Request, caps: Caps | None) -> None:
    """Raise `InvalidRequestError` naming everything beyond the caps; None allows everything."""
    if caps and (beyond := problems(request, caps)):
        raise InvalidRequestError(*beyond, fix=_fix(request, beyond, caps))


def check_key(request: Request, caps: KeyCaps) -> None:
    """Raise `InvalidRequestError` naming what a team allows no call with its saved key."""
    if beyond := list(_beyond_key(request, caps)):
        fields = request.dialect.fields
        most = {fields.model: next(iter(caps.models), None)} | dict.fromkeys(fields.tokens, caps.max_tokens)
        # A parameter that may name another model, or other limits, is removed.
        changes = {problem.field: most.get(problem.field) for problem in beyond}
        raise InvalidRequestError(*beyond, fix=Fix(say(_APPLY), changes))


def _beyond_key(request: Request, caps: KeyCaps) -> Iterator[FieldProblem]:
    dialect, demands = request.dialect, request.demands
    if caps.models and demands.model not in caps.models:
        sentence = gettext_noop("With the key %(name)s, use %(models)s.")
        yield FieldProblem(dialect.fields.model, say(sentence, name=caps.name, models=caps.models))
    if caps.max_tokens is not None:
        most = caps.max_tokens // max(1, demands.count)
        sentence = gettext_noop("With the key %(name)s, set this to %(most)s or less.")
        told = say(sentence, name=caps.name, most=max(1, most))
        if most < 1:
            yield FieldProblem(dialect.fields.count, say(sentence, name=caps.name, most=caps.max_tokens))
        if not demands.tokens:
            yield FieldProblem(dialect.fields.tokens[0], told)
        for name, limit in demands.tokens.items():
            if limit > most:
                yield FieldProblem(name, told)
    if not (caps.models or caps.max_tokens):
        return
    # Gateways have parameters that name other models, or more answers.
    for extra in dialect.extras(request.body):
        if extra.group and extra.group != "tools" and not extra.is_part:
            sentence = gettext_noop("“%(name)s” isn’t allowed with the key %(key)s, which has limits.")
            yield FieldProblem(extra.field, say(sentence, name=extra.name[:60], key=caps.name))


def problems(request: Request, caps: Caps) -> list[FieldProblem]:
    """Return everything in the request that is beyond the caps, each with its cap."""
    return [
        *_model(request, caps),
        *_tokens(request, caps),
        *_count(request, caps),
        *_size(len(request.encoded), caps),
        *_extras(request, caps),
    ]


def _fix(request: Request, beyond: list[FieldProblem], caps: Caps) -> Fix | None:
    """Return the change that brings a request within the caps, by lowering or removing fields.

    Never removes the prompt.
    """
    dialect, fields = request.dialect, request.dialect.fields
    said = {fields.prompt, *(field.name for field in dialect.parameters if field.kind is Kind.PROSE)}
    most = {fields.model: next(iter(caps.models), None), fields.count: caps.n}
    most |= dict.fromkeys(fields.tokens, caps.max_tokens)
    changes = {
        problem.field: most.get(problem.field)
        for problem in beyond
        if problem.field != "request" and problem.field.partition(".")[0] not in said
    }
    return Fix(say(_APPLY), changes) if changes else None


_APPLY = gettext_noop("Apply the limits")


def _model(request: Request, caps: Caps) -> Iterator[FieldProblem]:
    if not caps.allows_model(request.demands.model):
        sentence = gettext_noop("With the server’s key, use %(models)s.")
        yield FieldProblem(request.dialect.fields.model, say(sentence, models=caps.models))


def _tokens(request: Request, caps: Caps) -> Iterator[FieldProblem]:
    given = request.demands.tokens
    if not given:
        sentence = gettext_noop("With the server’s key, set this to %(most)s or less.")
        yield FieldProblem(request.dialect.fields.tokens[0], say(sentence, most=caps.max_tokens))
    for name, limit in given.items():
        if limit > caps.max_tokens:
            yield FieldProblem(name, say(_AT_MOST, most=caps.max_tokens))


def _count(request: Request, caps: Caps) -> Iterator[FieldProblem]:
    if request.demands.count > caps.n:
        yield FieldProblem(request.dialect.fields.count, say(_AT_MOST, most=caps.n))


_AT_MOST = gettext_noop("With the server’s key, the limit is %(most)s.")


def _size(size: int, caps: Caps) -> Iterator[FieldProblem]:
    if size > caps.request_bytes:
        sentence = gettext_noop(
            "The request exceeds %(most)s, the limit with the server’s key. Shorten the messages."
        )
        told = say(sentence, most=amounts.size(caps.request_bytes))
        yield FieldProblem("request", told, status=413)


def _extras(request: Request, caps: Caps) -> Iterator[FieldProblem]:
    """Yield one problem per field, because a message can have many images."""
    beyond: dict[str, str] = {}
    for extra in request.dialect.extras(request.body):
        if extra.group and extra.group not in caps.allow:
            beyond.setdefault(extra.field, extra.name)
    for name, what in beyond.items():
        yield FieldProblem(name, _not_allowed(what))


def _not_allowed(name: str) -> Sentence:
    sentence = gettext_noop(
        "“%(name)s” isn’t allowed with the server’s key. Remove it, or enter your own key."
    )
    return say(sentence, name=name[:60])
