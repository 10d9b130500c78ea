"""The title and the advice for each failure and each status."""

from playground import amounts
from playground.exchange.failure import Failure, FailureKind
from playground.text.durations import SECONDS
from playground.text.sentence import Sentence, gettext_noop, say

# Title and advice; `%(host)s`, `%(limit)s`, and `%(field)s` come from the failure and the request.
FAILURES: dict[FailureKind, tuple[str, str]] = {
    FailureKind.UNKNOWN_HOST: (
        gettext_noop("Can’t find %(host)s"),
        gettext_noop("Check the spelling of the base URL. (Administrators can check this server’s DNS.)"),
    ),
    FailureKind.REFUSED: (
        gettext_noop("%(host)s refused the connection"),
        gettext_noop("Check the port in the base URL, or start the server (Ollama: ollama serve)."),
    ),
    FailureKind.UNREACHABLE: (
        gettext_noop("Can’t reach %(host)s"),
        gettext_noop("Check the base URL. (Administrators can check this server’s network connection.)"),
    ),
    FailureKind.PROXY: (
        gettext_noop("The proxy can’t reach %(host)s"),
        gettext_noop(
            "Check the base URL. (Administrators can check whether the proxy in PLAYGROUND_EGRESS_PROXY "
            "allows this host.)"
        ),
    ),
    FailureKind.CONNECT_TIMEOUT: (
        gettext_noop("Connection to %(host)s timed out"),
        gettext_noop(
            "No connection within %(limit)s. Check the host and port in the base URL. (Administrators can "
            "raise PLAYGROUND_CONNECT_SECONDS.)"
        ),
    ),
    FailureKind.TLS: (
        gettext_noop("No secure connection to %(host)s"),
        gettext_noop(
            "The TLS certificate or settings were rejected. Check the base URL. For a server without TLS, "
            "use http://."
        ),
    ),
    FailureKind.SILENCE: (
        gettext_noop("%(host)s stopped responding"),
        gettext_noop(
            "No data arrived for %(limit)s. Try again, or lower %(field)s. (Administrators can raise "
            "PLAYGROUND_SILENCE_SECONDS.)"
        ),
    ),
    FailureKind.SLOW_HEAD: (
        gettext_noop("Response headers took too long"),
        gettext_noop(
            "The headers weren’t complete after %(limit)s. Try again. (Administrators can raise "
            "PLAYGROUND_SILENCE_SECONDS.)"
        ),
    ),
    FailureKind.TOO_LONG: (
        gettext_noop("The call took too long"),
        gettext_noop(
            "The playground ended the call after %(limit)s. Lower %(field)s. (Administrators can raise "
            "PLAYGROUND_EXCHANGE_SECONDS.)"
        ),
    ),
    FailureKind.TOO_LARGE: (
        gettext_noop("The response is too large"),
        gettext_noop(
            "The response exceeded %(limit)s. Lower %(field)s. (Administrators can raise "
            "PLAYGROUND_RESPONSE_BYTES.)"
        ),
    ),
    FailureKind.TOO_MANY: (
        gettext_noop("Too many items in the stream"),
        gettext_noop(
            "The stream exceeded %(limit)s events, lines, choices, tool calls, or other values. Lower "
            "%(field)s, or ask for fewer choices."
        ),
    ),
    FailureKind.CUT_OFF: (
        gettext_noop("The response was cut off"),
        gettext_noop("%(host)s closed the connection before the end. Click “Send again”."),
    ),
    FailureKind.STOPPED: (
        gettext_noop("Stopped"),
        gettext_noop("The connection to the provider is closed. What was received is shown."),
    ),
    FailureKind.RESTARTED: (
        gettext_noop("The playground restarted"),
        gettext_noop("The restart ended the call. Click “Send again”."),
    ),
    FailureKind.NOT_HTTP: (
        gettext_noop("Invalid HTTP response from %(host)s"),
        gettext_noop("Check the port in the base URL, and whether it needs https:// instead of http://."),
    ),
    FailureKind.BAD_ENCODING: (
        gettext_noop("The response can’t be decompressed"),
        gettext_noop("The compressed data isn’t valid. Try again, or report it to the provider."),
    ),
}

