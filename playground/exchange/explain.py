"""What went wrong, in words that say what to do next."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from playground.exchange import jsontext
from playground.exchange.advice import CLOSED, FAILURES, STATUSES
from playground.exchange.failure import Failure, FailureKind
from playground.exchange.provider_message import message_in, provider_message
from playground.exchange.text import Sentence, gettext_noop, say

if TYPE_CHECKING:
    from playground.exchange.record import Exchange, Received
    from playground.exchange.stream import Stream

_UNSUPPORTED = re.compile(
    "unsupported|not support|unrecogni[sz]ed|unknown|not permitted|not allowed|unexpected|extra inputs",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Fix:
    """A change of the request that is known to help: new values by parameter, None to leave one out."""

    label: Sentence
    changes: dict[str, Any]

    def as_json(self, translate: Callable[[Sentence], str]) -> dict[str, Any]:
        return {"label": translate(self.label), "changes": self.changes}


@dataclass(frozen=True, slots=True)
class Explanation:
    """An error for people. `message` is the provider's own words, `fix` a change of one click."""

    kind: str
    title: Sentence
    advice: Sentence
    message: str | None = None
    fix: Fix | None = field(default=None)

    def as_json(self, translate: Callable[[Sentence], str]) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "title": translate(self.title),
            "advice": translate(self.advice),
            "message": self.message,
            "fix": self.fix.as_json(translate) if self.fix else None,
        }


def explain(exchange: "Exchange") -> Explanation | None:
    """None for a completion in good order."""
    return explain_arrival(exchange) or _explain_completion(exchange)


def explain_arrival(exchange: "Exchange") -> Explanation | None:
    """None for an answer that arrived whole, with a status of success and JSON in it, whatever that says."""
    if exchange.failure:
        return _explain_failure(exchange.failure, answered=exchange.received is not None)
    received = exchange.received
    if received is None:
        raise ValueError("an exchange without an answer needs a failure")
    if received.status >= 300:
        return _explain_status(exchange, received)
    return _explain_stream(exchange.stream) if exchange.stream else _explain_body(exchange, received)


def _explain_failure(failure: Failure, *, answered: bool) -> Explanation:
    title, advice = FAILURES[failure.kind]
    if failure.kind is FailureKind.CUT_OFF and not answered:
        title, advice = CLOSED
    limit = failure.limit
    params = {"host": failure.host, "limit": int(limit) if limit and limit.is_integer() else limit}
    return Explanation(str(failure.kind), say(title, **params), say(advice, **params), failure.detail or None)


def _explain_status(exchange: "Exchange", received: "Received") -> Explanation:
    message = provider_message(received)
    if 300 <= received.status < 400:
        return _explain_redirect(received, message)
    if received.status in STATUSES:
        kind, title, advice = STATUSES[received.status]
    elif received.status >= 500:
        kind, title, advice = STATUSES[500]
    else:
        kind, title, advice = STATUSES[400]
    sentence = say(advice, host=_host(exchange.sent.url)) if "%(host)s" in advice else say(advice)
    if received.status == 401 and not any(name == "Authorization" for name, _ in exchange.sent.headers):
        sentence = say(gettext_noop("No key was sent. Type one into the key field."))
    if received.status == 429 and (wait := received.header("Retry-After")):
        sentence = say(
            gettext_noop("Wait %(wait)s (Retry-After), slow down, or raise the quota at the provider."),
            wait=f"{wait} s" if wait.isdigit() else wait[:60],
        )
    return Explanation(kind, say(title), sentence, message, _known_fix(exchange, message))


def _explain_redirect(received: "Received", message: str | None) -> Explanation:
    return Explanation(
        "redirect",
        say(gettext_noop("The provider points elsewhere")),
        say(
            gettext_noop(
                "It sends on to %(location)s. Redirects are not followed, since they would carry the key "
                "along; if that address is right, make it the base URL."
            ),
            location=(received.header("Location") or "?")[:300],
        ),
        message,
    )


