"""The frame in other people's pages: its page, and the requests of its form."""

import re
from collections.abc import Callable, Collection, Mapping
from functools import partial, wraps
from typing import Any
from urllib.parse import urlsplit

from csp.constants import SELF
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_POST, require_safe

from playground import snippets as code
from playground.calls.draft import Draft
from playground.calls.log import caller_of
from playground.calls.make import Terms, make
from playground.catalogue.held import NOTHING_HELD
from playground.catalogue.providers import catalogue
from playground.embeds import form_token, lookup, paying, policy, recordings, refusals
from playground.embeds.middleware import framed_by
from playground.embeds.models import Embed
from playground.embeds.opened import Opened, request_in, told_by
from playground.embeds.terms import EmbedTerms
from playground.exchange.refusal import FieldProblem, InvalidRequestError, Refusal, RefusedError, collect
from playground.forms import edits, incoming
from playground.forms.form import RequestForm
from playground.forms.incoming import Shape, shape_of
from playground.forms.link import link_body
from playground.results.present import Result
from playground.text.sentence import say
from playground.upstream.readiness import missing
from playground.web import page
from playground.web.options import Option, by_anybody, held_by_anybody, options
from playground.web.refusals import items, refuse, with_retry
from playground.web.views import stop as stop_running

View = Callable[[HttpRequest], HttpResponseBase]

THEMES = ("light", "dark")
_ORIGIN = re.compile(r"https?://([a-z0-9.\-]+|\[[0-9a-f:.]+\])(:[0-9]+)?|null", re.IGNORECASE)
_DIGEST = re.compile("[0-9a-f]{32}")


def _in_frame(view: View) -> View:
    """Run the view in the language of `lang`, whatever the browser's is; the form's edits go to the frame."""

    @csrf_exempt  # the form token replaces it
    @never_cache
    @wraps(view)
    def wrapped(request: HttpRequest) -> HttpResponseBase:
        request.edit_view = "embed-edit"  # type: ignore[attr-defined]
        language = _asked_for(request, "lang")
        try:
            language = translation.get_supported_language_variant(language)
        except LookupError:
            language = translation.get_language() or settings.LANGUAGE_CODE
        with translation.override(language):
            response = view(request)
        response.headers.setdefault("Content-Language", language)
        return response

    return wrapped


@require_safe
@gzip_page
@_in_frame
def frame(request: HttpRequest) -> HttpResponseBase:
    """Show the frame of `?embed=`, filled in from its settings and, as far as they allow, `?request=`.

    Without a name it is a frame for the playground's own pages, under the page's rules. For an embed that is
    turned off it shows the saved answer.
    """
    try:
        embed = lookup.find(request.GET.get("embed"))
        if origin := _foreign_origin(request, embed):
            raise refusals.not_here(embed.name if embed else "", origin)
        form, opened, refusal = _prefilled(embed, request)
        is_off = embed is not None and not embed.active
        # The host page has yet to send its request.
        waits = is_off and "late" in request.GET
        result = _recorded_of_one_turned_off(embed, opened.body) if embed and is_off and not waits else None
    except refusals.EmbedRefusedError as error:
        return _framed(refuse(request, error.refusal), None)
    render = partial(_render, request, embed, form, form_token.make(request, embed), opened=opened)
    return _framed(render(result=result, refusal=refusal, waits=waits), embed)


@require_POST
@_in_frame
def send(request: HttpRequest) -> HttpResponseBase:
    """Send what the embed allows. An error of the provider is a completed Exchange: 200."""
    embed = form = token = None
    try:
        posted = incoming.read(request)
        embed = lookup.find(posted.embed)
        form = lookup.form_of(embed, posted.form) if embed and posted.form else posted.form
        form_token.spend(request, embed)
        token = form_token.make(request, embed)
        terms, caller = Terms(), caller_of(request, embed.name if embed else None)
        draft = lookup.allowed(embed, posted.draft) if embed else by_anybody(posted.draft)
        if embed:
            payment = paying.lend(embed, draft, caller)
            terms, draft, caller = EmbedTerms(payment, _opened_with(request)), payment.draft, payment.caller
        made = make(draft, terms, caller, live=shape_of(request) is Shape.FRAGMENT)
        response = page.answer(request, made, partial(_render, request, embed, form, token, draft=draft))
    except form_token.SpentTokenError as error:
        token = form_token.make(request, embed)
        response = _refuse(request, embed, form, token, error.refusal)
    except RefusedError as error:
        response = _refuse(request, embed, form, token, error.refusal)
    if token:
        response[form_token.HEADER] = token
    return _framed(response, embed)


