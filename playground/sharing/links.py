"""Public links: make, find, revoke. Each change is noted in the audit log, without content."""

import hashlib
import logging
import secrets
import zlib
from datetime import datetime

from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import F, QuerySet, Sum
from django.utils import timezone

from playground.database import in_turn
from playground.runs.models import Run
from playground.runs.tidy import MIB
from playground.sharing.models import Link
from playground.teams.access import Action, allows
from playground.teams.audit import note
from playground.teams.models import Kind, Membership

_logger = logging.getLogger(__name__)
# As for runs: most of a file is text that repeats itself.
_LEVEL = 1


class NoRoomError(Exception):
    """The files of a team's links would take more than PLAYGROUND_RUNS_MIB."""


@transaction.atomic
def make(run: Run, member: Membership, file: bytes, expires: datetime, blacked_out: int) -> tuple[Link, str]:
    """Make a link that shows this proof file; return it with its secret, which is told only here.

    Raises `NoRoomError`.
    """
    packed, secret = zlib.compress(file, _LEVEL), secrets.token_urlsafe(32)
    delete_ended()  # even if no scheduler does
    teams = Link.objects.filter(run__team_id=member.team_id)
    taken: int = teams.aggregate(all=Sum("size", default=0))["all"]
    if taken + len(packed) > settings.CONFIG.runs_mib * MIB:
        raise NoRoomError
    link = Link.objects.create(
        run=run,
        person_id=member.person_id,
        digest=_digest(secret),
        expires=expires,
        size=len(packed),
        file=packed,
    )
    until = f"{expires:%Y-%m-%d %H:%M} UTC"
    note(Kind.LINK_MADE, member.team, member.person, run.key, until=until, blacked_out=blacked_out)
    return link, secret


def working() -> QuerySet[Link]:
    """Return the links that work, without their files."""
    links = (
        Link.objects.filter(expires__gt=timezone.now())
        if settings.CONFIG.public_links
        else Link.objects.none()
    )
    return links.select_related("run", "person").defer("file", "run__record", "run__words")


def find(secret: str) -> Link | None:
    """Return the link with this secret, if it works."""
    return working().filter(digest=_digest(secret)).first()


def file_of(link: Link) -> bytes:
    return zlib.decompress(bytes(link.file))


def count(link: Link) -> None:
    """Count that somebody opened the link. Shows it even if that can't be written."""
    opened = Link.objects.filter(pk=link.pk)
    try:
        in_turn(lambda: opened.update(opened=F("opened") + 1, last_opened=timezone.now()))
    except DatabaseError:
        _logger.exception("An opened link was not counted")


def of_team(member: Membership) -> QuerySet[Link]:
    """Return the working links of the member's team, the latest first."""
    return working().filter(run__team_id=member.team_id).order_by("-pk")


def may_revoke(member: Membership, link: Link) -> bool:
    return link.person_id == member.person_id or allows(member.role, Action.MANAGE)


@transaction.atomic
def revoke(link: Link, member: Membership) -> None:
    if Link.objects.filter(pk=link.pk).delete()[0]:
        note(Kind.LINK_REVOKED, member.team, member.person, link.run.key)


def delete_ended() -> None:
    """Delete the links that have expired, with their files."""
    Link.objects.filter(expires__lte=timezone.now()).delete()


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()
