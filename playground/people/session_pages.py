"""Where a person is signed in, and how to end that."""

from allauth.usersessions.models import UserSession
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from playground.people.asked import number_in, refusing
from playground.people.wall import sign_in_first


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
