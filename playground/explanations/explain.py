"""Explain what went wrong and what to do next."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any
from urllib.parse import urljoin

from playground.dialects.other_apis import api_of
from playground.errors.provider_error import ProviderError, read_text, read_value
from playground.exchange.failure import Failure, FailureKind
from playground.exchange.fix import Fix
from playground.exchange.record import Exchange, Received
from playground.exchange.stream import Stream
from playground.explanations.advice import ABOUT, LISTING, OUT_OF_REACH, PROMPT, limit_in, words_for
from playground.explanations.context_window import overrun_in
from playground.explanations.diagnosis import Diagnosis, diagnose, length_field
from playground.text import event_data, jsontext
from playground.text.endpoint import BaseURLError, Endpoint
from playground.text.sentence import Sentence, gettext_noop, say

LONGEST_QUOTE = 300
# A longer body isn't an error message, and parsing it again would double the memory.
_LARGEST_BODY = 1 << 20
# How many events of a stream are checked for another API; the first may be a heartbeat.
_FIRST_EVENTS = 5


@dataclass(frozen=True, slots=True)
class Explanation:
    """An error for people. `message` is the provider's own words, `fix` a one-click change.

    `wait` is the number of seconds after which the provider wants to be asked again.
    """

    kind: str
    title: Sentence
    advice: Sentence
    message: str | None = None
    fix: Fix | None = field(default=None)
    wait: int | None = None

    @classmethod
    def of(cls, diagnosis: Diagnosis, message: str | None, fix: Fix | None) -> "Explanation":
        return cls(diagnosis.kind, diagnosis.title, diagnosis.advice, message, fix, diagnosis.wait)

    def as_json(self, translate: Callable[[Sentence], str]) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "title": translate(self.title),
            "advice": translate(self.advice),
            "message": self.message,
            "fix": self.fix.as_json(translate) if self.fix else None,
        }


def explain(exchange: Exchange) -> Explanation | None:
    """Return what went wrong, or None for a sound completion."""
    if "explanation" not in exchange.derived:
        found = explain_arrival(exchange) or _within_reach(_explain_completion(exchange), exchange)
        exchange.derived["explanation"] = found
    explanation: Explanation | None = exchange.derived["explanation"]
    return explanation


def explain_arrival(exchange: Exchange) -> Explanation | None:
    """Return what went wrong with the response, or None if it is complete, readable, and reports no error."""
    return _within_reach(_explain_arrival(exchange), exchange)


def _explain_arrival(exchange: Exchange) -> Explanation | None:
    if exchange.failure:
        return _explain_failure(exchange, exchange.failure)
    received = exchange.received
    if received is None:
        raise ValueError("an exchange without a response needs a failure")
    if received.status >= 300:
        return _explain_status(exchange, received)
    if exchange.stream:
        return _explain_stream(exchange, received, exchange.stream)
    return _explain_body(exchange, received)


def _within_reach(explanation: Explanation | None, exchange: Exchange) -> Explanation | None:
    """Drop advice and fixes for what the reader can't change."""
    if explanation is None or not exchange.fixed:
        return explanation
    about = ABOUT.get(explanation.kind)
    if exchange.received is None and explanation.kind == FailureKind.CUT_OFF:
        about = "base_url"
    if about == PROMPT:
        about = exchange.dialect.fields.prompt
    if explanation.fix and exchange.fixed & explanation.fix.changes.keys():
        explanation = replace(explanation, fix=None)
    return replace(explanation, advice=say(OUT_OF_REACH)) if about in exchange.fixed else explanation


def explain_no_list(exchange: Exchange) -> Explanation:
    """Explain a sound response that is not a model list although one was asked for."""
    return Explanation(
        "no_list",
        say(gettext_noop("Unknown model list format")),
        say(gettext_noop("The response isn’t a model list in a known format. Enter a model ID.")),
        exchange.received.text[:LONGEST_QUOTE] if exchange.received else None,
    )


def _explain_failure(exchange: Exchange, failure: Failure) -> Explanation:
    title, advice = words_for(
        failure,
        has_response=exchange.received is not None,
        is_listing=exchange.is_listing,
        is_listed=exchange.provider is not None,
    )
    params = {
        "host": failure.host,
        "limit": limit_in(failure),
        "field": length_field(exchange) if "%(field)" in advice else "",
    }
    return Explanation(str(failure.kind), say(title, **params), say(advice, **params), failure.detail or None)


