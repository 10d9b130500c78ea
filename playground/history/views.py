"""Runs as people see them: the list, one run, its archive, two runs side by side."""

from collections.abc import Callable
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from functools import wraps
from typing import Any, TypeVar

from django.conf import settings
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    JsonResponse,
)
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from playground.catalogue.providers import catalogue
from playground.exchange.archive import ArchiveError
from playground.exchange.record import Exchange
from playground.forms.form import RequestForm
from playground.forms.headers import extra_headers, headers_text
from playground.forms.incoming import Shape, shape_of
from playground.history.compare import Compared
from playground.runs import keep, search
from playground.runs.keep import Kept
from playground.runs.models import Run
from playground.runs.search import Query
from playground.web.page import render_page
from playground.web.present import Result

Response = TypeVar("Response", bound=HttpResponseBase)


def if_runs_are_on(view: Callable[..., Response]) -> Callable[..., Response]:
    @wraps(view)
    def checked(request: HttpRequest, *arguments: Any, **named: Any) -> Response:
        if not settings.CONFIG.runs:
            raise Http404
        return view(request, *arguments, **named)

    return checked


@require_http_methods(["GET", "HEAD", "POST"])
@gzip_page
@if_runs_are_on
def runs(request: HttpRequest) -> HttpResponse:
    """List runs, the latest first. A search is posted: its words are no business of a log."""
    query = query_of(request.POST)
    before = request.POST.get("before", "")
    found = search.find(query, int(before[:18]) if before.isascii() and before.isdigit() else None)
    context = {"found": found, "query": query, "asked": request.POST}
    if shape_of(request) is Shape.JSON:
        return JsonResponse({"runs": [_summary(run) for run in found.runs], "before": found.more})
    part = shape_of(request) is Shape.FRAGMENT
    return render(request, "history/_runs.html" if part else "history/runs.html", context)


@require_safe
@gzip_page
@if_runs_are_on
def run(request: HttpRequest, key: str) -> HttpResponse:
    """Show a run in the playground: the form as it was, and what came back. As JSON, its archive."""
    kept = _found(key)
    if shape_of(request) is Shape.JSON:
        return JsonResponse(kept.archive)
    exchange = _exchange(kept)
    return render_page(request, form_of(exchange), result=Result(exchange, Kept(key)), run=kept)


@require_POST
@if_runs_are_on
def change(request: HttpRequest, key: str) -> HttpResponse:
    """Star a run, tag it, or delete it, by the button that was clicked."""
    match request.POST.get("do"):
        case "star" | "unstar" as starred:
            kept = keep.change(key, starred=starred == "star")
        case "tag":
            kept = keep.change(key, tags=request.POST.get("tags", "").split()[:20])
        case "delete":
            keep.forget([key])
            return _back(request, reverse("runs"))
        case _:
            raise Http404
    if kept is None:
        raise Http404
    return _back(request, reverse("run", args=[key]))


@require_POST
@if_runs_are_on
def forget(request: HttpRequest) -> HttpResponse:
    """Delete all runs."""
    keep.forget(None)
    return _back(request, reverse("runs"))


@require_safe
@gzip_page
@if_runs_are_on
def compare(request: HttpRequest) -> HttpResponse:
    """Show two runs side by side: `?run=KEY&run=KEY`."""
    keys = request.GET.getlist("run")[:2]
    if len(keys) != 2:
        raise Http404
    one, other = (_exchange(_found(key)) for key in keys)
    return render(request, "history/compare.html", {"compared": Compared(one, other), "keys": keys})


def form_of(exchange: Exchange) -> RequestForm:
    """Return the form as it was when this was sent."""
    provider = exchange.provider if exchange.provider in catalogue() else None
    base_url = "" if provider else exchange.call.base_url
    form = RequestForm.from_body(provider or "", base_url, dict(exchange.call.body), exchange.dialect)
    form.headers = headers_text(extra_headers(exchange.call, exchange.dialect, provider or ""))
    return form


def exchange_of_run(key: str) -> Exchange:
    """Return the run's exchange. Raises `Http404`."""
    return _exchange(_found(key))


def _found(key: str) -> Run:
    kept = Run.objects.filter(key=key).first()
    if kept is None:
        raise Http404
    return kept


def _exchange(kept: Run) -> Exchange:
    try:
        return kept.exchange
    except ArchiveError as error:
        raise Http404 from error


def query_of(values: Any) -> Query:
    texts = {
        field.name: values.get(field.name, "")[:300] for field in fields(Query) if field.type in ("str", str)
    }
    since, until = _day(values.get("since", "")), _day(values.get("until", ""))
    return Query(
        **texts,
        starred="starred" in values,
        since=since,
        until=until and until + timedelta(days=1),
    )


def _day(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        return None


def _summary(kept: Run) -> dict[str, Any]:
    return {
        "id": kept.key,
        "url": reverse("run", args=[kept.key]),
        "started": kept.started.isoformat(),
        **{
            name: getattr(kept, name)
            for name in (
                "provider",
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
    }


def _back(request: HttpRequest, address: str) -> HttpResponse:
    return HttpResponse(status=204) if shape_of(request) is Shape.JSON else HttpResponseRedirect(address)
