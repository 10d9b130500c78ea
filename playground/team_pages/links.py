"""The page of a team's public links."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from playground.exchange.refusal import RefusedError
from playground.people import refusals
from playground.people.asked import of_team
from playground.runs.models import Run
from playground.sharing import links as kept
from playground.teams.access import Action
from playground.teams.models import Membership
from playground.text.numbers import number_in

_MOST_SHOWN = 500


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@of_team(Action.SHARE)
def links(request: HttpRequest, own: Membership) -> HttpResponse:
    """List the team's public links that work. POST revokes one."""
    if request.method == "POST":
        link = kept.of_team(own).filter(pk=number_in(request.POST.get("revoke", ""))).first()
        if link and not kept.may_revoke(own, link):
            raise RefusedError(refusals.NOT_ALLOWED)
        if link:
            kept.revoke(link, own)
        return HttpResponseRedirect(reverse("team-links", args=[own.team_id]))
    rows = list(kept.of_team(own)[:_MOST_SHOWN])
    seen = set(Run.objects.within(own).filter(links__in=rows).values_list("pk", flat=True))
    context = {
        "own": own,
        "team": own.team,
        "links": [(link, link.run_id in seen, kept.may_revoke(own, link)) for link in rows],
    }
    return render(request, "people/links.html", context)