# A provider of the list: people can’t change its base URL.
UNKNOWN_LISTED = gettext_noop("Try again later. (Administrators can check this server’s DNS.)")
# For a connection that ends before any response: there is nothing to show.
STOPPED_EARLY = gettext_noop("The connection to the provider is closed. Nothing was received.")
CLOSED = (
    gettext_noop("%(host)s closed the connection"),
    gettext_noop(
        "No response arrived. Try again, or check the port in the base URL, and whether it needs https://."
    ),
)
# For an HTTP response that asks for HTTPS.
NEEDS_TLS = (
    gettext_noop("%(host)s requires HTTPS"),
    gettext_noop("Change http:// to https:// in the base URL."),
)
# For status 401 if no key was sent.
NO_KEY = (
    gettext_noop("No API key was sent"),
    gettext_noop("Enter your key under “API key”, then send again."),
)

# Kind, title, and advice. `%(host)s` is the host that responded, `%(method)s` the request's method, and
# `%(field)s` the parameter that limits the answer's length.
STATUSES: dict[int, tuple[str, str, str]] = {
    400: (
        "bad_request",
        gettext_noop("The provider rejected the request"),
        gettext_noop("Correct what the provider’s message points out, then send again."),
    ),
    401: (
        "unauthorized",
        gettext_noop("Invalid API key"),
        gettext_noop("Check that your API key is correct and belongs to %(host)s."),
    ),
    402: (
        "payment_required",
        gettext_noop("Not enough credit"),
        gettext_noop("Add credit or a payment method to your provider account, then send again."),
    ),
    403: (
        "forbidden",
        gettext_noop("Access denied"),
        gettext_noop(
            "Check with the provider that your key can use this model, and that your region is supported."
        ),
    ),
    404: (
        "not_found",
        gettext_noop("Model or path not found"),
        gettext_noop(
            "Click “List models” and pick one, or check the base URL, which may need /v1 at the end."
        ),
    ),
    405: (
        "not_found",
        gettext_noop("Method not allowed"),
        gettext_noop(
            "This address doesn’t accept %(method)s. Check the base URL, which may need /v1 at the end."
        ),
    ),
    408: (
        "timeout",
        gettext_noop("The provider timed out"),
        gettext_noop("Try again, or lower %(field)s."),
    ),
    410: (
        "not_found",
        gettext_noop("No longer available"),
        gettext_noop("Change the model, base URL, or parameter named in the provider’s message."),
    ),
    413: (
        "too_large_for_provider",
        gettext_noop("Request too large for the provider"),
        gettext_noop("Shorten the messages, then send again."),
    ),
    429: (
        "rate_limited",
        gettext_noop("Rate limit reached"),
        gettext_noop("Wait a moment, then send again, or ask your provider for a higher rate limit."),
    ),
    500: (
        "server_error",
        gettext_noop("The provider had an internal error"),
        gettext_noop("Try again later. Your request isn’t the cause."),
    ),
    502: (
        "unavailable",
        gettext_noop("The provider is unavailable"),
        gettext_noop("Try again later. A gateway responded instead of the provider."),
    ),
    503: (
        "unavailable",
        gettext_noop("The provider is unavailable"),
        gettext_noop("Try again later. The provider is overloaded or down."),
    ),
    529: (
        "overloaded",
        gettext_noop("The provider is overloaded"),
        gettext_noop("Try again later, or pick another model."),
    ),
}
STATUSES |= {
    422: STATUSES[400],
    451: STATUSES[403],
    498: STATUSES[529],  # Groq: no capacity in this tier
    504: STATUSES[408],
    524: STATUSES[408],  # Cloudflare: no response within 100 s
    499: STATUSES[500],  # Google: canceled, but not by us
    # A proxy or a network on the way that requires a login.
    **dict.fromkeys((407, 511), STATUSES[502]),
    # Cloudflare got nothing usable from the provider, or nothing at all.
    **dict.fromkeys((520, 521, 522, 523, 525, 526, 530), STATUSES[502]),
}

