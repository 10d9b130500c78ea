"""Two runs side by side: their facts in rows, their requests and answers with the differences marked."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from html import escape

from django.utils.safestring import SafeString
from django.utils.translation import gettext

from playground import amounts
from playground.calls.cost import Cost
from playground.history.diff import Piece, difference
from playground.rendering.translate import translate
from playground.results.present import Result
from playground.text import jsontext

# In characters. Marking more makes browsers slow.
_LONGEST = 200_000
_LONGEST_VALUE = 60


@dataclass(frozen=True)
class Fact:
    """One row: a label, and its value in each run, or "–" if a run has none."""

    label: str
    one: str
    other: str

    @property
    def same(self) -> bool:
        return self.one == self.other


@dataclass(frozen=True)
class Side:
    """One of two compared texts as HTML, and what it is called."""

    name: str
    html: SafeString


@dataclass(frozen=True)
class Marked:
    """Two texts with their differences marked. If `cut`, only their beginnings were compared."""

    sides: tuple[Side, Side]
    same: bool
    is_whole: bool
    cut: bool
    most: int = _LONGEST


@dataclass(frozen=True)
class Compared:
    """Two results, the one on the left first."""

    one: Result
    other: Result

    @property
    def both(self) -> tuple[Result, Result]:
        return self.one, self.other

    @property
    def sent_the_same(self) -> bool:
        """Whether both sent the same bytes and headers to the same address.

        Other headers than those of `_headers` depend on the version of the playground.
        """
        one, other = (result.exchange.sent for result in self.both)
        return (one.url, one.body) == (other.url, other.body) and not any(self._headers())

    @cached_property
    def facts(self) -> list[Fact]:
        rows = zip(*(list(_facts(result)) for result in self.both), strict=True)
        facts = [Fact(label, one, other) for (label, one), (_, other) in rows if (one, other) != ("–", "–")]
        return [*self._parameters(), *self._headers(), *facts]

    def _parameters(self) -> Iterator[Fact]:
        """Yield the parameters that differ and fit in a row. The model has a row of its own."""
        bodies = [result.exchange.call.body for result in self.both]
        models = {result.exchange.dialect.fields.model for result in self.both}
        for name in dict.fromkeys(name for body in bodies for name in body if name not in models):
            one, other = (jsontext.pretty(body[name]) if name in body else "–" for body in bodies)
            if one != other and max(len(one), len(other)) <= _LONGEST_VALUE:
                yield Fact(name, one, other)

    def _headers(self) -> Iterator[Fact]:
        """Yield the headers of the API, the provider list, and of one's own that differ."""
        headers = [dict(result.exchange.call.headers) for result in self.both]
        for name in dict.fromkeys(name for pairs in headers for name in pairs):
            one, other = (pairs.get(name, "–") for pairs in headers)
            if one != other:
                yield Fact(name, one, other)

    @cached_property
    def requests(self) -> Marked:
        return self._marked(*(jsontext.pretty(dict(result.exchange.call.body)) for result in self.both))

    @cached_property
    def answers(self) -> Marked:
        return self._marked(*map(_answer, self.both))

    def _marked(self, one: str, other: str) -> Marked:
        names = (gettext("Run %(id)s") % {"id": result.exchange.id[:8]} for result in self.both)
        return marked(*zip(names, (one, other), strict=True))


def marked(one: tuple[str, str], other: tuple[str, str]) -> Marked:
    """Mark the differences of two texts, each after its name."""
    (name, text), (other_name, other_text) = one, other
    found = difference(text[:_LONGEST], other_text[:_LONGEST])
    sides = Side(name, _html(found.one, "del")), Side(other_name, _html(found.other, "ins"))
    return Marked(sides, text == other_text, found.is_whole, max(len(text), len(other_text)) > _LONGEST)


def _html(pieces: Sequence[Piece], tag: str) -> SafeString:
    """Mark what differs. No template: there can be thousands of pieces."""
    texts = (escape(text) if same else f"<{tag}>{escape(text)}</{tag}>" for text, same in pieces)
    return SafeString("".join(texts))


def _facts(result: Result) -> Iterator[tuple[str, str]]:
    exchange, usage, timings = result.exchange, result.usage, result.exchange.timings
    choice = next(iter(exchange.choices), None)
    yield gettext("Host"), exchange.sent.host
    yield gettext("API"), exchange.dialect.label
    yield gettext("Model"), exchange.demands.model or "–"
    yield gettext("Status"), result.status or "–"
    yield gettext("Error"), translate(result.error.title) if result.error else "–"
    yield gettext("Finish reason"), (choice.finish_reason if choice else None) or "–"
    yield gettext("Time"), amounts.duration(timings.total_ms)
    first = timings.first_token_ms
    yield gettext("First token"), "–" if first is None else amounts.duration(first)
    rate = exchange.tokens_per_second
    yield gettext("Tokens/s"), amounts.rate(rate) if rate else "–"
    for label, count in (
        (gettext("Prompt tokens"), usage.prompt_tokens if usage else None),
        (gettext("Completion tokens"), usage.completion_tokens if usage else None),
    ):
        yield label, "–" if count is None else amounts.count(count)
    yield gettext("Cost"), _cost(result.cost) if result.cost or usage else "–"


def _cost(cost: Cost | None) -> str:
    if cost is None:
        return gettext("Price unknown")
    return gettext("Free") if cost.is_free else f"≈ {amounts.dollars(cost.usd)}"


def _answer(result: Result) -> str:
    texts, received = [], result.exchange.received
    for choice in result.choices[:10]:
        texts += [text for text in (choice.text, choice.refusal) if text]
        texts += [f"{call.name or ''}({call.arguments})" for call in choice.tool_calls[:20]]
    if not texts and received:
        return received.text
    return "\n\n".join(texts)
