"""Decide what kind of error a provider's message and status mean, and what to do about it."""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from playground.errors.provider_error import ProviderError
from playground.exchange.failure import FailureKind
from playground.explanations.advice import LISTING, NEEDS_TLS, NO_KEY, OTHER_API, OTHER_MODEL, STATUSES
from playground.explanations.context_window import Overrun, overrun_in
from playground.explanations.implied_status import (
    OVERLOADED,
    WRONG_KEY,
    cloudflare_number,
    implied_status,
    quoted_status,
    told_status,
)
from playground.explanations.other_address import of_other_api
from playground.explanations.waits import clock_of, seconds_to_wait
from playground.text.durations import duration
from playground.text.redact import MASK
from playground.text.sentence import Sentence, gettext_noop, say

if TYPE_CHECKING:
    from playground.exchange.record import Exchange, Received

# The account has no credit or quota left, and waiting does not help.
_SPENT_CODES = frozenset((
    "insufficient_quota", "insufficient_balance", "insufficient_balance_error", "billing_hard_limit_reached",
    "insufficient_credits", "insufficient_user_quota", "1113", "30001", "30011", "arrearage",
    "failedoperation.resourcepackexhausted", "failedoperation.freeresourcepackexhausted",
    "exceeded_current_quota_error", "allocationquota.freetieronly", "setlimitexceeded", "accountoverdueerror",
    "budget_exceeded", "pre_consume_token_quota_failed", "not_enough_balance",
))  # fmt: skip
_SPENT_PHRASES = (
    "credit balance is too low",
    "insufficient balance",
    "insufficient account balance",
    "insufficient credit",
    "balance is insufficient",
    "billing hard limit",
    "requires more credits",
    "exceeded your current quota",
    "account is in arrears",
    "overdue balance",  # Volcengine
    "free trial quota",
    "set inference limit",
    "free tier of the model has been exhausted",  # DashScope
    "please check your plan and billing",  # Moonshot
    "please check your account balance",
    "have any credits",  # xAI
    "used all available credits",
    "monthly spending limit",  # xAI, Fireworks
    "budget has been exceeded",  # LiteLLM
    "exceededbudget:",
    "not enough balance",
    "token quota is not enough",  # new-api
    "余额不足",
    "资源包耗尽",
    "额度不足",
    "额度已用完",
    "额度已用尽",
    "欠费",
)
_NO_MODEL_CODES = frozenset((
    "model_not_found", "modelnotfound", "invalid_model", "model_not_exist", "modelnotfoundexception",
    "unknown_model", "model_not_supported", "deploymentnotfound", "invalid_model_id",
    "model_not_available", "model_decommissioned", "modelnotopen", "1211", "unavailable_model",
))  # fmt: skip
_NO_MODEL = re.compile(
    r"is not a valid model|not a valid model ?id|invalid model\b|unknown model\b|no such model|"
    r"unavailable model: |no access to model\b|supported api model names are|"
    r"model not exist|model identifier is invalid|no endpoints found (?:for|matching)|not found the model|"
    r"models?\b(?! returned)[^\n]{0,100}? (?:does not exist|doesn't exist|not found|was not found|"
    r"is not found|could not be found|is not available|isn't available|not exist|has been decommissioned|"
    r"has been retired|has reached its end of life)|not activated the model|"
    r"no (?:available )?channels? (?:is |are )?(?:available )?for (?:the )?model|^model: [\w.:/@-]{1,100}$|"
    r"on-demand throughput (?:isn't|is not) supported|"  # Bedrock
    r"模型不存在|模型[^\n]{0,100}?无可用渠道",
    re.MULTILINE,
)
# A model that exists, but for another API: `This is not a chat model`, `does not support chat` (Ollama).
_OTHER_API = re.compile(
    r"\bnot a chat model\b|does not support (?:chat(?: completions?)?|responses|messages)(?: api)?\.?$|"
    r"only (?:supported|available) in v1/(?:responses|completions)|"
    r"(?:not (?:supported|accessible|available)|cannot be used) (?:in|via|with|through) (?:the )?"
    r"(?:/?(?:v1/)?chat/completions|(?:responses|chat completions|messages) api)|"
    r"operation does not work with the specified model",  # Azure
    re.MULTILINE,
)
# nginx, Go, Tomcat: the URL says http:// where the port speaks TLS.
_WANTS_TLS = re.compile(r"http request (?:was sent )?to (?:an )?https (?:port|server)|port requires tls")
# Sent with status 400 or 403: a temporary limit, an unsupported region, flagged content.
_USAGE_LIMIT = re.compile(r"reached your specified api usage limits|out of call volume quota")
_NOT_SERVED = re.compile(
    r"location is not supported|not (?:available|supported) in your (?:country|region|location)|"
    r"organization has been disabled"
)
_FLAGGED = re.compile(r"\b(?:input|prompt|content|message|request) was flagged\b")
# Sent with status 401 about a valid key that lacks a permission.
_MAY_NOT = re.compile(r"insufficient[ _](?:permission|scope)|missing scope")
# Sent with status 403 by Vercel's gateway and Google; and by Amazon's API Gateway about an unknown path.
_CANNOT_PAY = re.compile(
    r"(?:requires?|add) (?:a )?(?:valid )?(?:credit card|payment method)|requires billing|"
    r"billing (?:is|has) (?:not |been |not been )?(?:enabled|disabled)"
)
_NO_PATH = re.compile(r"^missing authentication token$", re.MULTILINE)
# Sent with status 404 about a known model that lacks what the request needs (OpenRouter).
_LACKS_ABILITY = re.compile(r"no endpoints found that support")
# Sent with status 429 about a single request above the limit per minute: waiting doesn't help.
_TOO_LARGE = re.compile(r"request too large\b|tokens must be reduced")
# The quota is 0, even if the provider says how long to wait (Gemini's free tier).
_NO_ALLOWANCE = re.compile(r"quota exceeded [^\n]{0,200}\blimit: 0\b(?!\.\d)")
# The credit covers a smaller request (OpenRouter).
_PARTLY_AFFORDED = re.compile(r"can only afford|tokens limit exceeded")
# Sent with status 500 about the request (llama.cpp), and with 400 or 424 about a crash (LM Studio, TGI, NIM).
_UNSUPPORTED = re.compile(
    r"(?:input|param|parameter|tool|image|audio)s? (?:is|are) not supported|(?:does not|doesn't) support|"
    r"unsupported param|cannot use both|requires --jinja|jinja exception|raise_exception\(|"
    r"failed to parse tool call"
)
_CRASHED = re.compile(r"\bmodel has crashed\b|failed during generation|degraded function")
# Ollama, vLLM: another model may fit.
_NO_MEMORY = re.compile(r"requires more system memory|\bout of memory\b")
# A daily or monthly limit is worded like one per minute.
_QUOTA = re.compile(
    r"\bquota\b|\bcredits?\b|\bbilling\b|\busage limit|额度|限额|上限|配额|资源包|free allocation"
)
# Cloudflare's own number for too many requests.
_CLOUDFLARE_RATE_LIMIT = 1015
# A status, the words that contradict it, and the status that is meant.
_CORRECTIONS: tuple[tuple[tuple[int, ...], re.Pattern[str], int], ...] = (
    ((400, 403), _USAGE_LIMIT, 429),
    ((400,), _NOT_SERVED, 403),
    ((401,), _MAY_NOT, 403),
    ((403,), _FLAGGED, 400),
    ((403,), _CANNOT_PAY, 402),
    ((403,), _NO_PATH, 404),
    ((404,), _LACKS_ABILITY, 400),
    ((429,), _TOO_LARGE, 413),
    ((400, 424), _CRASHED, 500),
    ((429,), OVERLOADED, 529),
)
# A web page with one of these comes from a firewall or proxy on the way to the provider.
_FIREWALL_STATUSES = frozenset((403, 407, 511))
_TIMEOUT_STATUSES = frozenset((408, 504, 524))
_RETRY_STATUSES = frozenset((429, 503, 529))


