"""What went wrong, in words that say what to do next."""

import html
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from playground.exchange import jsontext
from playground.exchange.failure import Failure, FailureKind
from playground.exchange.text import Sentence, gettext_noop, say

if TYPE_CHECKING:
    from playground.exchange.record import Exchange, Received

LONGEST_MESSAGE = 2000

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
    return _explain_body(exchange, received)


_FAILURES: dict[FailureKind, tuple[str, str]] = {
    FailureKind.UNKNOWN_HOST: (
        gettext_noop("No host is called %(host)s"),
        gettext_noop("Check the spelling of the base URL, and that this server can look names up (DNS)."),
    ),
    FailureKind.REFUSED: (
        gettext_noop("%(host)s refuses connections"),
        gettext_noop(
            "Nothing listens there. Is the server running (for Ollama: “ollama serve”)? Check the port."
        ),
    ),
    FailureKind.UNREACHABLE: (
        gettext_noop("%(host)s cannot be reached"),
        gettext_noop("The network gives no way there. Check this server's connection and the base URL."),
    ),
    FailureKind.CONNECT_TIMEOUT: (
        gettext_noop("%(host)s does not answer"),
        gettext_noop(
            "No connection within %(limit)s s. Check the host and port, or raise "
            "PLAYGROUND_CONNECT_SECONDS on the server."
        ),
    ),
    FailureKind.TLS: (
        gettext_noop("No secure connection to %(host)s"),
        gettext_noop(
            "The certificate or the TLS set-up was not accepted. If the server speaks plain HTTP, write http://."
        ),
    ),
    FailureKind.SILENCE: (
        gettext_noop("%(host)s went silent"),
        gettext_noop(
            "Nothing came for %(limit)s s. Try again, ask for fewer tokens, or raise "
            "PLAYGROUND_SILENCE_SECONDS on the server."
        ),
    ),
    FailureKind.TOO_LONG: (
        gettext_noop("The exchange took too long"),
        gettext_noop(
            "It was ended after %(limit)s s. Ask for fewer tokens, or raise "
            "PLAYGROUND_EXCHANGE_SECONDS on the server."
        ),
    ),
    FailureKind.TOO_LARGE: (
        gettext_noop("The answer is too large"),
        gettext_noop(
            "It passed %(limit)s bytes and was cut there. Ask for fewer tokens, or raise "
            "PLAYGROUND_RESPONSE_BYTES on the server."
        ),
    ),
    FailureKind.CUT_OFF: (
        gettext_noop("The answer was cut off"),
        gettext_noop("%(host)s closed the connection before the end. What arrived is shown; try again."),
    ),
    FailureKind.NOT_HTTP: (
        gettext_noop("%(host)s does not speak HTTP as expected"),
        gettext_noop("Check the port, and whether the base URL needs https:// in place of http://."),
    ),
    FailureKind.BAD_ENCODING: (
        gettext_noop("The answer cannot be decoded"),
        gettext_noop(
            "%(host)s compressed it in a way that does not unpack. Try again; then ask the provider."
        ),
    ),
}


# A connection that ends before an answer shows nothing of one.
_CLOSED = (
    gettext_noop("%(host)s closed the connection without an answer"),
    gettext_noop("Try again; if it stays so, check the port, and whether the base URL needs https://."),
)


def _explain_failure(failure: Failure, *, answered: bool) -> Explanation:
    title, advice = _FAILURES[failure.kind]
    if failure.kind is FailureKind.CUT_OFF and not answered:
        title, advice = _CLOSED
    limit = failure.limit
    params = {"host": failure.host, "limit": int(limit) if limit and limit.is_integer() else limit}
    return Explanation(str(failure.kind), say(title, **params), say(advice, **params), failure.detail or None)


