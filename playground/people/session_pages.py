"""Where a person is signed in and how to end that; and the page of a password that nobody has."""

from allauth.usersessions.models import UserSession
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from playground.exchange.refusal import RefusedError
from playground.people import refusals
from playground.people.asked import refusing
from playground.people.wall import sign_in_first
from playground.text.numbers import number_in


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@sign_in_first
@refusing
def sessions(request: HttpRequest) -> HttpResponse:
    """List the person's sessions. POST ends the one that it names, or with `others` all but this one."""
    mine = UserSession.objects.purge_and_list(request.user)
    if request.method != "POST":
        mine.sort(key=lambda session: (not session.is_current(), -session.last_seen_at.timestamp()))
        return render(request, "people/sessions.html", {"sessions": mine})
    ends_others = "others" in request.POST
    wanted = number_in(request.POST.get("end", ""))
    for session in mine:
        if session.pk == wanted or (ends_others and not session.is_current()):
            session.end()
    return HttpResponseRedirect(reverse("usersessions_list"))


@require_safe
@sign_in_first
@refusing
def no_password(request: HttpRequest) -> HttpResponse:
    """django-allauth leads here from the change of a password, for whom only single sign-on lets in."""
    del request
    raise RefusedError(refusals.NO_PASSWORD)
