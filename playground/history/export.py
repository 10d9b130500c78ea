"""Export the runs that match a search, one archive per line."""

import zlib
from collections.abc import Iterator

from django.http import HttpRequest, StreamingHttpResponse
from django.views.decorators.http import require_POST

from playground.database import in_turn
from playground.history import asked
from playground.history.views import if_runs_are_on
from playground.runs import search
from playground.runs.models import Run
from playground.runs.search import Query


@require_POST
@if_runs_are_on
def export(request: HttpRequest) -> StreamingHttpResponse:
    """Stream the runs that match as JSONL, the latest first. A run that is deleted meanwhile is left out."""
    return StreamingHttpResponse(
        _lines(asked.read(request).query),
        content_type="application/jsonl",
        headers={"Content-Disposition": 'attachment; filename="runs.jsonl"', "X-Accel-Buffering": "no"},
    )


def _lines(query: Query) -> Iterator[bytes]:
    before: int | None = None
    while True:
        found = in_turn(lambda before=before: search.find(query, before))  # type: ignore[misc]
        for run in found.runs:
            record = in_turn(
                lambda pk=run.pk: Run.objects.filter(pk=pk).values_list("record", flat=True).first()  # type: ignore[misc]
            )
            if record is not None:
                # `record` is written without line breaks.
                yield zlib.decompress(bytes(record)) + b"\n"
        if (before := found.more) is None:
            return
