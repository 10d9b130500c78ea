"""The playground's views. Each reads the request, lets the package below decide, and renders."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from playground import snippets as code
from playground.calls.draft import Draft
from playground.calls.log import caller_of
from playground.calls.make import count_tokens, detect_dialects, list_models, make
from playground.database import let_go
from playground.exchange.refusal import InvalidRequestError, Refusal, RefusedError
from playground.explanations.explain import Explanation
from playground.forms import edits, incoming
from playground.forms.examples import fill_in
from playground.forms.form import RequestForm
from playground.forms.incoming import Asked, Shape, shape_of
from playground.forms.link import InvalidLinkError
from playground.forms.rows import in_messages
from playground.network.running import running
from playground.rendering.translate import translate
from playground.results.as_json import detected_as_json
from playground.results.present import Listed, Result
from playground.runs.keep import Keeper, body_of
from playground.teams.access import member_of
from playground.teams.tally import Tally
from playground.teams.terms import terms_of
from playground.text import jsontext
from playground.upstream.client import Caller
from playground.upstream.counting import Count
from playground.upstream.detect import Detected
from playground.upstream.models import Listing
from playground.web.language import supported
from playground.web.options import held_by, lend
from playground.web.page import (
    answer,
    call_for,
    changed_fields,
    code_context,
    opened,
    prefilled,
    render_page,
)
from playground.web.refusals import models_by_post, refuse

# What a provider returned: as JSON, and as context for templates.
_Told = tuple[dict[str, Any], dict[str, Any]]
Found = TypeVar("Found")


@require_safe
@gzip_page
def index(request: HttpRequest) -> HttpResponse:
    """Show the playground, filled in from `?provider=&base_url=&request=` if given."""
    form, refusal = prefilled(request.GET, held_by(request))
    return render_page(request, form, refusal=refusal)


@require_POST
def send(request: HttpRequest) -> HttpResponseBase:
    """Send the request. An error of the provider is a completed Exchange: 200."""
    asked = None
    try:
        asked = incoming.read(request)
        live = shape_of(request) is Shape.FRAGMENT
        draft, caller = lend(request, asked, _as_before(asked, request), caller_of(request))
        member = member_of(request)
        tally = Tally(member) if member else None
        keeper = Keeper(caller.visitor, asked.parent, wanted=asked.keep, member=member, tally=tally)
        let_go()  # of the connection that looked up who asks
        made = make(draft, terms_of(member, tally), caller.and_then(keeper.ended), live=live)
        whole = partial(render_page, request, asked.form or RequestForm(), draft=draft)
        return answer(request, made, whole, keeper)
    except RefusedError as error:
        return _refuse(request, asked, error.refusal)


def _as_before(asked: Asked, request: HttpRequest) -> Draft:
    """Return the draft with the bytes of the run that it repeats, if both mean the same.

    A form has no order of fields, but a body that was sent as JSON or came with a link can have any. And a
    prompt that was a text is a message among others in the form, now that it has its answer.
    """
    draft = asked.draft
    if not (asked.form and asked.parent and settings.CONFIG.runs) or draft.problems:
        return draft
    name, body = body_of(asked.parent, member_of(request)) or ("", None)
    dialect = draft.speaks()
    meant = (body, in_messages(dialect, body)) if name == dialect.id else ()
    return replace(draft, body=body) if any(jsontext.same(one, draft.body) for one in meant) else draft


@require_POST
def stop(request: HttpRequest) -> HttpResponse:
    """Stop a running exchange; its stream then ends by itself."""
    found = running.stop(request.POST.get("number", ""))
    return HttpResponse(status=204 if found else 404)


@require_POST
def snippets(request: HttpRequest) -> HttpResponse:
    """Return the code for the current request."""
    try:
        draft = _as_before(incoming.read(request), request)
        if shape_of(request) is Shape.FRAGMENT:
            return render(request, "result/_codes.html", code_context(draft))
        call, targets = call_for(draft), draft.speaks().targets
    except InvalidRequestError as error:
        return refuse(request, error.refusal)
    return JsonResponse(code.render(call, targets))


@require_http_methods(["GET", "POST"])
def models(request: HttpRequest) -> HttpResponse:
    """List the provider's models. A GET is refused: any page could make a visitor send it."""
    if request.method == "GET":
        refused = refuse(request, models_by_post())
        refused["Allow"] = "POST"
        return refused
    return _ask(request, list_models, "form/_models.html", _told_models)


