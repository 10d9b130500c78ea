"""What tokens cost: the prices of the built-in providers' models, from the data of genai-prices.

    {"date": "2026-01-02", "providers": {ID: {"base_urls": […], "models": [MODEL, …]}}}

MODEL is `[MATCH, [PRICES, …], [VARIANT, …]]`. MATCH is an id, an array of alternatives, or an object such
as `{"starts_with": "gpt-"}`; the first model that matches counts. PRICES has a price for each of `KINDS` that
has one, and the last PRICES that applies counts: `from` a day on, or `between` two times of the day (UTC). A
VARIANT overrides prices for a `tier` of the service. A price is in USD per million tokens, or an array of
that and of the prices of longer inputs: `["1.5", [200000, "3"]]`. `scripts/prices` writes the file.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

PRICES = Path(__file__).with_name("prices.json")
KINDS = ("input", "output", "cache_read", "cache_write", "cache_write_1h", "output_reasoning")
_MILLION = 6
_LONGEST_MODEL = 200
# Aggregators write the date of a model without hyphens.
_COMPACT_DATE = re.compile(r"-(20\d{2})(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?=-|:|$)")
_STANDARD = ("", "auto", "default", "standard", "on_demand")


@dataclass(frozen=True, slots=True)
class Price:
    """USD per million tokens: `base`, or that of the last of `steps` whose length the input exceeds."""

    base: Decimal
    steps: tuple[tuple[int, Decimal], ...] = ()

    def of(self, tokens: int, whole_input: int) -> Decimal:
        """Return the exact cost of that many tokens in USD."""
        reached = [price for start, price in self.steps if whole_input > start]
        return ((reached or [self.base])[-1] * tokens).scaleb(-_MILLION)


Prices = Mapping[str, Price]


def prices_of() -> date:
    """Return the date of the data."""
    return date.fromisoformat(_data()["date"])


def prices_for(provider: str, base_url: str, model: str, when: datetime, tier: str = "") -> Prices | None:
    """Return the model's prices at that time, by the kinds in `KINDS`; None if they are not known.

    A provider's prices hold for its own addresses only.
    """
    known = _data()["providers"].get(provider)
    if known is None or base_url not in known["base_urls"]:
        return None
    return _resolved(provider, model[:_LONGEST_MODEL].lower(), when, tier)


def _resolved(provider: str, model: str, when: datetime, tier: str) -> Prices | None:
    found = _model(provider, model)
    if found is None:
        return None
    _, prices, *variants = found
    applying = [entry for entry in prices if _applies(entry, when)] or prices[:1]
    resolved = dict(applying[-1])
    if tier not in _STANDARD:
        overriding = [
            entry for entry in (variants or [[]])[0] if entry["tier"] == tier and _applies(entry, when)
        ]
        if not overriding:
            return None
        for entry in reversed(overriding):
            resolved |= entry
    return {kind: _price(resolved[kind]) for kind in KINDS if kind in resolved}


def _applies(entry: Mapping[str, Any], when: datetime) -> bool:
    when = when.astimezone(UTC)
    if "from" in entry:
        return when.date() >= date.fromisoformat(entry["from"])
    if "between" in entry:
        start, end = (time.fromisoformat(text).replace(tzinfo=None) for text in entry["between"])
        now = when.time()
        return start <= now < end if start <= end else now >= start or now < end
    return True


def _price(value: str | list[Any]) -> Price:
    if isinstance(value, str):
        return Price(Decimal(value))
    return Price(Decimal(value[0]), tuple((start, Decimal(price)) for start, price in value[1:]))


@lru_cache(maxsize=1000)
def _model(provider: str, name: str) -> list[Any] | None:
    models = _data()["providers"][provider]["models"]
    dashed = _COMPACT_DATE.sub(r"-\1-\2-\3", name)
    names = (name, dashed) if dashed != name else (name,)
    return next((model for name in names for model in models if _matches(model[0], name)), None)


def _matches(match: Any, name: str) -> bool:
    if isinstance(match, str):
        return name == match
    if isinstance(match, list):
        return any(_matches(part, name) for part in match)
    ((kind, value),) = match.items()
    match kind:
        case "and":
            return all(_matches(part, name) for part in value)
        case "starts_with":
            return name.startswith(value)
        case "ends_with":
            return name.endswith(value)
        case "contains":
            return value in name
    return bool(re.search(value, name))


@lru_cache(maxsize=1)
def _data() -> dict[str, Any]:
    data: dict[str, Any] = json.loads(PRICES.read_text(encoding="utf-8"))
    return data
