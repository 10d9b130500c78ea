"""The request that a frame opens with: that of the page's tag, as far as the embed allows it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from playground.calls.draft import checked_request
from playground.catalogue.providers import dialect_recorded
from playground.embeds.models import Embed
from playground.exchange.dialect import Dialect
from playground.exchange.refusal import FieldProblem, InvalidRequestError, Refusal
from playground.forms.link import link_body


@dataclass(frozen=True)
class Opened:
    """What a page asks for, as far as the embed allows; `overruled` names what it does not allow.

    `problems` are those of the fields that the page sets: its author has to fix them.
    """

    body: Mapping[str, Any] = field(default_factory=dict)
    digest: str = ""
    overruled: Sequence[str] = ()
    problems: Sequence[FieldProblem] = ()

    @classmethod
    def of(cls, embed: Embed | None, asked: Mapping[str, Any], provider: str = "", api: str = "") -> "Opened":
        if embed is None:
            return cls(asked, problems=told_by(asked, asked, dialect_recorded(None, api)))
        body = embed.asked(asked)
        problems = told_by(asked, body, embed.dialect)
        return cls(body, embed.digest_of(body), embed.overruled(asked, provider, api), problems)

    @property
    def refusal(self) -> Refusal | None:
        """The refusal that sending it would get, if the page's own fields cause it."""
        return InvalidRequestError(*self.problems).refusal if self.problems else None


def request_in(api: str, embed: Embed | None, text: str) -> dict[str, Any]:
    """Return a tag's request; {} if it is for another API than the embed's. Raises `InvalidRequestError`."""
    if embed is None:
        return link_body(text, dialect_recorded(None, api))
    return link_body(text, embed.dialect) if embed.speaks(api) else {}


def told_by(asked: Mapping[str, Any], body: Mapping[str, Any], dialect: Dialect) -> list[FieldProblem]:
    """Return the problems of a body in the fields that a page asks for; what is only missing, readers add."""
    try:
        checked_request(dialect, dict(body))
    except InvalidRequestError as error:
        return [problem for problem in error.problems if problem.field.partition(".")[0] in asked]
    return []
