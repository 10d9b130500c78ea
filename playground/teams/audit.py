"""The audit log: append-only lines about people, roles, and keys; never content."""

import re
from typing import Any

from django.utils.translation import gettext

from playground.teams.access import Person
from playground.teams.models import Event, Kind, Team

# In place of the name of an account that was deleted, so that its lines still belong together. No name has a
# colon.
_MARK = re.compile(r"deleted:(\d+)")


def note(kind: Kind, team: Team | None, person: Person | None, about: str = "", **details: Any) -> Event:
    """Write a line. Call this in the transaction of what it tells. `person` is None for a command."""
    return Event.objects.create(
        team=team,
        person_id=person.pk if person else None,
        actor=str(person)[:254] if person else "",
        kind=kind,
        about=about[:300],
        details=details,
    )


def mark_of(person: Person) -> str:
    """Return what stands for a deleted account."""
    return f"deleted:{person.pk}"


def readable(text: str) -> str:
    """Return a text of a line as people read it."""
    return _MARK.sub(lambda found: gettext("Deleted account %(number)s") % {"number": found[1]}, text)