@dataclass(frozen=True, slots=True)
class Diagnosis:
    kind: str
    title: Sentence
    advice: Sentence
    wait: int | None = None


def diagnose(error: ProviderError, exchange: "Exchange", received: "Received") -> Diagnosis | None:
    """Return the diagnosis; None if neither message nor status says more than that there is an error."""
    status = _status(error, received.status)
    if status == 404 and _lacks_something_else(error, exchange):
        status = 400
    if overrun := overrun_in(error):
        return _too_long(overrun, exchange)
    headers = {name.lower(): value for name, value in received.headers}
    now = clock_of(headers, exchange.started + timedelta(milliseconds=exchange.timings.total_ms))
    wait = seconds_to_wait(headers, error, now)
    if _NO_ALLOWANCE.search(error.words):
        return Diagnosis(
            "quota",
            say(gettext_noop("No quota for this model")),
            say(gettext_noop("Pick another model, or ask your provider for a quota. Waiting won’t help.")),
        )
    if _is_spent(error, wait) and status != 402:
        return Diagnosis(
            "quota",
            say(gettext_noop("Quota or credit used up")),
            say(gettext_noop("Add credit or raise your limit at the provider. Waiting won’t help.")),
        )
    if _WANTS_TLS.search(error.words) and exchange.sent.url.startswith("http:"):
        title, advice = NEEDS_TLS
        return Diagnosis(str(FailureKind.NOT_HTTP), say(title, host=exchange.sent.host), say(advice))
    if not exchange.is_listing and _OTHER_API.search(error.words):
        return _wrong_api(exchange)
    if not exchange.is_listing and status != 401 and lacks_model(error):
        return _unknown_model(exchange)
    return None if status is None else _of_status(status, error, exchange, wait)


