"""Guard against a key that a provider sends back in pieces: what is shown of a stream must not add up to it.

Text that may become the key is held back until more arrives or the stream ends. Nothing that a provider sends
ends the wait sooner, since a finish reason may come in every chunk.
"""

from collections import Counter, defaultdict, deque
from collections.abc import Hashable, Iterator, Sequence
from functools import partial
from typing import Any

from playground.exchange.dialect import Dialect, Place
from playground.text.pieces import is_label
from playground.text.redact import Redactor
from playground.text.sse import Event

# How many texts may wait for their next piece; an event with more of them is masked.
MOST_PLACES = 1000


class HeldText:
    """A growing text with the key redacted. Holds back what may start the key until more arrives."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self.rest = ""
        self.found = False

    def add(self, text: str) -> str:
        """Return what can be shown now. `found` says whether the key ended in it."""
        joined = self.rest + text
        redacted = self._redactor.of_whole_keys.text(joined)
        self.found = redacted != joined
        settled = self._redactor.settled(redacted)
        self.rest = redacted[settled:]
        # A beginning of the key in the settled text can no longer become the whole key: redact it as such.
        return self._redactor.text(redacted[:settled])


class HeldTexts:
    """The texts of a live answer, by the place where each is shown."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._held: dict[Hashable, HeldText] = {}

    def add(self, place: Hashable, text: str) -> str:
        """Return what can be appended to what is shown already."""
        return self._held.setdefault(place, HeldText(self._redactor)).add(text)

    def instead(self, text: str) -> str:
        """Return what can be shown of a text that replaces the one shown."""
        return HeldText(self._redactor).add(text)


class _End:
    """The end of a text that may start the key.

    `pieces` are the events that it came in, and how many characters came in each.
    """

    def __init__(self, redactor: Redactor) -> None:
        self.held = HeldText(redactor)
        self.pieces: deque[tuple[int, int]] = deque()
        self._length = 0

    def add(self, number: int, text: str) -> list[int]:
        """Return the events that hold the key, if it ends here."""
        self.held.add(text)
        self.pieces.append((number, len(text)))
        self._length += len(text)
        found = []
        if self.held.found:
            found = [number for number, _ in self.pieces]
            self.pieces = deque([(number, len(text))])
            self._length = len(text)
        while len(self.pieces) > 1 and self._length - self.pieces[0][1] >= len(self.held.rest):
            self._length -= self.pieces.popleft()[1]
        return found


class SplitKeyGuard:
    """Decides which events to mask; `add` returns the numbers of those now settled, and whether to mask each.

    An event whose text may start the key is held until later ones settle it. Events after it wait too, so
    that they stay in order.
    """

    def __init__(self, redactor: Redactor, dialect: Dialect) -> None:
        self._redactor = redactor
        self._dialect = dialect
        self._ends: dict[Place, _End] = {}
        self._waiting: deque[int] = deque()
        # Counts the first event of each held text: later ones wait in any case.
        self._held: Counter[int] = Counter()
        self._found: set[int] = set()

    def add(self, number: int, event: Event) -> list[tuple[int, bool]]:
        if not self._redactor.has_secret:
            return [(number, False)]
        self._waiting.append(number)
        for places, text in _texts(event.value, self._dialect, event):
            places = (*places, *_together(places[0]))
            if not self._ends.keys().isdisjoint(places) or not self._redactor.is_settled(text):
                for place in places:
                    self._join(number, text, place)
        settled = []
        while self._waiting and self._waiting[0] not in self._held:
            settled.append(self._settled())
        return settled

    def lets_pass(self, texts: Sequence[str]) -> int:
        """Return how many texts that follow the last event's settle at once, without the key in them."""
        if not self._redactor.has_secret:
            return len(texts)
        tries = () if self._waiting or self._ends else range(len(texts), max(0, len(texts) - 3), -1)
        return next((most for most in tries if self._redactor.is_settled("".join(texts[:most]))), 0)

    def release(self) -> list[tuple[int, bool]]:
        """Return all events that still wait: the stream has ended."""
        self._ends.clear()
        self._held.clear()
        return [self._settled() for _ in range(len(self._waiting))]

    def _join(self, number: int, text: str, place: Place) -> None:
        end = self._ends.pop(place, None)
        if end:
            self._let_go(end)
        elif self._redactor.is_settled(text):
            return
        else:
            end = _End(self._redactor)
        self._found.update(end.add(number, text))
        if not end.held.rest:
            return
        if len(self._ends) >= MOST_PLACES:
            self._found.add(number)
            return
        self._ends[place] = end
        self._held[end.pieces[0][0]] += 1

    def _let_go(self, end: _End) -> None:
        first = end.pieces[0][0]
        self._held[first] -= 1
        if not self._held[first]:
            del self._held[first]

    def _settled(self) -> tuple[int, bool]:
        number = self._waiting.popleft()
        masked = number in self._found
        self._found.discard(number)
        return number, masked


def without_split_key(redactor: Redactor, completion: Any, dialect: Dialect) -> Any:
    """Mask the texts of a completion that are pieces of the key once read together, as content parts are.

    Returns the same object if there are none.
    """
    if not redactor.has_secret:
        return completion
    ends: dict[Place, _End] = defaultdict(partial(_End, redactor))
    found: set[int] = set()
    for number, (places, text) in enumerate(_texts(completion, dialect)):
        for place in (places[0], *_together(places[0])):
            found.update(ends[place].add(number, text))
    return dialect.masked(completion, found) if found else completion


def _texts(
    value: Any, dialect: Dialect, event: Event | None = None
) -> Iterator[tuple[tuple[Place, ...], str]]:
    """Yield each text that may continue in the next event, and the places where it does."""
    if event and event.name != "message":
        yield (("name",),), event.name
    if event and event.id:
        yield (("id",),), event.id
    if event and isinstance(value, int | float | None):
        yield ((),), event.data
    else:
        yield from dialect.texts(value)


def _together(place: Place) -> tuple[Place, ...]:
    """Return the place of all that is said in the same choice, whatever kind of text: a key can be split over
    an answer, its reasoning, and the name of a tool."""
    name, choice = (place[-1], place[0]) if place else (None, None)
    said = isinstance(name, str) and not is_label(name)
    return (("said", choice if isinstance(choice, int) else None),) if said else ()
