"""Comments on a run: members write them, and change or delete their own; admins delete any."""

from collections.abc import Iterable

from django.db.models import Count, QuerySet
from django.utils import timezone

from playground.runs.models import Run
from playground.sharing.models import Comment
from playground.teams.access import Action, allows
from playground.teams.models import Membership

# In characters.
LONGEST = 4_000
MOST = 200


class TooManyError(Exception):
    """The run has `MOST` comments."""


def add(run: Run, member: Membership, text: str) -> None:
    """Add a comment. Raises `TooManyError`."""
    if run.comments.count() >= MOST:
        raise TooManyError
    Comment.objects.create(run=run, person_id=member.person_id, text=text)


def edit(run: Run, member: Membership, number: int, text: str) -> bool:
    """Change one's own comment. Returns False if there is none."""
    own = run.comments.filter(pk=number, person_id=member.person_id)
    return bool(own.update(text=text, edited=timezone.now()))


def delete(run: Run, member: Membership, number: int) -> bool:
    """Delete a comment. Returns False if there is none that this member may delete."""
    return bool(deletable(run, member).filter(pk=number).delete()[0])


def deletable(run: Run, member: Membership) -> QuerySet[Comment]:
    comments = Comment.objects.filter(run=run)
    return comments if allows(member.role, Action.MANAGE) else comments.filter(person_id=member.person_id)


def counts(runs: Iterable[int]) -> dict[int, int]:
    """Return how many comments runs have, by their numbers; those without any are left out."""
    rows = Comment.objects.filter(run__in=runs).order_by().values_list("run").annotate(Count("pk"))
    return dict(rows)
