"""The playground as a whole page: the context of its templates, and the form it starts with."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse

from playground.calls.draft import Draft
from playground.catalogue.held import NOTHING_HELD, Held
from playground.catalogue.providers import (
    LOCAL_MODEL,
    Provider,
    catalogue,
    dialect_of,
    dialect_recorded,
)
from playground.dialects import DEFAULT, DIALECTS
from playground.exchange.call import Call
from playground.exchange.demands import Fields
from playground.exchange.dialect import Dialect
from playground.exchange.record import Exchange
from playground.exchange.refusal import FieldProblem, InvalidRequestError, Refusal, collect
from playground.forms import edits
from playground.forms.drawing import drawn
from playground.forms.examples import presets
from playground.forms.form import STREAM, RequestForm
from playground.forms.incoming import Shape, draft_of, shape_of
from playground.forms.link import fragment, in_fragment, link_body
from playground.forms.outdated import outdated
from playground.forms.rows import ROW_FIELDS
from playground.rendering.translate import paragraph, translate
from playground.results.as_json import as_json
from playground.results.present import Result, codes
from playground.runs.keep import NOT_KEPT, Keeper, Kept
from playground.text import jsontext
from playground.text.endpoint import BaseURLError, Endpoint
from playground.text.sentence import gettext_noop, say
from playground.upstream.live import Live
from playground.upstream.readiness import preselected
from playground.upstream.route import Route, typed_route
from playground.web.options import Option, held_by, left_for, options
from playground.web.refusals import sentences, with_retry
from playground.web.relay import relay

# In characters: what gunicorn and nginx accept as a request line, with room for the method and host.
LONGEST_LINK = 7_500


def new_form(provider: Provider | None = None, held: Held = NOTHING_HELD) -> RequestForm:
    """Return the form of a first visit. Without a provider, it uses the first one that is ready.

    The answer is shown as it arrives.
    """
    provider = provider or preselected(held=held)
    dialect = dialect_of(provider.id, None)
    body = Option(provider, "", held).first_body(dialect)
    form = RequestForm.from_body(provider.id, "", body, dialect)
    form.ticks.add(STREAM)
    return form


def prefilled(query: Mapping[str, str], held: Held = NOTHING_HELD) -> tuple[RequestForm, Refusal | None]:
    """Return the form that a link describes, and a refusal that lists what the link gets wrong."""
    named, errors = query.get("dialect"), list[FieldProblem]()
    form = new_form(preselected(named or "", held), held)
    provider, base_url = query.get("provider", ""), query.get("base_url", "")
    if base_url:
        form.provider, form.base_url = "", base_url
    elif provider in catalogue():
        form = new_form(catalogue()[provider], held)
    elif provider:
        errors.append(
            FieldProblem(
                "provider",
                say(
                    gettext_noop(
                        "The link’s provider, “%(name)s”, isn’t available here. Choose another one."
                    ),
                    name=provider[:60],
                ),
            )
        )
    text = query.get("request", "")
    if text or named:
        dialect = collect(errors, form.dialect, dialect_recorded, form.provider, named)
        form = RequestForm.from_body(
            form.provider,
            form.base_url,
            {dialect.fields.model: form.model} | presets(catalogue().get(form.provider), dialect)[0].body,
            dialect,
        )
    if text and (body := collect(errors, None, link_body, text, form.dialect)) is not None:
        form.fill(body)
    return form, InvalidRequestError(*errors).refusal if errors else None


def render_page(
    request: HttpRequest,
    form: RequestForm,
    *,
    draft: Draft | None = None,
    result: Result | None = None,
    refusal: Refusal | None = None,
    template: str = "page/index.html",
    **found: Any,
) -> HttpResponse:
    """Render the whole page. A refusal sets its status, and its fields show their errors.

    Pass `draft` if the form is parsed already, and whatever the provider returned (`listed_models`,
    `detected`, `counted`). With a result, the conversation goes on: the form then has its answer.
    """
    draft, held = draft or draft_of(form), held_by(request)
    asked, answers = 0, bool(result and not (result.exchange.is_listing or result.exchange.is_count))
    if result and answers:
        asked = edits.converse(form, result.exchange.dialect, result.to_add)
    elif form.composer is None:
        form.compose()
    context: dict[str, Any] = {
        **form_context(form, refusal),
        "options": options(held),
        "left": left_for(request),
        "held": held,
        "targets": form.dialect.targets,
        **dict.fromkeys(("listed_models", "detected", "counted")),
        "parent": request.POST.get("parent", ""),
        **found,
        **code_context(draft, result.exchange if result and answers else None),
        "result": result,
        "asked": asked,
        "answered": next((row for row in form.messages if result and row.run == result.exchange.id), None),
        "refusal": refusal,
    }
    if refusal is None:
        return render(request, template, context)
    return with_retry(render(request, template, context, status=refusal.status), refusal)


def answer(
    request: HttpRequest, made: Exchange | Live, whole: Callable[..., HttpResponse], keeper: Keeper = NOT_KEPT
) -> HttpResponseBase:
    """Respond with a call's result in the requested shape; `whole` renders a page with a `result`."""
    if not isinstance(made, Exchange):
        return relay(request, made, keeper)
    result = Result(made, keeper.keep())
    match shape_of(request):
        case Shape.PAGE:
            return whole(result=result)
        case Shape.JSON:
            return JsonResponse(as_json(made, translate) | {"run": run_url(result.kept)})
        case Shape.FRAGMENT:
            return render(request, "result/_outcome.html", {"result": result})


