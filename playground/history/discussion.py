"""What the page of a run shows of its comments, and in the list how many each has."""

from typing import Any

from django.conf import settings
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
        "comments": [(row, row.person_id == member.person_id, row.pk in deletable) for row in rows],
        "shares": allows(member.role, Action.SHARE),
        "links": settings.CONFIG.public_links,
        "longest": comments.LONGEST,
    }


def with_counts(found: Found) -> Found:
    """Set `comment_count` of each run that has comments."""
    if settings.CONFIG.accounts:
        counts = comments.counts(run.pk for run in found.runs)
        for run in found.runs:
            run.comment_count = counts.get(run.pk, 0)  # type: ignore[attr-defined]
    return found
