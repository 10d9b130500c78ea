"""`manage.py people …`: make the first link to sign in with, and later ones; delete accounts and teams."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email
from django.db import DatabaseError
from django.urls import reverse
from django.utils.translation import gettext, ngettext

from playground import amounts
from playground.leaving import deletion
from playground.people.addresses import person_of
from playground.people.models import User
from playground.rendering.translate import translate
from playground.runs.models import Run
from playground.teams import people
from playground.teams.models import Role, Team
from playground.trouble import why


class Command(BaseCommand):
    help = "Invite people to teams, list them, and delete accounts and teams."

    def add_arguments(self, parser: ArgumentParser) -> None:
        ways = parser.add_subparsers(dest="way", required=True)
        invite = ways.add_parser("invite", help="print a link by which one person joins a team")
        invite.add_argument("email", nargs="?", default="", help="only for the account with this address")
        invite.add_argument("--team", default="", help="name of the team; it is made if there is none")
        roles = invite.add_mutually_exclusive_group()
        roles.add_argument("--role", choices=Role.values, default=Role.MEMBER, help="default: member")
        roles.add_argument(
            "--owner", dest="role", action="store_const", const=Role.OWNER, help="--role owner"
        )
        reset = ways.add_parser("reset", help="print a link by which a person sets a new password")
        reset.add_argument("email", help="address of the account")
        ways.add_parser("list", help="list the people of each team")
        delete = ways.add_parser("delete", help="delete an account with its runs, keys, and tokens")
        delete.add_argument("email", help="address of the account")
        delete_team = ways.add_parser("delete-team", help="delete a team with all that is in it")
        delete_team.add_argument("team", help="name of the team")
        for way in (delete, delete_team):
            way.add_argument("--yes", action="store_true", help="without it, only tell what would be deleted")

    def handle(self, *args: Any, way: str, **options: Any) -> None:
        del args
        if not settings.CONFIG.accounts:
            raise CommandError(gettext("Accounts are off. Set PLAYGROUND_ACCOUNTS=1."))
        try:
            match way:
                case "invite":
                    self._invite(options["email"], options["role"], options["team"])
                case "reset":
                    self._reset(options["email"])
                case "list":
                    self._list()
                case "delete":
                    self._delete(options["email"], sure=options["yes"])
                case "delete-team":
                    self._delete_team(options["team"], sure=options["yes"])
        except DatabaseError as error:
            trouble = gettext("People are unavailable: %(why)s.") % {"why": translate(why(error))}
            raise CommandError(trouble) from error

    def _invite(self, email: str, role: str, name: str) -> None:
        if email:
            try:
                validate_email(email)
            except ValidationError as error:
                raise CommandError(
                    gettext("“%(email)s” is not an email address.") % {"email": email}
                ) from error
        invitation, secret = people.invite(_team(name), role, email, None)
        told = gettext("Open this link to join “%(team)s” as %(role)s. It works once, for %(days)s days:")
        self.stdout.write(
            told
            % {
                "team": invitation.team.name,
                "role": invitation.get_role_display(),
                "days": people.INVITATION_DAYS,
            }
        )
        self.stdout.write(f"{_site()}{reverse('invitation', args=[secret])}")

    def _reset(self, email: str) -> None:
        # Imported here, because allauth is only installed with accounts.
        from allauth.account.forms import default_token_generator
        from allauth.account.utils import user_pk_to_url_str

        person = _person(email, is_active=True)
        key = f"{user_pk_to_url_str(person)}-{default_token_generator.make_token(person)}"
        self.stdout.write(gettext("Open this link to set a new password. It works once, for 3 days:"))
        self.stdout.write(f"{_site()}/accounts/password/reset/key/{key}/")

    def _list(self) -> None:
        for team in Team.objects.all():
            self.stdout.write(team.name)
            for member in team.members.select_related("person").order_by("pk"):
                self.stdout.write(f"  {member.person.email or member.person}  {member.get_role_display()}")

    def _delete(self, email: str, *, sure: bool) -> None:
        person = _person(email)
        if alone := deletion.owned_alone(person):
            told = gettext("Make somebody else an owner first, or delete the team: %(teams)s.")
            raise CommandError(told % {"teams": ", ".join(team.name for team in alone)})
        if sure:
            self._told(deletion.delete_person(person, None), sure=True)
        else:
            self._told(Run.objects.filter(person=person).count(), sure=False)

    def _delete_team(self, name: str, *, sure: bool) -> None:
        teams = list(Team.objects.filter(name=name)[:2])
        if len(teams) != 1:
            told = gettext(
                "There are several teams named %(name)s. An owner can delete theirs in its settings."
            )
            none = gettext("There is no team named %(name)s.")
            raise CommandError((told if teams else none) % {"name": name})
        if sure:
            self._told(deletion.delete_team(teams[0], None), sure=True)
        else:
            self._told(Run.objects.filter(team=teams[0]).count(), sure=False)

    def _told(self, runs: int, *, sure: bool) -> None:
        told = (
            ngettext("Deleted, with %(count)s run.", "Deleted, with %(count)s runs.", runs)
            if sure
            else ngettext(
                "This would delete %(count)s run, too. Repeat it with --yes.",
                "This would delete %(count)s runs, too. Repeat it with --yes.",
                runs,
            )
        )
        self.stdout.write(told % {"count": amounts.count(runs)})


def _person(email: str, **further: bool) -> User:
    person = person_of(email, **further)
    if person is None:
        raise CommandError(gettext("There is no account with the address %(email)s.") % {"email": email})
    return person


def _team(name: str) -> Team:
    """Return the team of this name, or the only one; make it if there is none."""
    if name:
        return Team.objects.filter(name=name).first() or people.make_team(name, None)
    teams = list(Team.objects.all()[:2])
    if len(teams) > 1:
        raise CommandError(gettext("There are several teams. Name one with --team."))
    return teams[0] if teams else people.make_team(gettext("Team"), None)


def _site() -> str:
    """Return where the playground is, as far as the settings tell."""
    scheme = "https" if settings.CONFIG.https else "http"
    host = next(
        (name for name in settings.CONFIG.allowed_hosts if not name.startswith(("*", "."))), "localhost"
    )
    port = "" if settings.CONFIG.https else f":{settings.CONFIG.port}"
    return f"{scheme}://{host}{port}"