def _told_models(listing: Listing) -> _Told:
    problem = listing.problem
    listed = None if problem else Listed.of(listing.models, listing.unread, listing.held_back)
    values = {"models": listing.models, "unread": listing.unread, "error": _error(problem)}
    result = Result(listing.exchange) if problem else None
    return values, {"listed_models": listed, "models_problem": problem, "result": result}


@require_POST
def count(request: HttpRequest) -> HttpResponse:
    """Have the provider count the request's tokens, without running a model."""

    def ask(draft: Draft, caller: Caller) -> Count:
        return count_tokens(draft, terms_of(member_of(request)), caller)

    return _ask(request, ask, "form/_counted.html", _told_count)


def _told_count(counted: Count) -> _Told:
    values = {"prompt_tokens": counted.tokens, "error": _error(counted.problem)}
    return values, {"counted": counted, "result": Result(counted.exchange) if counted.problem else None}


@require_POST
def detect(request: HttpRequest) -> HttpResponse:
    """Ask the server at a custom base URL which APIs it speaks."""
    return _ask(request, detect_dialects, "form/_detected.html", _told_detected)


def _told_detected(detected: Sequence[Detected]) -> _Told:
    return {"dialects": [detected_as_json(one, translate) for one in detected]}, {"detected": detected}


def _error(problem: Explanation | None) -> dict[str, Any] | None:
    return problem.as_json(translate) if problem else None


def _ask(
    request: HttpRequest, ask: Callable[[Draft, Caller], Found], fragment: str, told: Callable[[Found], _Told]
) -> HttpResponse:
    """Ask the form's provider for something, and respond in the requested shape."""
    asked = None
    try:
        asked = incoming.read(request)
        draft, caller = lend(request, asked, asked.draft, caller_of(request))
        let_go()
        values, context = told(ask(draft, caller))
    except RefusedError as error:
        return _refuse(request, asked, error.refusal, fragment=fragment)
    match shape_of(request):
        case Shape.JSON:
            return JsonResponse(values)
        case Shape.FRAGMENT:
            return render(request, fragment, context)
        case Shape.PAGE:
            return render_page(request, asked.form or RequestForm(), **context)


@require_POST
def edit(request: HttpRequest) -> HttpResponse:
    """Change the form by one of its buttons, and return a page or the changed fields; nothing is sent.

    With `open:…`, the form is filled from a link: from what follows `#r=` in it; with `example:ID` from an
    example.
    """
    form, refusal = None, None
    verb, _, operand = request.POST.get("do", "").partition(":")
    try:
        form = incoming.read_form(request)
        if verb == "open":
            has_composer = form.composer is not None
            form, refusal = opened(operand, held_by(request))
            if has_composer:
                form.compose()
        elif verb == "example":
            fill_in(form, operand)
        else:
            edits.edit(form, request.POST.get("do", ""))
    except InvalidLinkError as error:
        refusal = error.refusal
    except InvalidRequestError as error:
        if form and shape_of(request) is Shape.PAGE:
            return render_page(request, form, refusal=error.refusal)
        return refuse(request, error.refusal)
    if form is not None and shape_of(request) is Shape.JSON:
        return changed_fields(request, form, refusal=refusal)
    parent = "" if edits.replaces(verb) else request.POST.get("parent", "")
    return render_page(request, form or RequestForm(), refusal=refusal, parent=parent)


@csrf_exempt
@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Remember the chosen language and go back. If the form was posted too, it stays filled in.

    There is no CSRF token, so that docs pages need no cookie: another site could at most change a visitor's
    language, and not even that if the browser sends `Sec-Fetch-Site`.
    """
    code, back = supported(request.POST.get("language", "")), request.POST.get("next", "")
    if not code or request.headers.get("Sec-Fetch-Site") == "cross-site":
        raise BadRequest("no such language")
    translation.activate(code)
    if "provider" in request.POST:
        try:
            response = render_page(request, incoming.read_form(request))
        except InvalidRequestError as error:
            response = refuse(request, error.refusal)
    else:
        own = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
        response = HttpResponseRedirect(back if own else reverse("index"))
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        code,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


def _refuse(
    request: HttpRequest, asked: Asked | None, refusal: Refusal, fragment: str = "result/_refusal.html"
) -> HttpResponse:
    """Refuse. A browser without scripts gets the whole page, with the form as it was."""
    if asked and asked.form and shape_of(request) is Shape.PAGE:
        asked.form.messages += asked.form.later
        return render_page(request, asked.form, refusal=refusal)
    return refuse(request, refusal, fragment)