def run_url(kept: Kept | None) -> str | None:
    return reverse("run", args=[kept.key]) if kept and kept.key else None


def form_context(form: RequestForm, refusal: Refusal | None = None) -> dict[str, Any]:
    """Return the context of the form fields' templates, in a page or on their own."""
    errors, dialect = sentences(refusal) if refusal else {}, form.dialect
    if in_more := [f"{name}: {errors[name]}" for name in errors if form.told_at_more(name)]:
        errors["more"] = paragraph([*in_more, *([errors["more"]] if "more" in errors else [])])
    return {
        "form": form,
        "outdated": outdated(form.provider, form.model, dialect),
        "locked": (),
        "errors": errors,
        "message_errors": _by_message(errors, dialect.fields),
        "placed": {name for name in errors if form.has_place(name)},
        "more_is_wrong": any(name in errors for name in ("more", "headers", *form.more_names)),
        "drawn": drawn(form),
        "parameters": form.shown,
        "presets": presets(catalogue().get(form.provider), dialect),
        "dialects": _offered(form),
        "most_messages": settings.LIMITS.messages,
    }


def _offered(form: RequestForm) -> list[Dialect]:
    """Return the APIs that the form's provider speaks, or all of them for a custom base URL."""
    provider = catalogue().get(form.provider)
    known = provider.dialects if provider else DIALECTS
    return [DIALECTS[name] for name in known]


def _by_message(errors: Mapping[str, str], fields: Fields) -> dict[int, dict[str, str]]:
    """Return `{position: {field: sentence}}`; problems of a whole message go to `content`."""
    found: dict[int, dict[str, str]] = {}
    for name, sentence in errors.items():
        place, _, inside = name.partition(".")
        if place == fields.prompt and inside:
            index, _, part = inside.partition(".")
            field = part.partition(".")[0]
            field = "call" if field == fields.call else field if field in ROW_FIELDS else "content"
            told = found.setdefault(int(index), {})
            told[field] = paragraph([told.get(field, ""), sentence])
    return found


def opened(text: str, held: Held) -> tuple[RequestForm, Refusal | None]:
    """Return the form that a link's fragment describes, as `prefilled`. Raises `InvalidLinkError`."""
    return prefilled(in_fragment(text, settings.LIMITS.request_bytes), held)


