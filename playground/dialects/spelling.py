"""Names that a provider may read as other ones, or that are probably misspelled."""

from collections.abc import Collection, Iterable
from difflib import get_close_matches

from playground.exchange.demands import Fields
from playground.exchange.dialect import Dialect
from playground.exchange.refusal import FieldProblem
from playground.text.sentence import gettext_noop, say

# Finds `temprature` and `max_token`; `top_k`, which some providers have, is not `top_p`.
_SIMILAR = 0.85
_LONGEST = 60


def all_names(names: Iterable[str], fields: Fields) -> frozenset[str]:
    """Return the names in lower case, with their synonyms."""
    lower = frozenset(map(str.casefold, names))
    return lower.union(*(group for group in fields.synonyms if group & lower))


def other_names(body: Iterable[str], names: Collection[str], fields: Fields) -> list[str]:
    """Return the names in a body that a provider may read as one of `names`, such as `MAX_TOKENS`."""
    known = all_names(names, fields)
    return [name for name in body if name not in names and name.casefold() in known]


def misspelled(names: Iterable[str], dialect: Dialect) -> list[FieldProblem]:
    """Return which names of a body's fields are unknown, but close to a parameter of the API."""
    fields = dialect.fields
    own = {one.name.partition(".")[0] for one in dialect.parameters} | {fields.model, fields.prompt}
    known = own.union(fields.foreign, fields.delivery, *fields.synonyms)
    return [
        FieldProblem(name, say(gettext_noop("Did you mean “%(name)s”?"), name=close[0]))
        for name in names
        if name not in known and (close := get_close_matches(name[:_LONGEST], own, 1, _SIMILAR))
    ]
