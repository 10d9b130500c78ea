"""Keep runs: write one, change its star and tags, remove it."""

import logging
from collections.abc import Collection
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import Count, Min

from playground.database import in_turn
from playground.exchange.archive import ArchiveError
from playground.exchange.record import Exchange
from playground.runs import reserve, search, tagging, tidy, writing
from playground.runs.made import run_of, with_marks
from playground.runs.models import Run, Runs
from playground.teams.access import Action, allows
from playground.teams.audit import note
from playground.teams.models import Kind, Membership, Team
from playground.teams.tally import Tally
from playground.text.sentence import Sentence, gettext_noop, say
from playground.text.storable import storable
from playground.trouble import is_full, why

_logger = logging.getLogger(__name__)


class NotKeptError(Exception):
    """The run could not be written; `sentence` says why."""

    def __init__(self, sentence: Sentence) -> None:
        super().__init__(str(sentence))
        self.sentence = sentence


_NO_DATABASE = gettext_noop("This run wasn’t saved: %(why)s.")
_TOO_LARGE = gettext_noop("This run wasn’t saved: it exceeds the %(most)s MiB available for all runs.")
_BROKEN = gettext_noop("This run wasn’t saved because of an error in the playground. See its log.")
_FULL = gettext_noop(
    "This run wasn’t saved: starred and pinned runs take up all %(most)s MiB. Delete some. "
    "(Administrators can raise PLAYGROUND_RUNS_MIB.)"
)
_FULL_OF_TEAM = gettext_noop(
    "This run wasn’t saved: starred runs take up all %(most)s MiB of the team. Delete some, or ask an admin "
    "to raise the limit in the team’s settings."
)


@dataclass(frozen=True)
class Kept:
    """The key of a run that was written and of its `parent`, if any; or why it was not written.

    If it was not written, `exchange` is there so that people can still hand it on.
    """

    key: str = ""
    problem: Sentence | None = None
    parent: str = ""
    exchange: Exchange | None = None


