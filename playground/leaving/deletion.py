"""Delete an account or a team with all that is theirs.

Runs and lines can be many: they go piece by piece, so that others can write meanwhile. The rest goes in one
transaction. What is interrupted can be started again.

The audit log keeps its lines about a deleted account, with `teams.audit.mark_of` in place of the name.
"""

import json
import re
from collections.abc import Iterator
from functools import partial
from typing import Any

from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.db import transaction
from django.db.models import CASCADE, SET_NULL, ForeignObjectRel, Model, Q, QuerySet

from playground.calls.models import Spent
from playground.database import in_turn
from playground.database.rows import lock
from playground.people.addresses import is_same
from playground.people.models import User
from playground.pinned.models import Attempt, Pin
from playground.pinned.replaying import forget_quotes
from playground.runs import keep, search
from playground.runs.models import Hold, Run
from playground.teams.access import Person
from playground.teams.audit import mark_of, note
from playground.teams.models import Event, Invitation, Kind, Role, Team, Timed, Used
from playground.teams.people import LastOwnerError, end_invitations

_PIECE = 500


def owned_alone(person: User) -> list[Team]:
    """Return the teams that would be left without an owner."""
    owned = Team.objects.filter(members__person=person, members__role=Role.OWNER)
    others = Q(members__role=Role.OWNER, members__person__is_active=True) & ~Q(members__person=person)
    return list(owned.exclude(pk__in=Team.objects.filter(others).values("pk")))


def delete_person(person: User, by: Person | None) -> int:
    """Delete an account, its runs in all teams, and its name. Returns how many runs there were.

    Sums of the usage stay, without the person. Raises `LastOwnerError`, and `DatabaseError`.
    """
    if in_turn(lambda: owned_alone(person)):
        raise LastOwnerError
    gone = keep.delete(Run.objects.filter(person_id=person.pk))
    seen = _blank(person, 0)
    in_turn(lambda: _delete_person(person, by, seen))
    forget_quotes()
    in_turn(search.erase)
    return gone


@transaction.atomic
def _delete_person(person: User, by: Person | None, seen: int) -> None:
    """Delete what is left. Lines of the audit log up to `seen` are blanked already."""
    mine = person.memberships.values("team")
    # Locked, so that of two owners who go at once one sees that the other is gone.
    locked = Team.objects.filter(pk__in=mine).select_for_update(no_key=True).order_by("pk")
    teams: list[Team | None] = list(locked)
    if owned_alone(person):
        raise LastOwnerError
    _end_sessions(person)
    end_invitations(person)
    if person.email:
        named = Invitation.objects.filter(email__iexact=person.email)
        _delete(named.filter(pk__in=[one.pk for one in named if is_same(one.email, person.email)]))
    own = [budget.account for team in teams if team for budget in team.budgets.filter(person=person)]
    _delete(Spent.objects.filter(Q(account__in=own) | Q(account__startswith="budget:", who=f"p{person.pk}")))
    about_it = LogEntry.objects.filter(content_type__model="user", object_id=str(person.pk))
    about_it.update(object_repr=mark_of(person))
    _blank(person, seen)
    _blank_pins(person)
    is_own = by is not None and by.pk == person.pk
    for team in teams or [None]:
        line = note(Kind.ACCOUNT_DELETED, team, None if is_own else by, mark_of(person))
        if is_own:
            Event.objects.filter(pk=line.pk).update(actor=mark_of(person))
    _clear(person)
    search.delete(list(Run.objects.filter(person_id=person.pk).values_list("pk", flat=True)))
    person.delete()


def _end_sessions(person: User) -> None:
    if apps.is_installed("allauth.usersessions"):  # without accounts, sessions are the admin's alone
        from allauth.usersessions.models import UserSession

        for session in UserSession.objects.filter(user=person):
            session.end()


def delete_team(team: Team, by: Person | None) -> int:
    """Delete a team with its runs, keys, budgets, and audit log. Returns how many runs there were.

    The accounts of its members stay. Raises `DatabaseError`.
    """
    gone = keep.delete(Run.objects.filter(team_id=team.pk))
    many: list[QuerySet[Any]] = [model.objects.filter(team_id=team.pk) for model in (Used, Timed, Event)]
    for rows in many:
        for piece in _pieces(rows):
            in_turn(partial(_delete, rows.filter(pk__in=piece)))
    in_turn(lambda: _delete_team(team, by))
    in_turn(search.erase)
    return gone


