"""Export the runs that match a search, one archive per line."""

import json
import logging
import zlib
from collections.abc import Callable, Iterator
from functools import partial

from django.db import DatabaseError
from django.http import HttpRequest, StreamingHttpResponse
from django.views.decorators.http import require_POST

from playground.calls.who import address_of
from playground.database import in_turn
from playground.history import asked
from playground.history.discussion import sender_of, with_people
from playground.history.views import if_runs_are_on
from playground.runs import search
from playground.runs.models import Run
from playground.runs.search import Found
from playground.teams.access import member_of
from playground.teams.audit import note
from playground.teams.models import Kind, Membership
from playground.web.sending import Download

_logger = logging.getLogger(__name__)


@require_POST
@if_runs_are_on
def export(request: HttpRequest) -> StreamingHttpResponse:
    """Stream the runs that match as JSONL, the latest first."""
    member = member_of(request)
    find = partial(search.find, asked.read(request).query, within=member)
    lines = _lines(find, in_turn(find))  # raises while an error can still be said
    lines = _noted(lines, member) if member else lines
    return StreamingHttpResponse(
        Download(request, f"p{member.person_id}" if member else address_of(request), lines),
        content_type="application/jsonl",
        headers={"Content-Disposition": 'attachment; filename="runs.jsonl"', "X-Accel-Buffering": "no"},
    )


def _lines(find: Callable[..., Found], found: Found) -> Iterator[bytes]:
    while True:
        for run in in_turn(partial(with_people, found)).runs:
            if line := line_of(run):
                yield _with_sender(line, run)
        if found.more is None:
            return
        found = in_turn(partial(find, found.more))


def _with_sender(line: bytes, run: Run) -> bytes:
    """Return the line with the run's `sender_of`, and every byte of the archive as it was written."""
    sender = json.dumps(sender_of(run))[1:].encode()
    return line if sender == b"}" else line.rstrip()[:-1] + b", " + sender + b"\n"


def _noted(lines: Iterator[bytes], member: Membership) -> Iterator[bytes]:
    """Say in the audit log how many runs were handed on, even if whoever asked went away before the end."""
    count = 0
    try:
        for line in lines:
            count += 1
            yield line
    finally:
        try:
            in_turn(partial(note, Kind.RUNS_EXPORTED, member.team, member.person, runs=count))
        except DatabaseError:
            _logger.exception("That runs were exported is missing in the audit log")


def line_of(run: Run) -> bytes:
    """Return a run's archive; b"" if it was deleted meanwhile or is damaged."""
    record = in_turn(Run.objects.filter(pk=run.pk).values_list("record", flat=True).first)
    try:
        # It is written without line breaks.
        return zlib.decompress(bytes(record)) + b"\n" if record else b""
    except zlib.error:
        _logger.error("Run %s is damaged and was left out of a file of runs", run.key)
        return b""