def _words_of(received: Received) -> ProviderError:
    """Read a body of any kind: JSON, events, a page, plain text."""
    if len(received.body) > _LARGEST_BODY:
        return read_text(received.body[:_LARGEST_BODY].decode("utf-8", "replace"))
    try:
        return read_value(jsontext.loads_leniently(received.in_utf8))
    except jsontext.JSONTextError:
        return read_text(received.text)


def _explain_status(exchange: Exchange, received: Received) -> Explanation:
    error = _words_of(received)
    if 300 <= received.status < 400:
        return _explain_redirect(exchange, received, error.message)
    diagnosis = diagnose(error, exchange, received)
    if diagnosis is None:
        raise ValueError("a status of 400 and more always has its kind")
    return Explanation.of(diagnosis, error.message, _known_fix(exchange, error))


def _known_fix(exchange: Exchange, error: ProviderError) -> Fix | None:
    dialect, body = exchange.dialect, exchange.call.body
    if overrun := overrun_in(error):
        return dialect.fix_tokens(body, overrun.room) if overrun.room else None
    return dialect.fix(body, error)


def _explain_redirect(exchange: Exchange, received: Received, message: str | None) -> Explanation:
    return Explanation(
        "redirect",
        say(gettext_noop("The request was redirected")),
        say(
            gettext_noop(
                "The provider redirects to %(location)s. If you trust this address, enter it as the base "
                "URL. The playground doesn’t follow redirects, because they would pass on your key."
            ),
            location=_pasteable(exchange, received.header("Location") or "?")[:LONGEST_QUOTE],
        ),
        message,
    )


def _pasteable(exchange: Exchange, location: str) -> str:
    """Return where a redirect leads, as a base URL if it can be one."""
    try:
        return Endpoint.parse(target := urljoin(exchange.sent.url, location), exchange.dialect.ending).given
    except BaseURLError:
        return target
    except ValueError:  # not a URL, nor a part of one
        return location


def _explain_body(exchange: Exchange, received: Received) -> Explanation | None:
    if not received.body.strip():
        return _unusable(
            "empty",
            gettext_noop("The response is empty"),
            gettext_noop(
                "The response has status %(status)s, but no body. Try again, or check the base URL."
            ),
            status=received.status,
        )
    try:
        answer = exchange.value
    except jsontext.TooManyValuesError:
        advice = gettext_noop("The response has more than %(limit)s values. Lower %(field)s.")
        return _unusable(
            "too_many",
            gettext_noop("Too many values in the response"),
            LISTING["too_many"] if exchange.is_listing else advice,
            limit=jsontext.MAX_VALUES,
            field=length_field(exchange),
        )
    except jsontext.JSONTextError as error:
        return _explain_not_json(exchange, received, error)
    reported = exchange.dialect.error(answer)
    return None if reported is None else _explain_reported(exchange, received, reported)


def _explain_not_json(exchange: Exchange, received: Received, error: jsontext.JSONTextError) -> Explanation:
    # Lines of JSON (Ollama): the first one tells which API it is.
    if name := _other_api(
        exchange, event_data.read(received.body.lstrip().split(b"\n", 1)[0].decode("utf-8", "replace"))
    ):
        return _of_other_api(exchange, name)
    title, message = gettext_noop("The response isn’t JSON"), _words_of(received).message
    if received.body.lstrip().startswith(b"<"):
        return _unusable(
            "not_json",
            title,
            gettext_noop("The response is a web page. Check the base URL, which may need /v1 at the end."),
            message,
        )
    advice = gettext_noop("%(problem)s Try again, or look at “Raw JSON”.")
    if exchange.is_listing:
        advice = LISTING["not_json"]
    return _unusable("not_json", title, advice, message, problem=error.sentence)


def _explain_reported(exchange: Exchange, received: Received, value: Any) -> Explanation:
    """Explain an error sent with a success status as if sent with its own status, if that is known."""
    error = read_value(value)
    diagnosis = diagnose(error, exchange, received)
    fix = _known_fix(exchange, error)
    if diagnosis is not None:
        return Explanation.of(diagnosis, error.message, fix)
    return Explanation(
        "provider_error",
        say(gettext_noop("The provider reported an error")),
        say(
            gettext_noop(
                "The status says success, but the body is an error. Correct what the provider’s message "
                "points out."
            )
        ),
        error.message,
        fix,
    )