def changed_fields(request: HttpRequest, form: RequestForm, **context: Any) -> JsonResponse:
    """Return `{"fields": HTML}`: partials with which a page's scripts update the form; see `edits.replaces`.

    Provider and base URL are in them as values, because only a link changes both.
    """
    shown = form_context(form, context.get("refusal")) | context
    html = render_to_string("form/_changed.html", shown, request)
    values = {"provider": form.provider, "base_url": form.base_url}
    return JsonResponse({"fields": html, "replaces": edits.replaces(request.POST.get("do", "")), **values})


def code_context(draft: Draft, made: Exchange | None = None) -> dict[str, Any]:
    """Return the context of `result/_codes.html`: the request's code, or what it still needs.

    The code of a call that was `made` is for exactly what was sent, whatever the provider list says now.
    """
    try:
        call, dialect = (made.call, made.dialect) if made else (call_for(draft), draft.speaks())
    except InvalidRequestError as error:
        return {"codes": None, "incomplete": error.refusal, **_links(draft)}
    return {
        "codes": codes(call, dialect.targets),
        "key_variable": call.key_variable,
        "is_local_model": (made.provider if made else draft.provider) == LOCAL_MODEL,
        **_links(draft),
    }


def _links(draft: Draft) -> dict[str, str | None]:
    """Return the URLs that open this form, even if the request is not complete.

    `copied_link` has the request in its fragment, so it can be long and no server's log has it. `link` has it
    in its query while that is short enough, because that also works without scripts. Both are None if they
    would be too long, or if a field cannot be parsed.
    """
    none: dict[str, str | None] = {"link": None, "copied_link": None}
    try:
        api = {"dialect": dialect.id} if (dialect := draft.speaks()) is not DEFAULT else {}
        target = {"provider": draft.provider} if draft.provider else {"base_url": draft.base_url or ""}
        if not draft.provider:
            Endpoint.parse(draft.base_url or "", dialect.ending)  # an invalid one may contain a password
        body = _linked(draft)
    except (InvalidRequestError, BaseURLError, jsontext.JSONTextError):
        return none
    except ValueError:  # JSON has no infinity, which a typed 1e999 is
        return none
    index, packed = reverse("index"), fragment({**target, **api}, body)
    copied = f"{index}#{packed}" if packed else None
    in_query = len(body) <= LONGEST_LINK and index + "?" + urlencode(
        {**target, **api, "request": body.decode()}
    )
    return {"link": in_query if in_query and len(in_query) <= LONGEST_LINK else copied, "copied_link": copied}


def _linked(draft: Draft) -> bytes:
    """Return the body as JSON. Raises `InvalidRequestError` or `JSONTextError` if it cannot be parsed."""
    try:
        request = draft.request()
    except InvalidRequestError:
        if draft.problems:
            raise
        jsontext.check(draft.body)
        return jsontext.dumps(draft.body)
    is_whole = request.dialect.wire(request.body) is request.body  # then it is encoded already
    return request.encoded if is_whole else jsontext.dumps(request.body)


def call_for(draft: Draft) -> Call:
    """Return the call for which code is written. Raises `InvalidRequestError` if the draft is incomplete."""
    body, dialect = draft.request().body, draft.speaks()
    if draft.provider:
        known = catalogue().get(draft.provider)
        endpoint = known.endpoint(dialect) if known else None
        if known is None or endpoint is None:
            raise InvalidRequestError(FieldProblem("provider", say(gettext_noop("Choose another provider."))))
        variable, auth, headers = known.key_variable, known.auth, known.headers
        route = Route(known.id, endpoint, "", variable, auth=auth, headers=headers + draft.headers)
    else:
        try:
            endpoint = Endpoint.parse(draft.base_url or "", dialect.ending)
        except BaseURLError as error:
            raise InvalidRequestError(FieldProblem("base_url", error.sentence)) from error
        route = replace(typed_route(endpoint, "", dialect), headers=draft.headers)
    return route.call(dialect, body)
