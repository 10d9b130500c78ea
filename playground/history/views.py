"""Pages of runs: the list, one run, its archive, two runs side by side."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db import DataError, Error
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from playground.catalogue.providers import catalogue
from playground.exchange.archive import ArchiveError
from playground.exchange.record import Exchange
from playground.exchange.refusal import FieldProblem, InvalidRequestError, RefusedError
from playground.forms.form import RequestForm
from playground.forms.headers import extra_headers, headers_text
from playground.forms.incoming import Shape, draft_of, shape_of
from playground.forms.posted import unknown
from playground.history import asked, refusals
from playground.history.compare import Compared
from playground.history.discussion import discussion, sender_of, with_counts
from playground.results.present import Result
from playground.runs import keep, reserve, search, tagging
from playground.runs.models import Run
from playground.runs.tidy import used
from playground.teams.access import member_of
from playground.text.sentence import Sentence, gettext_noop, say
from playground.web.page import code_context, render_page
from playground.web.refusals import refuse

View = Callable[..., HttpResponseBase]
_MOST_RELATED = 20


def if_runs_are_on(view: View) -> View:
    """Show a page that says what went wrong if runs are off or the view raises."""

    @wraps(view)
    def checked(request: HttpRequest, *arguments: Any, **named: Any) -> HttpResponseBase:
        if not settings.CONFIG.runs:
            return refuse(request, refusals.off())
        try:
            return reserve.with_room(lambda: view(request, *arguments, **named))
        except InvalidRequestError as error:
            return refuse(request, refusals.unclear(error))
        except RefusedError as error:
            return refuse(request, error.refusal)
        except DataError:  # a key that PostgreSQL can't hold, such as one with a NUL
            return refuse(request, refusals.gone())
        except Error as error:
            return refuse(request, refusals.no_database(error))

    return checked


@require_http_methods(["GET", "HEAD", "POST"])
@gzip_page
@if_runs_are_on
def runs(request: HttpRequest) -> HttpResponse:
    """List runs, the latest first. Searches are posted, so that their words stay out of logs."""
    wanted = asked.read(request)
    found = with_counts(search.find(wanted.query, wanted.before, within=member_of(request)))
    match shape_of(request):
        case Shape.JSON:
            return JsonResponse({"runs": [_summary(run) for run in found.runs], "before": found.more})
        case Shape.FRAGMENT:
            part = "history/_found.html" if wanted.before is None else "history/_runs.html"
            if "aside" in request.POST:
                part = "history/_aside.html"
            return render(request, part, {"found": found, "asked": wanted})
        case Shape.PAGE:
            return _list(request, wanted, found)


def _list(request: HttpRequest, wanted: asked.Asked, found: search.Found, told: str = "") -> HttpResponse:
    other = request.GET.get("with", "") or request.POST.get("with", "")
    context = {
        "found": found,
        "asked": wanted,
        "told": told,
        "suggested": search.suggested(member_of(request)),
        "other": Run.objects.within(member_of(request)).without_record().named([other]).first(),
    }
    return render(request, "history/runs.html", context)


@require_safe
@vary_on_headers("HX-Request", "Accept")  # Back must not show a fragment as a page
@gzip_page
@if_runs_are_on
def run(request: HttpRequest, key: str) -> HttpResponse:
    """Show a run in the playground: the form as it was, and what came back. As JSON, its archive and sender.

    htmx gets what came back and the call's code, for a conversation that has the answer already.
    """
    kept = run_of(request, key)
    try:
        exchange = kept.exchange
        if shape_of(request) is Shape.JSON:
            return JsonResponse(kept.archive | sender_of(kept))
    except ArchiveError as error:
        if shape_of(request) is Shape.JSON:
            return refuse(request, refusals.unreadable(error))
        return render(request, "history/unreadable.html", {"shown_run": kept, "error": error})
    if shape_of(request) is Shape.FRAGMENT:
        result = result_of(kept, keep.Kept(key=key, parent=kept.parent))
        code = code_context(draft_of(form_of(exchange)), exchange)
        return render(request, "history/_recalled.html", {"result": result, **code})
    return _page(request, kept)


def _page(request: HttpRequest, kept: Run, problem: Sentence | None = None) -> HttpResponse:
    """Show a run in the playground. Raises `ArchiveError`."""
    form, key = form_of(kept.exchange), kept.key
    summaries = Run.objects.within(member_of(request)).without_record()
    repeated_by = summaries.filter(parent=key).order_by("-pk")
    return render_page(
        request,
        form,
        result=result_of(kept),
        shown_run=kept,
        parent=key,
        repeats=summaries.filter(key=kept.parent).first() if kept.parent else None,
        repeated_by=repeated_by[:_MOST_RELATED],
        repeated=repeated_by.count(),
        lost_provider="" if form.provider else kept.provider,
        tags_problem=problem,
        **discussion(request, kept),
    )


@require_POST
@if_runs_are_on
def change(request: HttpRequest, key: str) -> HttpResponse:
    """Star a run, tag it, or delete it, by the button that was clicked."""
    match request.POST.get("change"):
        case "star" | "unstar" as starred:
            kept = keep.change(key, starred=starred == "star", within=member_of(request))
        case "tag":
            try:
                kept = keep.change(key, tags=request.POST.get("tags", "").split(), within=member_of(request))
            except tagging.TagsError as error:
                return _with_tags(request, key, error)
        case "delete":
            return _delete(request, [key])
        case _:
            raise unknown("change", ("star", "unstar", "tag", "delete"))
    if kept is None:
        raise RefusedError(refusals.gone())
    place = f"{reverse('runs')}#run-{key}" if "list" in request.POST else reverse("run", args=[key])
    return _done(request, place)


def _with_tags(request: HttpRequest, key: str, error: tagging.TagsError) -> HttpResponse:
    """Say what is wrong with tags, and show them as they were typed."""
    kept = run_of(request, key)
    try:
        if shape_of(request) is Shape.PAGE:
            kept.tags = request.POST.get("tags", "")
            response = _page(request, kept, error.sentence)
            response.status_code = 400
            return response
    except ArchiveError:
        pass
    raise InvalidRequestError(FieldProblem("tags", error.sentence)) from error


@require_POST
@if_runs_are_on
def selected(request: HttpRequest) -> HttpResponse:
    """Compare or delete the chosen runs, or delete all, by the button that was clicked."""
    keys = request.POST.getlist("run")
    match request.POST.get("change"):
        case "compare":
            keys = [*filter(None, [request.POST.get("with")]), *keys]
            if len(keys) == 2:
                earlier_first = (
                    Run.objects.within(member_of(request))
                    .named(keys)
                    .order_by("pk")
                    .values_list("key", flat=True)
                )
                keys = [*earlier_first, *(key for key in keys if key not in earlier_first)]
                return HttpResponseRedirect(
                    f"{reverse('runs-compare')}?{urlencode({'run': keys}, doseq=True)}"
                )
            return _list_with(request, gettext("Select two runs to compare."))
        case "delete":
            if keys:
                return _delete(request, keys)
            return _list_with(request, gettext("Select the runs to delete."))
        case "delete-all":
            return _delete(request, None)
        case _:
            raise unknown("change", ("compare", "delete", "delete-all"))


def _list_with(request: HttpRequest, told: str) -> HttpResponse:
    found = with_counts(search.find(search.Query(), within=member_of(request)))
    return _list(request, asked.Asked({}, search.Query(), None), found, told)


def _delete(request: HttpRequest, keys: list[str] | None) -> HttpResponse:
    """Delete runs, or all if `keys` is None. Ask first, because this can't be undone."""
    if "confirmed" in request.POST or shape_of(request) is Shape.JSON:
        keep.forget(keys, member_of(request))
        return _done(request, reverse("runs"))
    runs = keep.deletable(keys, member_of(request))
    shown = list(runs.without_record().order_by("-pk")[:10]) if keys else []
    context = {
        "all": keys is None,
        "keys": keys or [],
        "count": runs.count(),
        "bytes": used(runs) if keys is None else None,
        "shown": shown,
        "back": reverse("run", args=[shown[0].key]) if len(shown) == 1 else reverse("runs"),
    }
    return render(request, "history/delete.html", context)


