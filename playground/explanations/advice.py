"""What people are told about each failure and each status: a title, and what to do next."""

from playground.exchange.failure import FailureKind
from playground.text.sentence import gettext_noop

# Title and advice; `%(host)s` and `%(limit)s` come from the failure.
FAILURES: dict[FailureKind, tuple[str, str]] = {
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
    FailureKind.PROXY: (
        gettext_noop("No way out to %(host)s"),
        gettext_noop(
            "The proxy that all calls of this server go through gave no connection: it may not allow this "
            "host, or not find it. Check the base URL; who runs the playground has set the proxy in "
            "PLAYGROUND_EGRESS_PROXY."
        ),
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
    FailureKind.SLOW_HEAD: (
        gettext_noop("The headers of %(host)s did not arrive in time"),
        gettext_noop(
            "They had %(limit)s s and came only in part. Try again, or raise PLAYGROUND_SILENCE_SECONDS on "
            "the server."
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
    FailureKind.TOO_MANY: (
        gettext_noop("The stream has too many parts"),
        gettext_noop(
            "It passed %(limit)s events, lines, choices, tool calls or other values, more than can be put "
            "together, and was ended there. What had arrived is shown; ask for fewer choices or tokens."
        ),
    ),
    FailureKind.CUT_OFF: (
        gettext_noop("The answer was cut off"),
        gettext_noop("%(host)s closed the connection before the end. What arrived is shown; try again."),
    ),
    FailureKind.STOPPED: (
        gettext_noop("Stopped"),
        gettext_noop("The connection to %(host)s was closed. What had arrived is shown."),
    ),
    FailureKind.RESTARTED: (
        gettext_noop("The playground was restarted"),
        gettext_noop("The call was ended before its time. What had arrived is shown; send again."),
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

# For a connection that closes before any response: there is nothing to show.
CLOSED = (
    gettext_noop("%(host)s closed the connection without an answer"),
    gettext_noop("Try again; if it stays so, check the port, and whether the base URL needs https://."),
)

# Kind, title, and advice; `%(host)s` is the host that responded, `%(method)s` the request's method.
STATUSES: dict[int, tuple[str, str, str]] = {
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
        gettext_noop("Not enough credit"),
        gettext_noop("Add credit or a payment method at the provider, then send again."),
    ),
    403: (
        "forbidden",
        gettext_noop("The key may not do this"),
        gettext_noop("Check that the key and its account may use this model, and that its region is served."),
    ),
    404: (
        "not_found",
        gettext_noop("No such model or path"),
        gettext_noop("Pick a model from the provider's list, and check the base URL (does it need /v1?)."),
    ),
    405: (
        "not_found",
        gettext_noop("No such path"),
        gettext_noop("This address does not accept %(method)s. Check the base URL (does it need /v1?)."),
    ),
    408: (
        "timeout",
        gettext_noop("The provider ran out of time"),
        gettext_noop("Try again, or ask for fewer tokens."),
    ),
    410: (
        "not_found",
        gettext_noop("The provider no longer offers this"),
        gettext_noop("Change what its message names: the model, the base URL or a parameter."),
    ),
    413: (
        "too_large_for_provider",
        gettext_noop("The request is too large for the provider"),
        gettext_noop("Shorten the messages, and send again."),
    ),
    429: (
        "rate_limited",
        gettext_noop("Too many requests"),
        gettext_noop("Slow down and try again, or raise the rate limit at the provider."),
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
    "bad_request": gettext_noop("The provider gives no list. Enter a model id."),
    "forbidden": gettext_noop("The key may not list models. Enter a model id, or try another key."),
    "not_found": gettext_noop(
        "This address has no list of models. Check the base URL (does it need /v1?), or enter a model id."
    ),
    # A partial list is not shown, and it has no tokens to reduce.
    **dict.fromkeys(
        ("timeout", "overloaded", "silence", "too_long", "too_large", "too_many", "cut_off", "restarted"),
        gettext_noop("Try again, or enter a model id."),
    ),
    "not_json": gettext_noop("%(problem)s Try again, or enter a model id."),
}

# Stands for the field with the prompt, whatever the dialect calls it.
PROMPT = "prompt"
# What the reader of an embed would have to change to follow the advice on a kind. If that is fixed, they get
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
OUT_OF_REACH = gettext_noop("You can't fix this here. Try again later, or tell the author of this page.")
