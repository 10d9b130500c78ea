"""Why a call is refused before anything is sent, each in words that say what to do next."""

import math

from playground.calls.buckets import UnavailableError
from playground.calls.rates import TooManyCallsError
from playground.dialects.chat_completions.request import FieldError, InvalidRequestError
from playground.text.durations import duration
from playground.text.sentence import gettext_noop, say
from playground.upstream.egress import AddressRefusedError, Rule
from playground.upstream.running import BusyError
from playground.web.refusals import Refusal

# What the playground refuses before anything is sent. `refusal_of` says each in words.
REFUSED = (InvalidRequestError, AddressRefusedError, BusyError, TooManyCallsError, UnavailableError)

# Calls end all the time; a restart takes about as long.
_RETRY_SECONDS = 5


def refusal_of(
    error: InvalidRequestError | AddressRefusedError | BusyError | TooManyCallsError | UnavailableError,
) -> Refusal:
    match error:
        case InvalidRequestError():
            return invalid(error)
        case AddressRefusedError():
            return _address_refused(error)
        case TooManyCallsError():
            return _too_many_calls(error)
        case BusyError():
            return _busy(error)
    return Refusal(
        503,
        "not_counted",
        say(gettext_noop("The server's keys cannot be used now")),
        say(
            gettext_noop(
                "Nothing was sent: what counts their calls cannot be reached. Try again later, or type a key "
                "of your own. Who runs the playground finds its place in CACHE_URL."
            )
        ),
        retry_seconds=_RETRY_SECONDS,
    )


def invalid(error: InvalidRequestError) -> Refusal:
    too_large = any(item.field == "request" for item in error.errors) and len(error.errors) == 1
    return Refusal(
        413 if too_large and "bytes" in error.errors[0].sentence.template else 400,
        "invalid_request",
        say(gettext_noop("Nothing was sent yet")),
        say(gettext_noop("Change what is marked, and send again.")),
        error.errors,
        fix=error.fix,
    )


def _address_refused(error: AddressRefusedError) -> Refusal:
    title = say(gettext_noop("This address may not be called"))
    if error.rule is Rule.PORT:
        sentence = say(
            gettext_noop("Port %(port)s may not be called, only %(ports)s."),
            port=error.port,
            ports=", ".join(map(str, error.ports)),
        )
        advice = say(gettext_noop("Who runs the playground can allow further ports in PLAYGROUND_PORTS."))
    else:
        # The same for a name that is unknown: what names there are inside is nobody's business.
        sentence = say(
            gettext_noop("“%(host)s” has no public address: it is unknown, or inside the server's network."),
            host=error.host[:200],
        )
        advice = say(
            gettext_noop(
                "Check its spelling. Only public addresses are called; who runs the playground can allow an "
                "exact host:port in PLAYGROUND_PRIVATE_UPSTREAMS."
            )
        )
    return Refusal(403, "address_refused", title, advice, (FieldError("base_url", sentence),))


def _too_many_calls(error: TooManyCallsError) -> Refusal:
    rate, seconds = error.empty.bucket.rate, math.ceil(error.empty.seconds)
    advice = (
        gettext_noop(
            "Nothing was sent. All who use this server's keys may make %(count)s calls in %(period)s. Send "
            "again in %(wait)s, or type a key of your own, whose calls are not counted."
        )
        if error.by_all
        else gettext_noop(
            "Nothing was sent. With this server's keys you may make %(count)s calls in %(period)s. Send "
            "again in %(wait)s, or type a key of your own, whose calls are not counted."
        )
    )
    return Refusal(
        429,
        "too_many_calls",
        say(gettext_noop("Too many calls for now")),
        say(advice, count=rate.count, period=duration(rate.seconds), wait=duration(seconds)),
        retry_seconds=seconds,
    )


def _busy(error: BusyError) -> Refusal:
    if error.own:
        return Refusal(
            429,
            "too_many_at_once",
            say(gettext_noop("Too many calls at a time")),
            say(
                gettext_noop(
                    "Nothing was sent: %(most)s calls from your address are running, and no more are taken "
                    "at a time. Wait until one has ended, or stop one. Who runs the playground can raise "
                    "PLAYGROUND_CLIENT_CALLS."
                ),
                most=error.most,
            ),
            retry_seconds=_RETRY_SECONDS,
        )
    if error.stopping:
        title = say(gettext_noop("The playground is restarting"))
        advice = say(gettext_noop("Nothing was sent. Wait a few seconds, and send again."))
    else:
        title = say(gettext_noop("The playground is busy"))
        advice = say(
            gettext_noop(
                "Nothing was sent: %(most)s calls are running, and more are not taken at once. Wait a few "
                "seconds, and send again. Who runs the playground can raise PLAYGROUND_THREADS."
            ),
            most=error.most,
        )
    return Refusal(503, "busy", title, advice, retry_seconds=_RETRY_SECONDS)