# The advice for these kinds when models were listed. Other kinds keep the advice above.
LISTING = {
    "bad_request": gettext_noop("This provider has no model list. Enter a model ID."),
    "forbidden": gettext_noop("This key can’t list models. Enter a model ID, or try another key."),
    "not_found": gettext_noop(
        "No model list at this address. Enter a model ID, or check the base URL, which may need /v1 at the "
        "end."
    ),
    # A partial list isn't shown, and there is no length limit to lower.
    **dict.fromkeys(
        ("timeout", "overloaded", "silence", "too_long", "too_large", "too_many", "cut_off", "restarted"),
        gettext_noop("Try again, or enter a model ID."),
    ),
    "not_json": gettext_noop("%(problem)s Try again, or enter a model ID."),
}

# About a model that works with another API only; in an embed, readers may not be able to choose the API.
OTHER_API = gettext_noop(
    "%(host)s doesn’t serve “%(model)s” with %(dialect)s. Choose another API, or click “List models” and "
    "pick another model."
)
OTHER_MODEL = gettext_noop(
    "%(host)s doesn’t serve “%(model)s” with %(dialect)s. Click “List models” and pick another one."
)

# The field with the prompt, whatever the dialect calls it.
PROMPT = "prompt"
# The field that the advice on a kind tells people to change. If an embed fixes that field, its readers get
# `OUT_OF_REACH` instead.
ABOUT = {
    **dict.fromkeys(
        (
            "unknown_host", "refused", "unreachable", "proxy", "connect_timeout", "tls", "not_http",
            "redirect", "not_found", "empty", "not_json", "not_completion",
        ),
        "base_url",
    ),
    **dict.fromkeys(("unauthorized", "payment_required", "forbidden", "quota"), "api_key"),
    **dict.fromkeys(("context_window", "too_large_for_provider", "no_choices"), PROMPT),
}  # fmt: skip
OUT_OF_REACH = gettext_noop("You can’t fix this here. Try again later, or tell the author of this page.")


def words_for(failure: Failure, *, has_response: bool, is_listing: bool, is_listed: bool) -> tuple[str, str]:
    """Return the title and the advice. `is_listed`: the base URL is that of a provider in the list."""
    title, advice = FAILURES[failure.kind]
    if failure.kind is FailureKind.CUT_OFF and not has_response:
        return CLOSED
    if failure.kind is FailureKind.STOPPED and not has_response:
        return title, STOPPED_EARLY
    if failure.kind is FailureKind.UNKNOWN_HOST and is_listed:
        return title, UNKNOWN_LISTED
    return title, LISTING.get(failure.kind, advice) if is_listing else advice


def limit_in(failure: Failure) -> Sentence | str:
    """Return the limit that was reached, in its unit; "" if none was."""
    if failure.limit is None:
        return ""
    if failure.kind is FailureKind.TOO_LARGE:
        return amounts.size(int(failure.limit))
    return (
        amounts.count(int(failure.limit))
        if failure.kind is FailureKind.TOO_MANY
        else _exact_seconds(failure.limit)
    )


def _exact_seconds(seconds: float) -> Sentence:
    """Return a time limit as it was set; below a second, in milliseconds."""
    if seconds < 1:
        return say("%(duration)s", duration=amounts.duration(1000 * seconds))
    if seconds == int(seconds):
        return say(SECONDS, count=int(seconds))
    return say(gettext_noop("%(number)s seconds"), number=f"{seconds:,g}")