@require_POST
@_in_frame
def edit(request: HttpRequest) -> HttpResponseBase:
    """Change the form by one of its buttons, and return the frame or the changed fields; nothing is sent."""
    embed = None
    try:
        posted = incoming.read(request)
        embed = lookup.find(posted.embed)
        form = incoming.read_form(request)
        edits.edit(form, request.POST.get("do", ""))
    except InvalidRequestError as error:
        return _framed(refuse(request, error.refusal), embed)
    except RefusedError as error:
        return _framed(refuse(request, error.refusal), None)
    form = lookup.form_of(embed, form) if embed else form
    if shape_of(request) is Shape.JSON:
        return _framed(page.changed_fields(request, form, framed=True, locked=_locked(embed)), embed)
    return _framed(_render(request, embed, form, form_token.make(request, embed)), embed)


@require_POST
@_in_frame
def fill(request: HttpRequest) -> HttpResponseBase:
    """Fill in a page's `request` (JSON) that is too long for a URL, as far as the embed allows.

    Returns JSON: the `request` for the form, the digest `opened`, the locked fields `overruled`, and as text
    the `problems` of what the page asks for. An embed that is turned off refuses it without a saved answer.
    """
    try:
        embed = lookup.find(request.POST.get("embed"))
        api = request.POST.get("dialect", "")
        asked = request_in(api, embed, request.POST.get("request", ""))
        opened = Opened.of(embed, asked, api=api)
        if embed and not embed.active:
            _recorded_of_one_turned_off(embed, opened.body)
    except RefusedError as error:
        return refuse(request, error.refusal)
    told = items(opened.refusal) if opened.refusal else []
    return JsonResponse({
        "request": opened.body, "opened": opened.digest, "overruled": opened.overruled,
        "problems": [f"{item['label']} {item['sentence']}" for item in told],
    })  # fmt: skip


@require_POST
@_in_frame
def snippets(request: HttpRequest) -> HttpResponseBase:
    """Return the code for the current request."""
    try:
        posted = incoming.read(request)
        embed = lookup.find(posted.embed)
        draft = lookup.allowed(embed, posted.draft)
        if shape_of(request) is Shape.FRAGMENT:
            return render(request, "result/_codes.html", page.code_context(draft))
        call, targets = page.call_for(draft), draft.speaks().targets
    except InvalidRequestError as error:
        if shape_of(request) is Shape.FRAGMENT:
            return render(request, "result/_codes.html", {"codes": None, "incomplete": error.refusal})
        return refuse(request, error.refusal)
    except RefusedError as error:
        return refuse(request, error.refusal)
    return JsonResponse(code.render(call, targets))


# A running call has an unguessable number: anyone who knows it may stop the call.
stop = require_POST(_in_frame(stop_running))


def _prefilled(embed: Embed | None, request: HttpRequest) -> tuple[RequestForm, Opened, Refusal | None]:
    """Return the form, the request, and what is wrong in the link; the author's request replaces that."""
    if embed is None:
        form, refusal = page.prefilled(request.GET, held_by_anybody())
        asked = collect([], {}, link_body, request.GET.get("request", ""), form.dialect)
        return form, Opened(problems=told_by(asked, form.body([]), form.dialect)), refusal
    errors: list[FieldProblem] = []
    text, api = request.GET.get("request", ""), request.GET.get("dialect", "")
    asked = collect(errors, {}, request_in, api, embed, text) if text else {}
    opened = Opened.of(embed, asked, request.GET.get("provider", ""), api)
    form = RequestForm.from_body(embed.provider, "", opened.body, embed.dialect)
    return form, opened, InvalidRequestError(*errors).refusal if errors else None


def _opened_with(request: HttpRequest) -> str:
    """Return the digest of the request that the frame was opened with, as its form posts it, or ""."""
    text = request.POST.get("opened", "")
    return text if _DIGEST.fullmatch(text) else ""


