"""Write runs, those that wait at the same time together."""

from collections.abc import Sequence

from playground.database import together
from playground.runs import search
from playground.runs.models import Run


def write(run: Run) -> None:
    """Write a run; when this returns, it is committed. Raises `DatabaseError`."""
    begin(run).result()


def begin(run: Run) -> "together.Writing[Run, None]":
    """Have a run written, and don't wait."""
    return together.begin(_store, run)


def _store(runs: Sequence[Run]) -> list[None]:
    parents = {run.parent for run in runs} - {""}
    found = Run.objects.filter(key__in=parents).values_list("key", "team_id") if parents else ()
    known = set(found)
    for run in runs:
        run.pk, run._state.adding = None, True  # it may have been tried with others
        run.parent = run.parent if (run.parent, run.team_id) in known else ""
    Run.objects.bulk_create(runs)
    for run in runs:
        search.add(run.pk, run.words)
    return [None] * len(runs)
