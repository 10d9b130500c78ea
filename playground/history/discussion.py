"""What a team says about runs, with accounts: who sent each one, and the comments on it."""

from typing import Any

from django.conf import settings
from django.db.models import prefetch_related_objects
from django.http import HttpRequest

from playground.runs.models import Run
from playground.runs.search import Found
from playground.sharing import comments
from playground.teams.access import Action, allows, member_of


def discussion(request: HttpRequest, kept: Run) -> dict[str, Any]:
    """Return a run's comments, each with whether it can be edited and deleted. Without accounts, none."""
    member = member_of(request)
    if member is None:
        return {}
    rows = list(kept.comments.select_related("person"))
    deletable = set(comments.deletable(kept, member).values_list("pk", flat=True)) if rows else set()
    return {
        "discussed": True,
        "sender": kept.person,
        "comments": [(row, row.person_id == member.person_id, row.pk in deletable) for row in rows],
        "shares": allows(member.role, Action.SHARE),
        "links": settings.CONFIG.public_links,
        "longest": comments.LONGEST,
    }


def with_counts(found: Found) -> Found:
    """Set what the list says of each run: `comment_count` and `sender`."""
    if settings.CONFIG.accounts:
        counts = comments.counts(run.pk for run in found.runs)
        for run in with_people(found).runs:
            run.comment_count = counts.get(run.pk, 0)  # type: ignore[attr-defined]
            run.sender = run.person  # type: ignore[attr-defined]
    return found


def with_people(found: Found) -> Found:
    """Look up who sent these runs, all at once."""
    if settings.CONFIG.accounts:
        prefetch_related_objects(found.runs, "person")
    return found


def sender_of(kept: Run) -> dict[str, str | None]:
    """Return the field `person` of a run as JSON. Without accounts, there is none."""
    if not settings.CONFIG.accounts:
        return {}
    return {"person": str(kept.person) if kept.person else None}