def _status(error: ProviderError, status: int) -> int | None:
    """Return the status that is meant: a gateway may send 200 or 500 where the provider sent another."""
    # Some send status 400 or 403 for a wrong key (Gemini, xAI).
    if status in (400, 403) and (WRONG_KEY.search(error.words) or "api_key_invalid" in error.codes):
        return 401
    if status == 403 and cloudflare_number(error) == _CLOUDFLARE_RATE_LIMIT:
        return 429
    said = implied_status(error) if status < 400 else status
    if said is not None and said >= 500:
        told = (told_status(error), quoted_status(error))
        if meant := next((inner for inner in told if inner and inner < 500), None):
            return meant
        if said in (500, 501) and _UNSUPPORTED.search(error.words):
            return 400
        return 529 if said == 500 and _NO_MEMORY.search(error.words) else said
    return next(
        (meant for told, words, meant in _CORRECTIONS if said in told and words.search(error.words)), said
    )


def _too_long(overrun: Overrun, exchange: "Exchange") -> Diagnosis:
    lengths = exchange.dialect.lengths(exchange.call.body)
    names = ("asked", "over", "limit", "room")
    counts = {name: f"{count:,}" for name in names if (count := getattr(overrun, name))}
    if overrun.over and overrun.room:
        advice = say(
            gettext_noop(
                "The messages and the answer need %(asked)s tokens, %(over)s more than the model’s limit of "
                "%(limit)s. Lower %(field)s to %(room)s or less, or shorten the messages."
            ),
            field=length_field(exchange),
            **counts,
        )
    elif overrun.limit:
        fact = (
            gettext_noop(
                "The request has %(asked)s tokens, %(over)s more than the model’s limit of %(limit)s. "
                "%(action)s"
            )
            if overrun.over
            else gettext_noop("The model’s limit is %(limit)s tokens. %(action)s")
        )
        advice = say(fact, action=_what_to_shorten(lengths), **counts)
    else:
        advice = _what_to_shorten(lengths)
    return Diagnosis("context_window", say(gettext_noop("Context window exceeded")), advice)


def length_field(exchange: "Exchange") -> str:
    """Return the parameter that limits the answer's length: the one that was set, or the usual one."""
    return next(iter(exchange.demands.tokens), exchange.dialect.fields.tokens[0])


def _what_to_shorten(lengths: list[int]) -> Sentence:
    if len(lengths) < 2:
        return say(gettext_noop("Shorten the message, or pick a model with a larger context window."))
    longest = max(range(len(lengths)), key=lengths.__getitem__)
    if 2 * lengths[longest] < sum(lengths):
        return say(gettext_noop("Remove older messages, or pick a model with a larger context window."))
    return say(
        gettext_noop(
            "Shorten message %(number)s, the longest one, or pick a model with a larger context window."
        ),
        number=str(longest + 1),
    )


