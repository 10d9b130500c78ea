"""Update `playground/catalogue/prices.json` from the package genai-prices: `scripts/prices [--check]`.

As with the models (`scripts/models`), the package is a development requirement. To renew the prices, raise
the version in requirements-dev.txt, add the day of its release below, and run both scripts.
"""

import json
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

from genai_prices.types import (
    ClauseAnd,
    ClauseEquals,
    ClauseOr,
    ConditionalPrice,
    ModelInfo,
    ModelPrice,
    PriceVariant,
    StartDateConstraint,
    TieredPrices,
    TimeOfDateConstraint,
)

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from playground.catalogue.entries import read_providers  # noqa: E402
from playground.catalogue.prices import KINDS, PRICES  # noqa: E402
from playground.catalogue.providers import BUILT_IN  # noqa: E402
from scripts._models import data_of  # noqa: E402

# The package does not say how old its data are: the day on which this version was released.
RELEASED = {"0.2.3": "2026-11-10"}
# What the names of price variants are in the package. Others, such as batches, are not calls of a playground.
TIERS = ("service_tier", "speed")


def _match(clause: Any) -> Any:
    """Return a clause as JSON: an id, an array of alternatives, or an object with the kind of the match."""
    match clause:
        case ClauseEquals():
            return clause.equals.lower()
        case ClauseOr():
            return [_match(part) for part in clause.or_]
        case ClauseAnd():
            return {"and": [_match(part) for part in clause.and_]}
    ((kind, value),) = vars(clause).items()
    return {kind: value if kind == "regex" else value.lower()}


def _prices(prices: ModelPrice, constraint: Any) -> dict[str, Any]:
    written: dict[str, Any] = {}
    match constraint:
        case StartDateConstraint():
            written["from"] = constraint.start_date.isoformat()
        case TimeOfDateConstraint():
            written["between"] = [constraint.start_time.isoformat(), constraint.end_time.isoformat()]
    for kind in KINDS:
        match vars(prices).get(f"{kind}_mtok"):
            case TieredPrices() as tiered:
                written[kind] = [str(tiered.base), *([tier.start, str(tier.price)] for tier in tiered.tiers)]
            case None:
                pass
            case price:
                written[kind] = str(price)
    return written


def _variants(variants: list[PriceVariant]) -> Iterator[dict[str, Any]]:
    for variant in variants:
        if len(variant.when) == 1 and (names := [name for name in variant.when if name in TIERS]):
            yield {"tier": variant.when[names[0]], **_prices(variant.prices, variant.constraint)}


def _model(model: ModelInfo) -> list[Any]:
    conditional = model.prices if isinstance(model.prices, list) else [ConditionalPrice(prices=model.prices)]
    written = [_match(model.match), [_prices(price.prices, price.constraint) for price in conditional]]
    variants = list(_variants(model.price_variants or []))
    return [*written, variants] if variants else written


def written() -> str:
    """Return the file: one line for each model, in the order in which they are matched."""
    release = version("genai-prices")
    note = f"Written by scripts/prices from genai-prices {release} (MIT). Do not edit."
    providers = []
    for provider in read_providers(BUILT_IN).values():
        if known := data_of(provider):
            urls = sorted({endpoint.base_url for endpoint in provider.endpoints.values()})
            models = ",\n".join(_compact(_model(model)) for model in known.models)
            providers.append(f'"{provider.id}": {{"base_urls": {_compact(urls)}, "models": [\n{models}\n]}}')
    all_providers = ",\n".join(providers)
    return f'{{"note": "{note}", "date": "{RELEASED[release]}", "providers": {{\n{all_providers}\n}}}}\n'


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def main(arguments: list[str]) -> int:
    text = written()
    if "--check" in arguments:
        if PRICES.exists() and PRICES.read_text(encoding="utf-8") == text:
            return 0
        print("playground/catalogue/prices.json: run scripts/prices")
        return 1
    PRICES.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
