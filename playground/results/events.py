"""The events of a stream as the page lists them. Not templates, because there are thousands."""

import json
from dataclasses import dataclass
from html import escape

from django.utils.safestring import SafeString

from playground import amounts
from playground.exchange.stream import StreamEvent

MOST_EVENTS = 10_000
# Events are listed in folds, because browsers do not lay out closed ones.
EVENTS_A_GROUP = 500
MOST_EVENT_CHARACTERS = 4_000_000
# Longer events scroll in their own box.
_LONG_EVENT = 1500
_LONGEST_BROUGHT = 80
# A JSON encoder takes several times as long, because it prepares itself anew for each value.
_quoted = json.encoder.encode_basestring


@dataclass
class EventBudget:
    """Limits the events in a page to the first ones, each in full."""

    taken: int = 0
    spent: bool = False
    _characters: int = 0

    def take(self, event: StreamEvent) -> bool:
        self._characters += len(event.data) + len(event.id)
        self.spent |= self.taken >= MOST_EVENTS or self._characters > MOST_EVENT_CHARACTERS
        self.taken += not self.spent
        return not self.spent


@dataclass(frozen=True)
class EventGroup:
    """Events as list items, starting at number `first`."""

    first: int
    items: SafeString


def event_item(number: int, event: StreamEvent) -> SafeString:
    """Render an event as a list item. Not a template, because there are thousands."""
    data, brought = event.data, event.brought[:_LONGEST_BROUGHT]
    name = f"<strong>{escape(event.name)}</strong>" if event.name != "message" else ""
    quoted = f"<q>{escape(brought)}</q>" if brought else ""
    long = ' tabindex="0"' if len(data) > _LONG_EVENT else ""
    id_ = f' data-id="{escape(event.id)}"' if event.id else ""
    at = amounts.duration(event.at_ms)
    exact = f' title="{amounts.count(round(event.at_ms))} ms"' if event.at_ms >= 1000 else ""
    return SafeString(
        f'<li data-n="{number}"{id_}><span class="at"{exact}>{at}</span>{name}{quoted}'
        f"<code{long}>{escape(data)}</code></li>"
    )


def event_line(number: int, event: StreamEvent) -> str:
    """Return what an event's list item says, as a line of JSON from which `events.js` makes the item."""
    exact = f"{amounts.count(round(event.at_ms))} ms" if event.at_ms >= 1000 else ""
    name = event.name if event.name != "message" else ""
    brought, is_long = event.brought[:_LONGEST_BROUGHT], len(event.data) > _LONG_EVENT
    texts = (amounts.duration(event.at_ms), exact, name, brought, event.data, event.id)
    return f"\n[{number},{','.join(map(_quoted, texts))},{'true' if is_long else 'false'}]"
