"""The playground's own refusals: nothing is sent, nothing is lost, and a sentence says what to do."""

from typing import Any

from django.conf import settings
from django.core.exceptions import BadRequest, RequestDataTooBig, TooManyFieldsSent
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext

from playground.exchange.refusal import Refusal
from playground.forms.incoming import Shape, shape_of
from playground.text.sentence import gettext_noop, say
from playground.web.translate import translate


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


def _label(field: str) -> str:
    """Turn `messages.2.content` into `Message 3 · content`; other fields keep their API name."""
    index, _, part = field.partition(".")[2].partition(".")
    if not index.isdigit():
        return field
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
    """Refuse a GET, which must cost nothing: any page can make a browser send one, as an image."""
    return Refusal(
        405,
        "use_post",
        say(gettext_noop("Use POST to list models")),
        say(
            gettext_noop(
                "Listing calls the provider with a key, so it takes a POST, like /send/: with the "
                "provider's id, and without a request."
            )
        ),
    )


def too_large(request: HttpRequest) -> HttpResponse:
    return refuse(
        request,
        Refusal(
            413,
            "too_large",
            say(gettext_noop("That is too large")),
            say(
                gettext_noop(
                    "A form or JSON body may have %(most)s bytes. Shorten the messages, or raise "
                    "PLAYGROUND_REQUEST_BYTES on the server."
                ),
                most=settings.DATA_UPLOAD_MAX_MEMORY_SIZE,
            ),
        ),
    )


def no_length(request: HttpRequest) -> HttpResponse:
    """Refuse a body of unknown length, which cannot be judged before it is read (RFC 9110, 15.5.12)."""
    return refuse(
        request,
        Refusal(
            411,
            "no_length",
            say(gettext_noop("The request does not tell its length")),
            say(gettext_noop("Send it with a Content-Length, not in chunks.")),
        ),
    )


def cut_short(request: HttpRequest) -> HttpResponse:
    return refuse(
        request,
        Refusal(
            408,
            "cut_short",
            say(gettext_noop("The request did not arrive whole")),
            say(
                gettext_noop(
                    "Nothing was sent. It broke off, or took longer than the %(seconds)s seconds of "
                    "PLAYGROUND_ARRIVAL_SECONDS. Send it again."
                ),
                seconds=f"{settings.CONFIG.arrival_seconds:g}",
            ),
        ),
    )


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Handle requests that Django cannot read (its `handler400`)."""
    if isinstance(exception, RequestDataTooBig | TooManyFieldsSent):
        return too_large(request)
    unreadable = isinstance(exception, BadRequest)
    return refuse(
        request,
        Refusal(
            400,
            "unreadable",
            say(gettext_noop("The request cannot be read")),
            say(
                gettext_noop("It is not valid UTF-8 or not a form. Send it as UTF-8.")
                if unreadable
                else gettext_noop("Open the page under the address it was set up for, and try again.")
            ),
        ),
    )


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    del reason  # for developers; Django logs it
    return refuse(
        request,
        Refusal(
            403,
            "csrf",
            say(gettext_noop("The page was open for too long, or cookies are off")),
            say(
                gettext_noop(
                    "Nothing was sent. Allow this site's cookie, reload the page and send again; what you "
                    "typed is kept. Programs send the csrftoken cookie back as X-CSRFToken."
                )
            ),
        ),
    )