def _explain_body(exchange: "Exchange", received: "Received") -> Explanation | None:
    if not received.body.strip():
        return _unusable(
            "empty",
            gettext_noop("The answer is empty"),
            gettext_noop(
                "The provider sent status %(status)s without a body. Try again; then check the base URL."
            ),
            status=received.status,
        )
    try:
        answer = exchange.answer
    except jsontext.TooManyValuesError as error:
        return Explanation("too_many", say(gettext_noop("The answer cannot be read")), error.sentence)
    except jsontext.JSONTextError as error:
        return _explain_not_json(received, error)
    if isinstance(answer, dict) and answer.get("error") and not answer.get("choices"):
        message = provider_message(received)
        return Explanation(
            "provider_error",
            say(gettext_noop("The provider reports an error")),
            say(gettext_noop("Its status says success, its body does not. Change what its message names.")),
            message,
            _known_fix(exchange, message),
        )
    return None


def _explain_not_json(received: "Received", error: jsontext.JSONTextError) -> Explanation:
    title, message = gettext_noop("The answer is not JSON"), provider_message(received)
    if received.body.lstrip().startswith(b"<"):
        return _unusable(
            "not_json",
            title,
            gettext_noop(
                "No Chat Completions endpoint, or a proxy in between. Check the base URL (does it need /v1?)."
            ),
            message,
        )
    advice = gettext_noop(
        "%(problem)s The Raw JSON tab shows what came. Try again, or report it to the provider."
    )
    return _unusable("not_json", title, advice, message, problem=error.sentence)


def _explain_stream(stream: "Stream") -> Explanation | None:
    if stream.error:
        return Explanation(
            "provider_error",
            say(gettext_noop("The provider reports an error in mid-stream")),
            say(gettext_noop("What had arrived is shown. Change what its message names, or try again.")),
            message_in({"error": stream.error}),
        )
    if not stream.times_ms:
        return _unusable(
            "empty",
            gettext_noop("The stream is empty"),
            gettext_noop("It ended without a single event. Try again; then check the base URL."),
        )
    if stream.unread and stream.completion is None:
        return _unusable(
            "unreadable_events",
            gettext_noop("The stream could not be read"),
            gettext_noop("It has text where JSON belongs. The Stream tab shows what came. Try again."),
            stream.unread.first,
        )
    if stream.ended_early:
        return _unusable(
            "ended_early",
            gettext_noop("The stream ended early"),
            gettext_noop(
                "It came to its end without [DONE] or a finish reason. What arrived is shown; try again."
            ),
            stream.unread.first if stream.unread else None,
        )
    return None


def _explain_completion(exchange: "Exchange") -> Explanation | None:
    if exchange.completion is None:
        return _unusable(
            "not_completion",
            gettext_noop("The answer is no chat completion"),
            gettext_noop("It is JSON without choices. Check that the base URL is one of Chat Completions."),
        )
    if not exchange.choices:
        return _unusable(
            "no_choices",
            gettext_noop("The answer has no choices"),
            gettext_noop(
                "The provider made none, perhaps because a filter held it back. Try other messages."
            ),
        )
    return None


def _unusable(
    kind: str, title: str, advice: str, message: str | None = None, **params: object
) -> Explanation:
    return Explanation(kind, say(title), say(advice, **params), message)


def _known_fix(exchange: "Exchange", message: str | None) -> Fix | None:
    """The change that the provider's words ask for, when it is one that can be made for the person."""
    body, words = exchange.call.body, message or ""
    for old, new in (("max_tokens", "max_completion_tokens"), ("max_completion_tokens", "max_tokens")):
        # "'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
        if body.get(old) is not None and _UNSUPPORTED.search(words) and _names(words, old):
            return Fix(
                say(gettext_noop("Use %(new)s in place of %(old)s"), new=new, old=old),
                {old: None, new: body[old]},
            )
    for name in body:
        if name not in ("model", "messages") and _UNSUPPORTED.search(words) and _names(words, name):
            return Fix(say(gettext_noop("Send without %(name)s"), name=name), {name: None})
    return None


def _names(words: str, parameter: str) -> bool:
    # A plain word ("user", "n", "stop") counts only in quotes: it may be meant otherwise.
    quote = "" if "_" in parameter else "['\"`]"
    return re.search(rf"(?<!\w){quote}{re.escape(parameter)}{quote}(?!\w)", words) is not None


def _host(url: str) -> str:
    return url.split("/", 3)[2] if url.count("/") >= 2 else url