def _is_spent(error: ProviderError, wait: int | None) -> bool:
    # Gemini says the same about a limit per minute, together with how long to wait.
    by_words = any(phrase in error.words for phrase in _SPENT_PHRASES) and not wait
    return bool(error.codes & _SPENT_CODES) or by_words


def lacks_model(error: ProviderError) -> bool:
    return bool(error.codes & _NO_MODEL_CODES) or _NO_MODEL.search(error.words) is not None


def _lacks_something_else(error: ProviderError, exchange: "Exchange") -> bool:
    """Whether the error names another parameter than the model as the one that refers to nothing."""
    names = {re.split(r"[.\[]", name, maxsplit=1)[0] for name in error.parameters}
    return any(name in exchange.call.body for name in names - {exchange.dialect.fields.model})


def _unknown_model(exchange: "Exchange") -> Diagnosis:
    return _not_found(
        exchange,
        gettext_noop("Model not found"),
        gettext_noop(
            "%(host)s has no model “%(model)s”, or your key can’t use it. Click “List models” and pick one."
        ),
    )


def _wrong_api(exchange: "Exchange") -> Diagnosis:
    return _not_found(
        exchange,
        gettext_noop("Model doesn’t support this API"),
        OTHER_MODEL if exchange.fixed else OTHER_API,
    )


def _not_found(exchange: "Exchange", title: str, advice: str) -> Diagnosis:
    dialect, model = exchange.dialect.label, exchange.demands.model[:100]
    params = {"model": model, "host": exchange.sent.host} | (
        {"dialect": dialect} if "%(dialect)" in advice else {}
    )
    return Diagnosis("not_found", say(title), say(advice, **params))


def _of_status(status: int, error: ProviderError, exchange: "Exchange", wait: int | None) -> Diagnosis:
    known = STATUSES.get(status) or STATUSES[500 if status >= 500 else 400]
    if known is STATUSES[502] and exchange.received and exchange.received.status < 400:
        # The provider reported the status itself, so no gateway responded.
        known = (*known[:2], STATUSES[529][2])
    kind, title, text = known
    sent = exchange.sent
    params = {"host": sent.host, "method": sent.method}
    advice = say(text, **({"field": length_field(exchange)} if "%(field)" in text else params))
    if exchange.is_listing and status != 405 and kind in LISTING:
        advice = say(LISTING[kind])
    elif kind == "not_found" and (elsewhere := of_other_api(exchange)):
        advice = elsewhere
    if status == 401 and not any(MASK in value for _, value in sent.headers):
        title, advice = NO_KEY[0], say(NO_KEY[1])
    elif status in _FIREWALL_STATUSES and error.is_page:
        title = gettext_noop("Blocked by a firewall")
        advice = say(
            gettext_noop(
                "A firewall or proxy in front of %(host)s responded with a web page. Ask its administrator "
                "to allow this server, or try another network."
            ),
            host=sent.host,
        )
    elif status == 403 and (number := cloudflare_number(error)):
        title = gettext_noop("Blocked by a firewall")
        advice = say(
            gettext_noop(
                "Cloudflare, which protects %(host)s, blocked this server (error %(number)s). Ask the "
                "provider to allow it, or try another network."
            ),
            host=sent.host,
            number=str(number),
        )
    elif status == 402 and _PARTLY_AFFORDED.search(error.words):
        advice = say(
            gettext_noop("Add credit to your provider account, or shorten the messages and lower %(field)s."),
            field=length_field(exchange),
        )
    elif status in _TIMEOUT_STATUSES and not exchange.is_listing and not exchange.demands.streams:
        text = gettext_noop("Try again with streaming, or lower %(field)s.")
        advice = say(text, field=length_field(exchange))
    elif status == 429 and not wait and _QUOTA.search(error.words):
        title = gettext_noop("Rate limit or quota reached")
        advice = say(gettext_noop("Wait a moment, then send again, or ask your provider for a higher quota."))
    elif status in _RETRY_STATUSES and wait:
        advice = say(gettext_noop("Wait %(wait)s, then send again."), wait=duration(wait))
    return Diagnosis(kind, say(title), advice, wait if status in _RETRY_STATUSES else None)