class Keeper:
    """Keeps the run of one call, unless runs are off or it is not `wanted`.

    If it is not kept and `handed_on` is set, the page gets the exchange instead; embeds don't. `tally` counts
    the call either way.

    `ended` takes the Exchange, and `keep` writes it, once. These are two steps because the browser gets a
    stream's last byte before the run is written, and its permalink after.
    """

    def __init__(
        self,
        who: str = "",
        parent: str = "",
        *,
        wanted: bool = True,
        handed_on: bool = True,
        member: Membership | None = None,
        tally: Tally | None = None,
    ) -> None:
        self._tally = tally
        self._who, self._parent, self._handed_on, self._member = who, parent, handed_on, member
        self._wanted = wanted and settings.CONFIG.runs
        self._exchange: Exchange | None = None

    def ended(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def keep(self) -> Kept | None:
        """Write the run. None if there is nothing to write or to hand on, or it is written already."""
        exchange, self._exchange = self._exchange, None
        if exchange is None:
            return None
        counted = self._tally.begin(exchange) if self._tally else lambda: None
        try:
            return self._keep(exchange)
        finally:
            counted()

    def _keep(self, exchange: Exchange) -> Kept | None:
        if not (self._wanted or self._handed_on):
            return None
        if not self._wanted:
            return Kept(exchange=exchange)
        try:
            run = keep(exchange, self._who, self._parent, self._member)
            return Kept(run.key, parent=run.parent)
        except NotKeptError as error:
            _logger.error("A run was not saved: %s", error.sentence)
            return Kept(problem=error.sentence, exchange=exchange)
        except Exception:  # whatever it is, the answer must reach who paid for it
            _logger.exception("A run was not saved")
            return Kept(problem=say(_BROKEN), exchange=exchange)


NOT_KEPT = Keeper(wanted=False, handed_on=False)


def keep(exchange: Exchange, who: str = "", parent: str = "", member: Membership | None = None) -> Run:
    """Write the run of a call. `parent` is the key of the run that it repeats or continues, if any.

    With accounts it belongs to `member` and the team.

    Raises `NotKeptError`.
    """
    run = run_of(exchange, who, member)
    run.parent = storable(parent)[:64]
    try:
        if full := tidy.make_room(run.size, member.team if member else None):
            starred = _FULL if full.team is None else _FULL_OF_TEAM
            raise NotKeptError(say(_TOO_LARGE if run.size > full.bytes else starred, most=full.mib))
        writing.write(run)
    except DatabaseError as error:
        raise NotKeptError(say(_NO_DATABASE, why=why(error))) from error
    return run


def change(
    key: str,
    *,
    starred: bool | None = None,
    tags: Collection[str] | None = None,
    within: Membership | None = None,
) -> Run | None:
    """Star a run or tag it. Returns the changed run; None if there is none that `within` may see.

    Raises `TagsError` if the tags are more than a run can have.
    """
    joined = None if tags is None else tagging.joined(tags)

    def write() -> Run | None:
        with transaction.atomic():
            run = Run.objects.within(within).defer("record").select_for_update().named([key]).first()
            if run is None:
                return None
            before = run.words
            if starred is not None:
                run.starred = starred
            if joined is not None:
                run.tags = joined
            run.words = with_marks(run, before.split())
            run.save(update_fields=["starred", "tags", "words"])
            search.replace(run.pk, before, run.words)
            return run

    return in_turn(write)


def deletable(keys: Collection[str] | None, within: Membership | None = None) -> Runs:
    """Return these runs, or all with None, as far as the member `within` may delete them.

    A member may delete their own, an admin all that they see.
    """
    runs = Run.objects.within(within)
    if within and not allows(within.role, Action.MANAGE):
        runs = runs.filter(person_id=within.person_id)
    return runs if keys is None else runs.named(keys)


def forget(keys: Collection[str] | None, within: Membership | None = None) -> int:
    """Delete these runs, or all with None, as far as `deletable` allows. Returns how many.

    With accounts, the audit log says so. If the disk is full, deletes piece by piece.
    """
    runs, about_to_go = deletable(keys, within), partial(_note_deletion, within)

    def delete() -> int:
        with transaction.atomic():
            about_to_go(runs)
            if keys is None and within is None:
                return search.delete_all()
            return search.delete(list(runs.values_list("pk", flat=True)))

    try:
        gone = in_turn(delete)
    except DatabaseError as error:
        if not is_full(error):
            raise
        reserve.give_up()
        gone = tidy.delete_in_pieces(runs, about_to_go)
    _leave_nothing()
    return gone


def _note_deletion(by: Membership | None, runs: Runs) -> None:
    if settings.CONFIG.accounts:
        teams = runs.filter(team__isnull=False).order_by().values_list("team_id")
        for team, count, key in teams.annotate(Count("pk"), Min("key")):
            about = key[:8] if count == 1 else ""
            note(Kind.RUNS_DELETED, Team(pk=team), by.person if by else None, about, runs=count)


def delete(runs: Runs) -> int:
    """Delete runs piece by piece, so that others can write meanwhile. Returns how many there were."""
    gone = tidy.delete_in_pieces(runs)
    _leave_nothing()
    return gone


def _leave_nothing() -> None:
    tidy.forget()
    try:
        in_turn(search.erase)
    except DatabaseError:
        _logger.exception("Words of deleted runs are still in the database's files")


def saved(keys: Collection[str], within: Membership | None = None) -> set[str]:
    """Return which of these runs are there. If the database can't say, none."""
    try:
        return set(Run.objects.within(within).named(keys).values_list("key", flat=True)) if keys else set()
    except DatabaseError:
        return set()


def body_of(key: str, within: Membership | None = None) -> tuple[str, dict[str, Any]] | None:
    """Return the dialect and the body of a run, as they were read then; None if there is no such run."""
    try:
        run = in_turn(lambda: Run.objects.within(within).named([key]).only("key", "record").first())
        return (run.archive["dialect"], run.archive["call"]["body"]) if run else None
    except (DatabaseError, ArchiveError, LookupError, TypeError):
        return None  # the request can still be sent, as a repetition of no run
