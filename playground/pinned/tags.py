"""Template tags of pinned runs."""

from django import template
from django.db.models import Exists, OuterRef, Q

from playground.pinned.models import Attempt, Pin
from playground.runs.models import Run
from playground.teams.access import member_of

register = template.Library()
_MOST = 5


@register.simple_tag(takes_context=True)
def pins_of(context: template.Context, run: Run) -> list[Pin]:
    """Return the pins that a run belongs to, as the pinned one or a replay."""
    replayed = Attempt.objects.filter(pin=OuterRef("pk"), run=run.key)
    pins = Pin.objects.within(member_of(context["request"])).filter(Q(run=run.key) | Exists(replayed))
    return list(pins[:_MOST])
