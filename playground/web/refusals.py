"""The playground's own refusals: nothing is sent, the form is kept, and a sentence says what to do."""

import math
from typing import Any, cast

from csp.middleware import CSPMiddleware
from django.conf import settings
from django.core.exceptions import BadRequest, RequestDataTooBig, TooManyFieldsSent
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django_htmx.middleware import HtmxMiddleware

from playground import amounts
from playground.exchange.refusal import Refusal
from playground.forms.incoming import Shape, shape_of
from playground.proof.file import too_large as too_large_file
from playground.rendering.translate import translate
from playground.text.durations import duration
from playground.text.sentence import gettext_noop, say
from playground.web.language import LanguageMiddleware


def items(refusal: Refusal) -> list[dict[str, str]]:
    """Return what is wrong with each field: `field`, `label` (the name that people see) and `sentence`."""
    return [
        {"field": problem.field, "label": _label(problem.field), "sentence": translate(problem.sentence)}
        for problem in refusal.fields
    ]


def sentences(refusal: Refusal) -> dict[str, str]:
    """Return the first sentence for each field, in the reader's language."""
    return {problem.field: translate(problem.sentence) for problem in reversed(refusal.fields)}


def as_json(refusal: Refusal) -> dict[str, Any]:
    told: dict[str, Any] = {
        "kind": refusal.kind,
        "title": translate(refusal.title),
        "advice": translate(refusal.advice),
        "fields": sentences(refusal),
    }
    if refusal.fix:
        told["fix"] = refusal.fix.as_json(translate)
    return {"error": told}


# Fields of the form that are not parameters of the request.
_CONTROLS = {
    "provider": gettext_noop("Provider"),
    "base_url": gettext_noop("Base URL"),
    "api_key": gettext_noop("API key"),
    "saved_key": gettext_noop("Saved key"),
    "headers": gettext_noop("Extra headers"),
    "name": gettext_noop("Name"),
    "role": gettext_noop("Role"),
    "email": gettext_noop("Email address (optional)"),
    "note": gettext_noop("Note"),
    "days": gettext_noop("Works for"),
    "until": gettext_noop("Or until the end of (UTC)"),
    "reads": gettext_noop("Allows"),
}


def _label(field: str) -> str:
    """Turn `messages.2.content` into `Message 3 · content`; a parameter keeps its API name."""
    index, _, part = field.partition(".")[2].partition(".")
    if not index.isdigit():
        return gettext(_CONTROLS[field]) if field in _CONTROLS else field
    label = gettext("Message %(number)s") % {"number": int(index) + 1}
    return f"{label} · {part}" if part else label


def refuse(request: HttpRequest, refusal: Refusal, fragment: str = "result/_refusal.html") -> HttpResponse:
    """Return the refusal on its own: as JSON, a fragment, or a page that leads back to the form."""
    match shape_of(request):
        case Shape.JSON:
            response: HttpResponse = JsonResponse(as_json(refusal), status=refusal.status)
        case Shape.FRAGMENT:
            response = render(request, fragment, {"refusal": refusal}, status=refusal.status)
        case Shape.PAGE:
            template = getattr(request, "refused_template", "page/refused.html")
            response = render(request, template, {"refusal": refusal}, status=refusal.status)
            response.refusal = refusal  # type: ignore[attr-defined]
    return with_retry(response, refusal)


def with_retry(response: HttpResponse, refusal: Refusal) -> HttpResponse:
    if refusal.retry_seconds is not None:
        response["Retry-After"] = str(refusal.retry_seconds)
    return response


def models_by_post() -> Refusal:
    """Refuse a GET, because any page can make a browser send one, as an image, and this costs a call."""
    return Refusal(
        405,
        "use_post",
        say(gettext_noop("Use POST to list models")),
        say(
            gettext_noop(
                "Send a POST request with the same fields as for /send/, but without the request field. (A "
                "GET would let any website make calls with your browser.)"
            )
        ),
    )


def too_large(request: HttpRequest, *, is_file: bool = False) -> HttpResponse:
    """Refuse a request, or a proof file if `is_file`."""
    advice = say(
        gettext_noop(
            "Shorten the messages: the form can have at most %(most)s. (Administrators can raise "
            "PLAYGROUND_REQUEST_BYTES.)"
        ),
        most=amounts.size(settings.DATA_UPLOAD_MAX_MEMORY_SIZE),
    )
    title = say(gettext_noop("Request too large"))
    return refuse(request, Refusal(413, "too_large", title, too_large_file() if is_file else advice))


def no_length(request: HttpRequest) -> HttpResponse:
    """Refuse a body of unknown length, because its size has to be checked first (RFC 9110, 15.5.12)."""
    return refuse(
        request,
        Refusal(
            411,
            "no_length",
            say(gettext_noop("Content-Length missing")),
            say(gettext_noop("Send the request with a Content-Length header, not in chunks.")),
        ),
    )


def cut_short(request: HttpRequest) -> HttpResponse:
    return refuse(
        request,
        Refusal(
            408,
            "cut_short",
            say(gettext_noop("Upload incomplete")),
            say(
                gettext_noop(
                    "Send the request again. The upload was interrupted, or took longer than %(time)s. "
                    "(Administrators can raise PLAYGROUND_ARRIVAL_SECONDS.)"
                ),
                time=duration(math.ceil(settings.CONFIG.arrival_seconds)),
            ),
        ),
    )


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Handle requests that Django cannot read (its `handler400`)."""
    if isinstance(exception, RequestDataTooBig | TooManyFieldsSent):
        return too_large(request)
    unreadable = isinstance(exception, BadRequest)
    refusal = Refusal(
        400,
        "unreadable",
        say(gettext_noop("Request can’t be read")),
        say(
            gettext_noop("Send a form that is encoded as UTF-8.")
            if unreadable
            else gettext_noop(
                "Open the playground at its usual address. (Administrators can add this address to "
                "PLAYGROUND_ALLOWED_HOSTS.)"
            )
        ),
    )
    if hasattr(request, "htmx"):
        return refuse(request, refusal)
    # SecurityMiddleware checks the host of a plain HTTP request before the middleware that pages need.
    in_language: Any = LanguageMiddleware(lambda request: refuse(request, refusal))
    with_policy: Any = CSPMiddleware(in_language)
    return cast("HttpResponse", HtmxMiddleware(with_policy)(request))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    del reason  # for developers; Django logs it
    return refuse(
        request,
        Refusal(
            403,
            "csrf",
            say(gettext_noop("Page expired or cookies blocked")),
            say(
                gettext_noop(
                    "Allow cookies for this site, reload the page, and try again; your input is kept. "
                    "(Programs: send an API token, or the value of the csrftoken cookie in the X-CSRFToken "
                    "header.)"
                )
            ),
        ),
    )
