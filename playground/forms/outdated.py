"""Models that a provider has retired: what people are told, and the model to use instead."""

from dataclasses import dataclass, replace

from playground.catalogue.providers import catalogue
from playground.exchange.dialect import Dialect
from playground.exchange.fix import Fix
from playground.exchange.record import Exchange
from playground.explanations.explain import Explanation, explain
from playground.text.sentence import Sentence, gettext_noop, say


@dataclass(frozen=True, slots=True)
class Outdated:
    """A sentence about a retired model, and the one-click change to the provider's first suggestion."""

    sentence: Sentence
    fix: Fix


def outdated(provider: str, model: str, dialect: Dialect) -> Outdated | None:
    """Return what to say of the model, or None if its provider still serves it as far as is known."""
    known = catalogue().get(provider)
    if known is None or not known.models or not known.has_retired(model):
        return None
    suggested = known.models[0]
    sentence = gettext_noop("%(provider)s has retired “%(model)s” or soon will. Use “%(suggested)s” instead.")
    return Outdated(
        say(sentence, provider=say(known.label), model=model[:60], suggested=suggested),
        Fix(say(gettext_noop("Use %(model)s"), model=suggested), {dialect.fields.model: suggested}),
    )


def explained(exchange: Exchange) -> Explanation | None:
    """Return what went wrong. If the model was not found because it is retired, its fix is another one."""
    error, field = explain(exchange), exchange.dialect.fields.model
    if error is None or error.kind != "not_found" or error.fix or field in exchange.fixed:
        return error
    found = outdated(exchange.provider or "", exchange.demands.model, exchange.dialect)
    return replace(error, fix=found.fix) if found else error
