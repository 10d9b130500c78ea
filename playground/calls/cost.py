"""Estimate what a call cost, from the provider's usage and the known prices."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum

from django.utils import timezone

from playground.calls.estimate import estimated_usage
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


def worst_usd(
    provider: str | None, base_url: str, model: str, prompt: int, completion: int
) -> Decimal | None:
    """Return the most in USD that a call can cost with so many tokens; None if no price is known.

    The dearest prices count: all of the prompt is written to a cache, all of the answer is reasoning.
    """
    if provider == LOCAL_MODEL:
        return Decimal(0)
    prices = prices_for(provider, base_url, model, timezone.now()) if provider else None
    if not prices or not {"input", "output"} <= prices.keys():
        return None
    asked = _dearest(prices, ("input", "cache_write", "cache_write_1h"), prompt, prompt)
    return asked + _dearest(prices, ("output", "output_reasoning"), completion, prompt)


def _dearest(prices: Prices, kinds: Iterable[str], count: int, prompt: int) -> Decimal:
    return max(prices[kind].of(count, prompt) for kind in kinds if kind in prices)


def used_usd(exchange: Exchange) -> Decimal | None:
    """Return what a call cost, or an estimate if its provider did not count to the end.

    A stream that was stopped has only the beginning of its usage, and some gateways fill in zeros: then the
    higher of the two counts.
    """
    cost, usage = cost_of(exchange), exchange.usage
    if cost and (cost.is_free or (exchange.failure is None and usage and usage.completion_tokens)):
        return cost.usd
    prices = exchange.provider and prices_for(
        exchange.provider, exchange.call.base_url, exchange.demands.model, exchange.started
    )
    estimate = usd_of(estimated_usage(exchange), prices) if prices else None
    return max((usd for usd in (cost.usd if cost else None, estimate) if usd is not None), default=None)


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
