"""The audit log: append-only lines about people, roles, and keys; never content."""

from typing import Any

from playground.teams.access import Person
from playground.teams.models import Event, Kind, Team


def note(kind: Kind, team: Team | None, person: Person | None, about: str = "", **details: Any) -> None:
    """Write a line. Call this in the transaction of what it tells. `person` is None for a command."""
    Event.objects.create(
        team=team,
        person_id=person.pk if person else None,
        actor=str(person)[:254] if person else "",
        kind=kind,
        about=about[:300],
        details=details,
    )