@transaction.atomic
def _delete_team(team: Team, by: Person | None) -> None:
    if not Team.objects.select_for_update(no_key=True).filter(pk=team.pk).exists():
        return  # somebody else was faster
    _delete(Spent.objects.filter(account__in=[budget.account for budget in team.budgets.all()]))
    Hold.objects.filter(holder__in=[pin.holder for pin in team.pins.select_for_update()]).delete()
    note(Kind.TEAM_DELETED, None, by, team.name)
    _clear(team)
    search.delete(list(Run.objects.filter(team_id=team.pk).values_list("pk", flat=True)))
    Team.objects.get(pk=team.pk).delete()


def _clear(owner: Team | User) -> None:
    """Delete or let go all but the runs of a team or person, then keep calls from writing more.

    In this order: a call locks what is there first, and with a foreign key of what it adds the owner last.
    """
    for relation in owner._meta.get_fields(include_hidden=True):
        if not isinstance(relation, ForeignObjectRel) or relation.related_model is Run:
            continue
        theirs = relation.related_model._base_manager.filter(**{relation.field.name: owner.pk})
        if relation.on_delete is CASCADE:
            _delete(theirs)
        elif relation.on_delete is SET_NULL:
            lock(theirs)
            theirs.update(**{relation.field.name: None})
    type(owner)._base_manager.select_for_update().get(pk=owner.pk)


@transaction.atomic
def _delete(rows: QuerySet[Any]) -> None:
    lock(rows)
    rows.delete()


def _blank(person: User, after: int) -> int:
    """Replace the name in the audit log, in lines that come after one. Returns the last line's number."""
    name, mark = str(person), mark_of(person)
    last: int = in_turn(Event.objects.order_by("-pk").values_list("pk", flat=True).first) or after
    lines = Event.objects.filter(pk__gt=after, pk__lte=last)
    for piece in _pieces(lines.filter(Q(person_id=person.pk) | Q(actor=name[:254]))):
        in_turn(partial(Event.objects.filter(pk__in=piece).update, actor=mark, person=None))
    whole = _whole(name)
    for piece in _pieces(lines.filter(Q(about__icontains=name) | _in_json("details", name))):
        in_turn(partial(_rename, piece, whole, mark))
    return last


def _blank_pins(person: User) -> None:
    """Replace the name where a pin says why it is paused, or a replay why it was not sent."""
    whole, mark = _whole(str(person)), mark_of(person)
    for model in (Pin, Attempt):
        for row in model.objects.filter(_in_json("why", str(person))):
            row.why = json.loads(whole.sub(mark, json.dumps(row.why, ensure_ascii=False)))
            row.save(update_fields=["why"])


def _in_json(column: str, name: str) -> Q:
    """Match a name in a JSON column, which SQLite keeps with escapes."""
    escaped = json.dumps(name)[1:-1]
    return Q(**{f"{column}__icontains": name}) | Q(**{f"{column}__icontains": escaped})


def _whole(name: str) -> "re.Pattern[str]":
    """Match a name. Of a word that is longer, such as another address, it is no part."""
    return re.compile(rf"(?<![\w.+@-]){re.escape(name)}(?![\w@-]|\.\w)", re.IGNORECASE)


@transaction.atomic
def _rename(pks: list[int], whole: "re.Pattern[str]", mark: str) -> None:
    lines = list(Event.objects.filter(pk__in=pks))
    for line in lines:
        line.about = whole.sub(mark, line.about)
        line.details = {
            name: whole.sub(mark, value) if isinstance(value, str) else value
            for name, value in line.details.items()
        }
    Event.objects.bulk_update(lines, ["about", "details"], batch_size=100)


def _pieces(rows: QuerySet[Model]) -> Iterator[list[int]]:
    """Yield the numbers of rows in pieces. Rows may be deleted meanwhile."""
    last = 0
    numbers = rows.order_by("pk").values_list("pk", flat=True)
    while piece := in_turn(partial(_some, numbers.filter(pk__gt=last))):
        yield piece
        last = piece[-1]


def _some(numbers: Any) -> list[int]:
    return list(numbers[:_PIECE])