def _explain_stream(exchange: Exchange, received: Received, stream: Stream) -> Explanation | None:
    if stream.error:
        explanation = _explain_reported(exchange, received, stream.error)
        arrived = any(not choice.is_empty for choice in exchange.choices)
        return _in_mid_stream(explanation) if arrived else explanation
    if not stream.times_ms:
        return _unusable(
            "empty",
            gettext_noop("The stream is empty"),
            gettext_noop("The stream ended without any events. Try again, or check the base URL."),
        )
    if stream.unread and (stream.ended_early or stream.completion is None):
        return _explain_plain_text(exchange, received, stream.unread.first)
    if stream.ended_early and not stream.is_foreign:
        return _ended_early(exchange, None)
    return None


def _explain_plain_text(exchange: Exchange, received: Received, words: str) -> Explanation:
    """Explain a stream that ends with plain text: the provider's words, which may say why."""
    # Text that looks like JSON is a truncated chunk, and its words are the model's.
    error = ProviderError() if words.startswith(("{", "[")) else read_text(words)
    diagnosis, fix = diagnose(error, exchange, received), _known_fix(exchange, error)
    if diagnosis is not None:
        explanation = Explanation.of(diagnosis, error.message or words, fix)
        arrived = any(not choice.is_empty for choice in exchange.choices)
        return _in_mid_stream(explanation) if arrived else explanation
    if exchange.choices:
        return replace(_ended_early(exchange, error.message or words), fix=fix)
    explanation = _unusable(
        "unreadable_events",
        gettext_noop("The stream can’t be read"),
        gettext_noop("The stream contains text that isn’t JSON. Try again, or look at “Events”."),
        error.message or words,
    )
    return replace(explanation, fix=fix)


def _ended_early(exchange: Exchange, message: str | None) -> Explanation:
    return _unusable(
        "ended_early",
        gettext_noop("The stream ended early"),
        gettext_noop("The stream has no %(end_mark)s and no finish reason at its end. Try again."),
        message,
        end_mark=exchange.dialect.end_mark,
    )


def _in_mid_stream(explanation: Explanation) -> Explanation:
    if explanation.kind == "provider_error":
        advice = say(gettext_noop("Try again, or correct what the provider’s message points out."))
        explanation = replace(explanation, advice=advice)
    return replace(explanation, title=say(gettext_noop("Error during streaming")))


def _other_api(exchange: Exchange, value: Any) -> str | None:
    return None if exchange.dialect.completion(value) else api_of(value, exchange.dialect.id)


def _of_other_api(exchange: Exchange, name: str) -> Explanation:
    return _unusable(
        "not_completion",
        gettext_noop("Unexpected response format"),
        gettext_noop(
            "The response comes from the %(api)s, but the request was for %(dialect)s. Check the base URL."
        ),
        api=name,
        dialect=exchange.dialect.label,
    )


def _explain_completion(exchange: Exchange) -> Explanation | None:
    if exchange.completion is None:
        events = islice(exchange.stream.events, _FIRST_EVENTS) if exchange.stream else ()
        values = (event_data.read(event.data) for event in events) if exchange.stream else [exchange.value]
        if name := next((found for value in values if (found := _other_api(exchange, value))), None):
            return _of_other_api(exchange, name)
        said = read_value(None if exchange.stream else exchange.value)
        advice = gettext_noop("The response is JSON, but not from %(dialect)s. Check the base URL.")
        if said.texts:
            advice = gettext_noop(
                "The response is JSON, but not from %(dialect)s. Read the provider’s message, or check the "
                "base URL."
            )
        title, message = gettext_noop("Unexpected response format"), said.texts and said.message
        return _unusable("not_completion", title, advice, message or None, dialect=exchange.dialect.label)
    choices = exchange.choices
    if not choices:
        return _unusable(
            "no_choices",
            gettext_noop("The response has no answer"),
            gettext_noop("Change the messages. The provider’s filter may have blocked the answer."),
        )
    if broken_off := next((choice for choice in choices if choice.is_broken_off), None):
        return _unusable(
            "provider_error",
            gettext_noop("The provider stopped the answer"),
            gettext_noop("The finish reason is “%(reason)s”, without an explanation. Try again."),
            reason=broken_off.finish_reason,
        )
    return None


def _unusable(
    kind: str, title: str, advice: str, message: str | None = None, **params: object
) -> Explanation:
    return Explanation(kind, say(title), say(advice, **params), message)
