"""Two runs side by side: their facts in rows, their requests and answers with the differences marked."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from django.utils.translation import gettext

from playground import amounts
from playground.calls.cost import Cost
from playground.exchange.record import Exchange
from playground.history.diff import Difference, difference
from playground.text import jsontext
from playground.web.present import LONGEST_SHOWN, Result
from playground.web.translate import translate


@dataclass(frozen=True)
class Fact:
    """One row: what it is, and its value in each run; "–" where a run has none."""

    label: str
    one: str
    other: str

    @property
    def same(self) -> bool:
        return self.one == self.other


@dataclass(frozen=True)
class Compared:
    """Two exchanges, the one on the left first."""

    one: Exchange
    other: Exchange

    @property
    def both(self) -> tuple[Exchange, Exchange]:
        return self.one, self.other

    @property
    def sent_the_same(self) -> bool:
        """Whether both sent the same bytes to the same address."""
        return (self.one.sent.url, self.one.sent.body) == (self.other.sent.url, self.other.sent.body)

    @cached_property
    def facts(self) -> list[Fact]:
        rows = zip(*(list(_facts(exchange)) for exchange in self.both), strict=True)
        return [Fact(label, one, other) for (label, one), (_, other) in rows if (one, other) != ("–", "–")]

    @cached_property
    def requests(self) -> Difference:
        bodies = (jsontext.pretty(dict(exchange.call.body)) for exchange in self.both)
        return difference(*(body[:LONGEST_SHOWN] for body in bodies))

    @cached_property
    def answers(self) -> Difference:
        return difference(*(_answer(exchange)[:LONGEST_SHOWN] for exchange in self.both))


def _facts(exchange: Exchange) -> Iterator[tuple[str, str]]:
    result, timings, usage = Result(exchange), exchange.timings, exchange.usage
    choice = next(iter(exchange.choices), None)
    yield gettext("Sent"), f"{exchange.started:%Y-%m-%d %H:%M:%S} UTC"
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
        return gettext("No price known")
    return gettext("No cost") if cost.is_free else f"≈ {amounts.dollars(cost.usd)}"


def _answer(exchange: Exchange) -> str:
    texts = []
    for choice in exchange.choices[:10]:
        texts += [text for text in (choice.text, choice.refusal) if text]
        texts += [f"{call.name or ''}({call.arguments})" for call in choice.tool_calls[:20]]
    if not texts and exchange.received:
        return exchange.received.text
    return "\n\n".join(texts)