_STATUSES: dict[int, tuple[str, str, str]] = {
    400: (
        "bad_request",
        gettext_noop("The provider finds the request wrong"),
        gettext_noop("Change what its message names, and send again."),
    ),
    401: (
        "unauthorized",
        gettext_noop("The key was not accepted"),
        gettext_noop("Check the key, and that it belongs to %(host)s."),
    ),
    402: (
        "payment_required",
        gettext_noop("The account has no credit"),
        gettext_noop("Add credit at the provider, then send again."),
    ),
    403: (
        "forbidden",
        gettext_noop("The key may not do this"),
        gettext_noop("Check that the account may use this model, and that its region is served."),
    ),
    404: (
        "not_found",
        gettext_noop("No such model or path"),
        gettext_noop("Pick a model from the provider's list, and check the base URL (does it need /v1?)."),
    ),
    405: (
        "not_found",
        gettext_noop("No such path"),
        gettext_noop("Nothing takes a POST there. Check the base URL (does it need /v1?)."),
    ),
    408: (
        "timeout",
        gettext_noop("The provider ran out of time"),
        gettext_noop("Try again, or ask for fewer tokens."),
    ),
    413: (
        "too_large_for_provider",
        gettext_noop("The request is too large for the provider"),
        gettext_noop("Shorten the messages, and send again."),
    ),
    422: (
        "bad_request",
        gettext_noop("The provider finds the request wrong"),
        gettext_noop("Change what its message names, and send again."),
    ),
    429: (
        "rate_limited",
        gettext_noop("Too many requests, or no quota left"),
        gettext_noop("Slow down and try again, or raise the quota at the provider."),
    ),
    500: (
        "server_error",
        gettext_noop("The provider had an error"),
        gettext_noop("Nothing is wrong on your side. Try again later."),
    ),
    502: (
        "unavailable",
        gettext_noop("The provider is unavailable"),
        gettext_noop("A gateway answered in its place. Try again later."),
    ),
    503: (
        "unavailable",
        gettext_noop("The provider is unavailable"),
        gettext_noop("It is overloaded or down. Try again later."),
    ),
    504: (
        "timeout",
        gettext_noop("The provider ran out of time"),
        gettext_noop("Try again, or ask for fewer tokens."),
    ),
}


def _explain_status(exchange: "Exchange", received: "Received") -> Explanation:
    message = provider_message(received)
    if 300 <= received.status < 400:
        return _explain_redirect(received, message)
    if received.status in _STATUSES:
        kind, title, advice = _STATUSES[received.status]
    elif received.status >= 500:
        kind, title, advice = _STATUSES[500]
    else:
        kind, title, advice = _STATUSES[400]
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
    except jsontext.JSONTextError:
        return _unusable(
            "not_json",
            gettext_noop("The answer is not JSON"),
            gettext_noop(
                "No Chat Completions endpoint, or a proxy in between. Check the base URL (does it need /v1?)."
            ),
            provider_message(received),
        )
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


def provider_message(received: "Received") -> str | None:
    """The provider's own words: out of the shapes that error bodies have, or the start of a text."""
    try:
        found = _message_in(jsontext.loads(received.body))
    except jsontext.JSONTextError:
        found = _message_in_text(received.text)
    found = (found or "").strip() or None
    return found if found is None or len(found) <= LONGEST_MESSAGE else found[:LONGEST_MESSAGE] + "…"


def _message_in(value: Any) -> str | None:
    match value:
        case str():
            return value
        case {"error": {"message": str(message)}} | {"error": str(message)}:
            return message
        case {"message": str(message)} | {"detail": str(message)} | {"error_msg": str(message)}:
            return message
        case {"detail": [{"msg": str(message)} as first, *_]}:  # FastAPI servers
            loc = first.get("loc")
            place = ".".join(str(part) for part in loc) if isinstance(loc, list) else ""
            return f"{place}: {message}" if place else message
        case [first, *_]:  # Gemini wraps its error in a list
            return _message_in(first)
        case {"error": dict(inner)}:
            return _message_in(inner)
    return None


def _message_in_text(text: str) -> str | None:
    start = text[:20_000]
    if "<html" not in start.lower() and "<!doctype" not in start.lower():
        return text[: LONGEST_MESSAGE + 1]
    title = re.search(r"<title[^>]*>([^<]*)", start, re.IGNORECASE)
    heading = re.search(r"<h1[^>]*>([^<]*)", start, re.IGNORECASE)
    found = title or heading
    return html.unescape(found[1]).strip() if found else None


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
