"""Public links: make one to a run after a look at what it will show; and what it shows to whoever has it."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from functools import wraps
from typing import Any

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_http_methods, require_safe

from playground.exchange.refusal import FieldProblem, InvalidRequestError, RefusedError
from playground.history import refusals
from playground.history.saving import Page, download, hand_on, proof_file
from playground.history.views import View, if_runs_are_on, result_of, run_of
from playground.proof import file
from playground.sharing import links
from playground.sharing.models import Link
from playground.teams.access import member_of
from playground.text.sentence import gettext_noop, say

DAYS = (1, 7, 30)
_MOST_DAYS = 366


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@gzip_page
@if_runs_are_on
def run_link(request: HttpRequest, key: str) -> HttpResponse:
    """Show what strangers will see of a run, and make a link that shows exactly this."""
    if not settings.CONFIG.public_links:
        raise RefusedError(refusals.NO_PUBLIC_LINKS)
    kept, member, told = run_of(request, key), member_of(request), ""

    def make(page: Page) -> HttpResponse | None:
        nonlocal told
        if member is None or request.POST.get("do") != "link":
            return None
        expires = _expiry(request)
        if set(request.POST.getlist("seen")) != {*page.blacked_out}:
            told = gettext("Check the preview, then click “Make link” again.")
            return None
        data = proof_file(page)
        try:
            link, secret = links.make(kept, member, data, expires, len(page.blacked_out))
        except links.NoRoomError as error:
            raise RefusedError(refusals.no_room_for_links()) from error
        except DatabaseError as error:
            raise RefusedError(refusals.no_database(error)) from error
        address = request.build_absolute_uri(reverse("public-link", args=[secret]))
        context = {"link": link, "address": address, "shown_run": kept, "team": member.team}
        return render(request, "history/link_made.html", context)

    further = {
        "shown_run": kept,
        "team": member and member.team,
        "days": DAYS,
        "today": timezone.now().date(),
        "asked_days": request.POST.get("days", "7"),
        "asked_until": request.POST.get("until", "")[:10],
        "told": lambda: told,  # known only once the preview is made
    }
    return hand_on(request, result_of(kept), make, "history/link.html", **further)


def for_strangers(view: View) -> View:
    """Keep a page out of search engines and its address out of other sites. Errors have no site header."""

    @wraps(view)
    def shown(request: HttpRequest, *arguments: Any, **named: Any) -> HttpResponseBase:
        request.refused_template = "history/no_link.html"  # type: ignore[attr-defined]
        response = view(request, *arguments, **named)
        response["X-Robots-Tag"] = "noindex, nofollow"
        response["Referrer-Policy"] = "no-referrer"
        return response

    return shown


def _public(view: Callable[[HttpRequest, Link, Page, bytes], HttpResponse]) -> View:
    """Find what the link shows: the file as it was when the link was made."""

    @never_cache
    @require_safe
    @gzip_page
    @for_strangers
    @if_runs_are_on
    @wraps(view)
    def shown(request: HttpRequest, secret: str) -> HttpResponse:
        link = links.find(secret)
        if link is None:
            raise RefusedError(refusals.NO_LINK)
        data = links.file_of(link)
        try:
            proof = file.read(data)
        except file.ProofError as error:
            raise RefusedError(refusals.link_busy(error.sentence)) from error
        page = Page(proof.exchange, proof.playground, proof.blacked_out, link.run.cost)
        return view(request, link, page, data)

    return shown


@_public
def shared(request: HttpRequest, link: Link, page: Page, data: bytes) -> HttpResponse:
    """Show what the link shows."""
    del data
    if request.method == "GET":
        links.count(link)
    return render(request, "history/shared.html", {"link": link, "page": page, "shared": True})


@_public
def shared_file(request: HttpRequest, link: Link, page: Page, data: bytes) -> HttpResponse:
    """Download the proof file."""
    del request, link
    return download(page, data, "html", "text/html; charset=utf-8")


def _expiry(request: HttpRequest) -> datetime:
    """Read when the link ends: after some days, or at the end of a day in UTC."""
    now, until, days = timezone.now(), request.POST.get("until", ""), request.POST.get("days", "")
    if until:
        try:
            ends = datetime.combine(date.fromisoformat(until), time.min, UTC) + timedelta(days=1)
        except (ValueError, OverflowError):
            ends = now
        if not now < ends <= now + timedelta(days=_MOST_DAYS):
            sentence = say(gettext_noop("Enter a date from today to a year from now, such as 2026-01-31."))
            raise InvalidRequestError(FieldProblem("until", sentence))
        return ends
    if days not in map(str, DAYS):
        raise InvalidRequestError(FieldProblem("days", say(gettext_noop("Choose how long the link works."))))
    return now + timedelta(days=int(days))
