"""Pages of teams: invitations, people and their roles, the audit log."""

from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from playground.exchange.refusal import FieldProblem, InvalidRequestError, RefusedError
from playground.forms.posted import name_in, one_of, unknown
from playground.mail import letters
from playground.people import joining, proxy_header, refusals, wall
from playground.people.addresses import is_same
from playground.people.asked import member_in, need, of_team, refusing
from playground.teams import people
from playground.teams.access import Action, allows, may_give
from playground.teams.models import Invitation, Membership, Role
from playground.text.numbers import number_in
from playground.text.sentence import gettext_noop, say

_SHOWN_EVENTS = 200
_CHANGES = ("rename", "invite", "withdraw", "role", "remove")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@refusing
def invitation(request: HttpRequest, secret: str) -> HttpResponse:
    """Show an invitation; POST joins the team, for whoever is signed in."""
    found = people.invitation_of(secret)
    if found is None:
        raise RefusedError(refusals.NO_INVITATION)
    joining.remember(request, found)
    address = getattr(request, "vouched", "") or getattr(request.user, "email", "")
    is_for_another = bool(address and found.email) and not is_same(found.email, address)
    if request.method != "POST" or not address:
        sign_up = reverse("account_signup")
        return render(
            request,
            "people/invitation.html",
            {
                "invitation": found,
                "address": address,
                "is_for_another": is_for_another,
                # django-allauth fills in its form from there.
                "sign_up": f"{sign_up}?{urlencode({'email': found.email})}" if found.email else sign_up,
                "sign_in": f"{reverse('account_login')}?{urlencode({'next': request.path})}",
            },
        )
    if is_for_another:
        raise RefusedError(refusals.for_another(found.email))
    proxy_header.accept(request)
    if not people.join(found, request.user):
        raise RefusedError(refusals.NO_INVITATION)
    joining.forget(request)
    member = Membership.objects.get(team=found.team, person_id=request.user.pk)
    wall.use(request, member)
    return HttpResponseRedirect(reverse("index"))


@require_http_methods(["GET", "HEAD", "POST"])
@refusing
def teams(request: HttpRequest) -> HttpResponse:
    """List the person's teams. POST chooses the one to use, or makes one."""
    mine = Membership.objects.filter(person_id=request.user.pk).select_related("team").order_by("team__name")
    if request.method == "POST":
        if "name" in request.POST:
            if not mine.filter(role=Role.OWNER).exists():
                raise RefusedError(refusals.NO_NEW_TEAM)
            made = people.make_team(name_in(request), request.user)
            member = Membership.objects.get(team=made, person_id=request.user.pk)
        else:
            member = member_in(request, number_in(request.POST.get("team", "")))
        wall.use(request, member)
        return HttpResponseRedirect(reverse("team", args=[member.team_id]))
    if len(mine) == 1 and "deleted" not in request.GET:
        return HttpResponseRedirect(reverse("team", args=[mine[0].team_id]))
    return render(request, "people/teams.html", {"mine": mine})


@never_cache
@require_safe
@of_team(Action.SEE)
def team(request: HttpRequest, own: Membership) -> HttpResponse:
    """Show a team's people and invitations."""
    return _page(request, own)


@never_cache
@require_POST
@of_team(Action.SEE)
def change(request: HttpRequest, own: Membership) -> HttpResponse:
    """Change a team's people by the button that was clicked."""
    match request.POST.get("change"):
        case "rename":
            need(own, Action.OWN)
            people.rename(own.team, name_in(request), request.user)
        case "invite":
            return _invite(request, own)
        case "withdraw":
            need(own, Action.INVITE)
            found = people.open_invitations().filter(
                team=own.team, pk=number_in(request.POST.get("invitation", ""))
            )
            for one in found:
                if not may_give(own.role, one.role):
                    raise RefusedError(refusals.NOT_ALLOWED)
                people.withdraw(one, request.user)
        case "role":
            member, role = _other(request, own), one_of(request, "role", Role.values)
            if not (may_give(own.role, member.role) and may_give(own.role, role)):
                raise RefusedError(refusals.NOT_ALLOWED)
            people.change_role(member, role, request.user)
        case "remove":
            member = _other(request, own)
            if member.pk != own.pk and not may_give(own.role, member.role):
                raise RefusedError(refusals.NOT_ALLOWED)
            people.remove(member, request.user)
            if member.person_id == request.user.pk:
                return HttpResponseRedirect(reverse("teams"))
        case _:
            raise unknown("change", _CHANGES)
    return HttpResponseRedirect(reverse("team", args=[own.team_id]))


def _invite(request: HttpRequest, own: Membership) -> HttpResponse:
    need(own, Action.INVITE)
    role, email = one_of(request, "role", Role.values), request.POST.get("email", "").strip()
    if not may_give(own.role, role):
        raise RefusedError(refusals.NOT_ALLOWED)
    if email:
        try:
            validate_email(email)
        except ValidationError as error:
            sentence = say(gettext_noop("“%(email)s” is not an email address."), email=email[:100])
            raise InvalidRequestError(FieldProblem("email", sentence)) from error
    made, secret = people.invite(own.team, role, email, request.user)
    link = request.build_absolute_uri(reverse("invitation", args=[secret]))
    mailed = bool(email) and letters.is_on() and _mail(made, link)
    return _page(request, own, made=made, link=link, mailed=mailed)


def _mail(made: Invitation, link: str) -> bool:
    told = gettext(
        "%(person)s invites you to the team %(team)s in the API Playground. Open this link to join; it works "
        "once, until %(date)s (UTC):"
    ) % {"person": made.made_by, "team": made.team, "date": f"{made.expires:%Y-%m-%d %H:%M}"}
    subject = gettext("Join %(team)s") % {"team": made.team}
    return letters.send([made.email], subject, f"{told}\n\n{link}\n") is letters.Sent.TAKEN


def _page(
    request: HttpRequest,
    own: Membership,
    made: Invitation | None = None,
    link: str = "",
    *,
    mailed: bool = False,
) -> HttpResponse:
    members = list(own.team.members.select_related("person").order_by("pk"))
    manages = allows(own.role, Action.MANAGE)
    invitations = people.open_invitations().filter(team=own.team).order_by("-pk") if manages else []
    roles = [(role, Role(role).label) for role in Role.values if may_give(own.role, role)]
    context = {
        "own": own,
        "team": own.team,
        "members": [(member, manages and may_give(own.role, member.role)) for member in members],
        "invitations": [(one, may_give(own.role, one.role)) for one in invitations],
        "roles": roles,
        "manages": manages,
        "sends": allows(own.role, Action.SEND),
        "owns": allows(own.role, Action.OWN),
        "days": people.INVITATION_DAYS,
        "made": made,
        "link": link,
        "mailed": mailed,
        "mails": letters.is_on(),
    }
    return render(request, "people/team.html", context)


def _other(request: HttpRequest, own: Membership) -> Membership:
    """Return the member that the form names, of the same team."""
    found = (
        own.team.members.filter(pk=number_in(request.POST.get("member", ""))).select_related("person").first()
    )
    if found is None:
        raise RefusedError(refusals.NO_MEMBER)
    return found
