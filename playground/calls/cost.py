"""Estimate what a call cost, from the provider's usage and the known prices."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum

from playground.catalogue.prices import Prices, prices_for, prices_of
from playground.catalogue.providers import LOCAL_MODEL
from playground.exchange.record import Exchange
from playground.exchange.usage import Usage


@dataclass(frozen=True, slots=True)
class Cost:
    """An estimate in USD, and the day of its prices. The local model is free: its cost has no day."""

    usd: Decimal
    prices_of: date | None

    @property
    def is_free(self) -> bool:
        return self.prices_of is None

    def as_json(self) -> dict[str, str | None]:
        """Return `{"usd": "0.000103", "prices_of": "2026-01-02"}`, exactly as calculated."""
        return {
            "usd": f"{self.usd.normalize():f}",
            "prices_of": self.prices_of.isoformat() if self.prices_of else None,
        }


class Estimate(Enum):
    """In place of a recorded cost, which may be unknown: the cost is estimated with today's prices."""

    NOW = "now"


def cost_of(exchange: Exchange) -> Cost | None:
    """Return what the call cost, or None (never 0) if that isn't known.

    Use the price of the model that answered, if it is known: the requested one may be an alias or a router.
    """
    if exchange.provider == LOCAL_MODEL:
        return Cost(Decimal(0), None)
    usage, answer = exchange.usage, exchange.answer
    if exchange.provider is None or usage is None:
        return None
    for model in (answer.model, exchange.demands.model):
        prices = model and prices_for(
            exchange.provider, exchange.call.base_url, model, exchange.started, answer.tier
        )
        if prices:
            usd = usd_of(usage, prices)
            return None if usd is None else Cost(usd, prices_of())
    return None


def usd_of(usage: Usage, prices: Prices) -> Decimal | None:
    """Return the cost of a usage. None if a count or a price is missing, or if the counts are inconsistent.

    Tokens without their own price cost as much as what they are part of: cached tokens as input.
    """
    if usage.prompt_tokens is None or usage.completion_tokens is None or usage.audio_tokens:
        return None  # audio has prices of its own
    counts = {
        "cache_read": usage.cached_tokens or 0,
        "cache_write": usage.cache_write_tokens or 0,
        "output_reasoning": usage.reasoning_tokens or 0,
    }
    counts["cache_write_1h"] = min(usage.cache_write_1h_tokens or 0, counts["cache_write"])
    if "cache_write_1h" in prices:
        counts["cache_write"] -= counts["cache_write_1h"]
    counts = {kind: count for kind, count in counts.items() if kind in prices}
    reasoning = counts.get("output_reasoning", 0)
    counts["input"] = usage.prompt_tokens - sum(counts.values()) + reasoning
    counts["output"] = usage.completion_tokens - reasoning
    if min(counts.values()) < 0 or any(count and kind not in prices for kind, count in counts.items()):
        return None
    charged = ((prices[kind], count) for kind, count in counts.items() if count)
    return sum((price.of(count, usage.prompt_tokens) for price, count in charged), Decimal(0))