@require_safe
@gzip_page
@if_runs_are_on
def compare(request: HttpRequest) -> HttpResponse:
    """Show two runs side by side: `?run=KEY&run=KEY`."""
    keys = request.GET.getlist("run")
    if len(keys) != 2:
        sentence = say(gettext_noop("Select two runs in the list, then click “Compare”."))
        raise InvalidRequestError(FieldProblem("run", sentence))
    kept = [run_of(request, key) for key in keys]
    one, other = map(result_of, kept)
    return render(request, "history/compare.html", {"compared": Compared(one, other), "runs": kept})


def form_of(exchange: Exchange) -> RequestForm:
    """Return the form that sent this exchange."""
    provider = exchange.provider if exchange.provider in catalogue() else None
    base_url = "" if provider else exchange.call.base_url
    form = RequestForm.from_body(provider or "", base_url, dict(exchange.call.body), exchange.dialect)
    form.headers = headers_text(extra_headers(exchange.call, exchange.dialect, provider or ""))
    return form


def result_of_run(request: HttpRequest, key: str) -> Result:
    """Return the run's result. Raises `RefusedError`."""
    return result_of(run_of(request, key))


def result_of(kept: Run, kept_as: keep.Kept | None = None) -> Result:
    """Return the result of a run, with its cost as it was estimated then. Raises `RefusedError`."""
    try:
        return Result(kept.exchange, kept_as, kept.cost)
    except ArchiveError as error:
        raise RefusedError(refusals.unreadable(error)) from error


def run_of(request: HttpRequest, key: str) -> Run:
    """Return the run. Raises `RefusedError` if there is none, or it is not for this person."""
    kept = Run.objects.within(member_of(request)).named([key]).first()
    if kept is None:
        raise RefusedError(refusals.gone())
    return kept


def _summary(kept: Run) -> dict[str, Any]:
    return {
        "id": kept.key,
        "url": reverse("run", args=[kept.key]),
        "started": kept.started.isoformat(),
        **{
            name: getattr(kept, name)
            for name in (
                "provider",
                "host",
                "dialect",
                "model",
                "status",
                "question",
                "answer",
                "prompt_tokens",
                "completion_tokens",
                "first_token_ms",
                "total_ms",
                "starred",
            )
        },
        "cost": kept.cost.as_json() if kept.cost else None,
        "error": kept.error or None,
        "tags": kept.tags.split(),
        "parent": kept.parent or None,
        **sender_of(kept),
    }


def _done(request: HttpRequest, address: str) -> HttpResponse:
    return HttpResponse(status=204) if shape_of(request) is Shape.JSON else HttpResponseRedirect(address)