def _recorded_of_one_turned_off(embed: Embed, body: Mapping[str, Any]) -> Result:
    """Return the saved answer. Raises `EmbedRefusedError` if there is none."""
    exchange = recordings.instead(embed, body, say(refusals.TURNED_OFF), embed.digest_of(body))
    if exchange is None:
        raise refusals.turned_off(embed.name)
    return Result(exchange)


def _foreign_origin(request: HttpRequest, embed: Embed | None) -> str:
    """Return the origin of a page that may not frame this; "" if it may, or if its origin is unknown.

    Only for a readable refusal: browsers enforce the policy that `_framed` sends.
    """
    said = [request.GET.get("host", "")]
    if request.headers.get("Sec-Fetch-Dest") in ("iframe", "frame"):
        said.append(request.headers.get("Referer", ""))
    for origin in filter(_ORIGIN.fullmatch, map(_origin_of, said)):
        is_own = origin.partition("://")[2] == request.get_host()
        if not is_own and not policy.allows(embed.allowed_origins if embed else (), origin):
            return origin
    return ""


def _origin_of(address: str) -> str:
    try:
        parts = urlsplit(address)
    except ValueError:  # brackets around something else than an IPv6 address
        return ""
    return f"{parts.scheme}://{parts.netloc}"


def _render(
    request: HttpRequest,
    embed: Embed | None,
    form: RequestForm | None,
    token: str,
    *,
    draft: Draft | None = None,
    opened: Opened | None = None,
    result: Result | None = None,
    refusal: Refusal | None = None,
    waits: bool = False,
) -> HttpResponse:
    """Render the frame's whole page. A refusal sets its status; `draft` is what was sent."""
    form = form or RequestForm()
    theme = _asked_for(request, "theme")
    context: dict[str, Any] = {
        "framed": True,
        "embed": embed,
        "token": token,
        "opened": opened.digest if opened else _opened_with(request),
        "overruled": opened.overruled if opened else (),
        "unsendable": opened.refusal if opened else None,
        **page.form_context(form, refusal),
        "options": () if embed else _options(form),
        "locked": _locked(embed),
        "takes_key": lookup.takes_key(embed),
        "provider": _label(form.provider),
        # If a key is missing, the reader has to enter one before the first send.
        "opens_provider": _lacks(form.provider, embed) or bool(refusal),
        "playground_url": reverse("index"),
        "targets": form.dialect.targets,
        "listed_models": None,
        **page.code_context(draft or incoming.draft_of(form)),
        "result": result,
        "refusal": refusal,
        "waits": waits,
        "theme": theme if theme in THEMES else "",
        "lang": translation.get_language(),
    }
    response = render(request, "embed/frame.html", context, status=refusal.status if refusal else 200)
    return with_retry(response, refusal) if refusal else response


def _locked(embed: Embed | None) -> Collection[str]:
    return embed.locked_fields if embed else ()


def _options(form: RequestForm) -> list[Option]:
    """Return the provider that the author chose, or all of them if none is chosen."""
    offered = options(held_by_anybody())
    return [option for option in offered if option.provider.id == form.provider] or offered


def _label(provider: str) -> str:
    known = catalogue().get(provider)
    return gettext(known.label) if known else ""


def _lacks(provider: str, embed: Embed | None) -> bool:
    known, held = catalogue().get(provider), NOTHING_HELD if embed else held_by_anybody()
    return known is None or missing(known, held) is not None


def _refuse(
    request: HttpRequest, embed: Embed | None, form: RequestForm | None, token: str | None, refusal: Refusal
) -> HttpResponse:
    """Refuse, and keep the form if the same can be sent again."""
    if token and form and shape_of(request) is Shape.PAGE:
        return _render(request, embed, form, token, refusal=refusal)
    return refuse(request, refusal)


def _framed(response: HttpResponseBase, embed: Embed | None) -> HttpResponseBase:
    """Set who may frame the response: the embed's origins and the playground; for a bare refusal, anybody."""
    if hasattr(response, "refusal"):
        return framed_by(response, ["*"])
    return framed_by(response, [SELF, *(embed.allowed_origins if embed else [])])


def _asked_for(request: HttpRequest, name: str) -> str:
    return request.GET.get(name) or request.POST.get(name) or ""
