"""Errors raised before anything is sent. One root, so that a view needs one `except`.

RefusedError
├── InvalidRequestError     here                 400, 413
├── InvalidLinkError        forms/link           400
├── AddressRefusedError     network/egress       403
├── BusyError               network/running      429, 503
├── TooManyCallsError       calls/rates          429
├── UnavailableError        calls/buckets        503
└── EmbedRefusedError       embeds/refusals      403, 404, 429, 503
    └── SpentTokenError     embeds/form_token    403
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from playground.exchange.fix import Fix
from playground.text.sentence import Sentence, gettext_noop, say

# Some call ends in this time, and so does a restart.
RETRY_SECONDS = 5


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """What is wrong with one field: `model`, `temperature`, `messages.2.content`, `request`…

    `status` is the HTTP status if this is the only problem. `fix` repairs it with one click.
    """

    field: str
    sentence: Sentence
    status: int = 400
    fix: Fix | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error for people, with an HTTP status. `fields` may be empty. `fix` repairs it in one click."""

    status: int
    kind: str
    title: Sentence
    advice: Sentence
    fields: tuple[FieldProblem, ...] = ()
    retry_seconds: int | None = None
    fix: Fix | None = None


class RefusedError(Exception):
    """Nothing was sent; `refusal` says why."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.kind)
        self.refusal = refusal


class InvalidRequestError(RefusedError):
    """The request was not sent. `problems` has at least one `FieldProblem`; `fix` repairs some of them."""

    def __init__(self, *problems: FieldProblem, fix: Fix | None = None) -> None:
        status = problems[0].status if len(problems) == 1 else 400
        fix = fix or next((problem.fix for problem in problems if problem.fix), None)
        title = say(gettext_noop("Request not sent"))
        advice = say(gettext_noop("Change the marked fields, then send again."))
        super().__init__(Refusal(status, "invalid_request", title, advice, problems, fix=fix))
        self.problems, self.fix = problems, fix

    def __str__(self) -> str:
        return "; ".join(f"{problem.field}: {problem.sentence}" for problem in self.problems)


def collect(problems: list[FieldProblem], otherwise: Any, read: Callable[..., Any], *values: Any) -> Any:
    """Call `read` and keep its problems, so that a person sees all at once; `otherwise` is the fallback."""
    try:
        return read(*values)
    except InvalidRequestError as error:
        problems.extend(error.problems)
        return otherwise
