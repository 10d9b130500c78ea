"""The navigation of a team's pages and of one's account, the same on all of them."""

from dataclasses import dataclass
from typing import Any

from django import template
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from playground.people import wall
from playground.teams.access import Action, allows
from playground.teams.models import Membership

register = template.Library()

# Each page: its URL's name, its label, what it needs, and whether it is always of the team in use.
_OF_TEAM = (
    ("team", _("Members"), Action.SEE, False),
    ("team-keys", _("Keys"), Action.SEND, False),
    ("team-budgets", _("Budgets"), Action.SEE, False),
    ("team-usage", _("Usage"), Action.SEE, False),
    ("prompts", _("Prompts"), Action.SEE, True),
    ("pins", _("Pinned runs"), Action.SEE, True),
    ("team-links", _("Public links"), Action.SHARE, False),
    ("team-embeds", _("Embeds"), Action.MANAGE, False),
    ("team-tokens", _("API tokens"), Action.SEE, False),
    ("team-audit", _("Audit log"), Action.AUDIT, False),
    ("team-settings", _("Settings"), Action.MANAGE, False),
)
_OF_ACCOUNT = (
    ("account_change_password", _("Password")),
    ("mfa_index", _("Two-factor authentication")),
    ("usersessions_list", _("Sessions")),
    ("account_data", _("Your data")),
    ("account_logout", _("Sign out")),
)


@dataclass(slots=True)
class Page:
    label: Any
    url: str
    is_current: bool = False


@register.inclusion_tag("people/_navigation.html", takes_context=True)
def navigation(context: template.Context) -> dict[str, Any]:
    """Link to the pages of the team that is shown, else of the team in use, and of the person's account."""
    request: HttpRequest = context["request"]
    in_use: Membership | None = getattr(request, "membership", None) or wall.in_use(request)
    own: Membership | None = context.get("own") or in_use
    of_team = _of_team(own, is_in_use=own == in_use) if own else []
    of_account = [Page(label, reverse(name)) for name, label in _OF_ACCOUNT]
    if isinstance(request.user, AbstractBaseUser) and not request.user.has_usable_password():
        of_account = of_account[1:]
    # Pages below a page belong to it.
    here = [page for page in (*of_team, *of_account) if request.path.startswith(page.url)]
    for page in sorted(here, key=lambda page: len(page.url))[-1:]:
        page.is_current = True
    mine = Membership.objects.filter(person_id=request.user.pk)
    return {
        "team": own.team if own else None,
        "person": request.user,
        "of_team": of_team,
        "of_account": of_account,
        "has_others": own is not None and mine.exclude(pk=own.pk).exists(),
    }


def _of_team(own: Membership, *, is_in_use: bool) -> list[Page]:
    pages = []
    for name, label, action, needs_use in _OF_TEAM:
        if not allows(own.role, action) or (needs_use and not is_in_use):
            continue
        if name == "pins" and not settings.CONFIG.runs:
            continue
        pages.append(Page(label, reverse(name, args=[] if needs_use else [own.team_id])))
    return pages
