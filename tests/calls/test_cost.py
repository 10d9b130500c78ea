"""Costs: what genai-prices would calculate, and nothing where no price is known."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from genai_prices import Usage as TheirUsage
from genai_prices import calc_price
from hypothesis import example, given
from hypothesis import strategies as st

from playground.calls.cost import Cost, usd_of
from playground.catalogue import prices
from playground.catalogue.entries import read_providers
from playground.catalogue.providers import BUILT_IN
from playground.dialects.usage import read
from playground.exchange.usage import Usage
from scripts import _models, _prices

PRICED = {
    provider.id: known
    for provider in read_providers(BUILT_IN).values()
    if (known := _models.data_of(provider))
}
BASE_URLS = {
    provider.id: next(iter(provider.endpoints.values())).base_url
    for provider in read_providers(BUILT_IN).values()
    if provider.endpoints
}
MODELS = [(name, model.id) for name, known in PRICED.items() for model in known.models]
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
TOKENS = st.integers(0, 1_000_000)


def test_the_file_is_what_the_installed_package_says() -> None:
    assert prices.PRICES.read_text(encoding="utf-8") == _prices.written(), "run scripts/prices"


def _theirs(provider: str, model: str, usage: Usage, when: datetime, **context: str) -> Decimal | None:
    """Return what genai-prices calculates; None if it can't, or has no price for these tokens."""
    counts = TheirUsage(
        input_tokens=usage.prompt_tokens,
        output_tokens=usage.completion_tokens,
        cache_read_tokens=usage.cached_tokens,
        cache_write_tokens=usage.cache_write_tokens,
        cache_write_1h_tokens=usage.cache_write_1h_tokens,
        output_reasoning_tokens=usage.reasoning_tokens,
    )
    try:
        found = calc_price(
            counts,
            model,
            provider_id=PRICED[provider].id,
            genai_request_timestamp=when,
            price_context=context or None,
        )
    except (LookupError, ValueError):
        return None
    unpriced = (usage.prompt_tokens and found.model_price.input_mtok is None) or (
        usage.completion_tokens and found.model_price.output_mtok is None
    )
    return None if unpriced else found.total_price


def _ours(provider: str, model: str, usage: Usage, when: datetime, tier: str = "") -> Decimal | None:
    known = prices.prices_for(provider, BASE_URLS[provider], model, when, tier)
    return None if known is None else usd_of(usage, known)


@st.composite
def _usages(draw: st.DrawFn) -> Usage:
    read, written, fresh, thought, told = (draw(TOKENS) for _ in range(5))
    an_hour = draw(st.integers(0, written))
    prompt, completion = read + written + fresh, thought + told
    return Usage(prompt, completion, prompt + completion, read, thought, written, an_hour)


@given(
    model=st.sampled_from(MODELS),
    usage=_usages(),
    when=st.datetimes(datetime(2024, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)),
)
@example(("openai", "gpt-5"), Usage(300_000, 10, None, 100), NOON)
@example(("claude", "claude-haiku-5-5"), Usage(150_000, 10, None, 100, 5, 50, 20), NOON)
def test_any_usage_costs_what_the_package_says(model: tuple[str, str], usage: Usage, when: datetime) -> None:
    assert _ours(*model, usage, when) == _theirs(*model, usage, when)


@pytest.mark.parametrize("provider", PRICED)
@pytest.mark.parametrize(
    "when", [NOON, datetime(2026, 11, 20, 2, tzinfo=UTC), datetime(2025, 3, 1, 17, tzinfo=UTC)]
)
def test_every_model_costs_what_the_package_says(provider: str, when: datetime) -> None:
    usage = Usage(250_000, 4_000, 254_000, 30_000, 1_500, 20_000, 7_000)

    for model in PRICED[provider].models:
        assert _ours(provider, model.id, usage, when) == _theirs(provider, model.id, usage, when), model.id


@pytest.mark.parametrize(
    ("provider", "model"),
    [
        ("openai", "gpt-6-luna-2026-09-01"),
        ("openrouter", "openai/gpt-6-luna-20260901"),
        ("claude", "claude-haiku-5-5-20260901"),
        ("openai", "GPT-6-luna"),
        ("openai", "no-such-model"),
        ("openai", ""),
        ("together", "openai/gpt-oss-120b"),
    ],
)
def test_a_model_is_found_by_any_of_its_names(provider: str, model: str) -> None:
    usage = Usage(1000, 100, 1100)

    assert _ours(provider, model, usage, NOON) == _theirs(provider, model, usage, NOON)


def test_a_tier_of_the_service_has_its_own_price() -> None:
    usage = Usage(1000, 100, 1100, 500)

    for model in (model for model in PRICED["openai"].models if model.price_variants):
        for tier in ("flex", "priority"):
            ours = _ours("openai", model.id, usage, NOON, tier)
            if any(variant.when == {"service_tier": tier} for variant in model.price_variants or ()):
                assert ours == _theirs("openai", model.id, usage, NOON, service_tier=tier)
            else:
                assert ours is None
    assert _ours("openai", "gpt-6-luna", usage, NOON, "default") == _ours("openai", "gpt-6-luna", usage, NOON)


@pytest.mark.parametrize(
    "usage",
    [
        Usage(None, None, 12),
        Usage(9, None, None),  # cut off
        Usage(9, 3, 12, cached_tokens=10),
        Usage(9, 3, 12, cached_tokens=5, cache_write_tokens=5),
        Usage(9, 3, 12, audio_tokens=4),
    ],
)
def test_what_adds_up_wrong_or_is_missing_has_no_price(usage: Usage) -> None:
    assert _ours("claude", "claude-haiku-5-5", usage, NOON) is None


def test_reasoning_that_is_only_in_the_total_is_paid_for() -> None:
    hidden = read({"prompt_tokens": 10, "completion_tokens": 20, "total_tokens": 130})
    told = Usage(10, 120, 130)

    assert hidden is not None
    assert _ours("gemini", "gemini-3.8-flash", hidden, NOON) == _ours(
        "gemini", "gemini-3.8-flash", told, NOON
    )


def test_the_largest_usage_is_exact_and_bounded() -> None:
    most = 10**9
    for name, model in MODELS:
        usd = _ours(name, model, Usage(most, most, 2 * most), NOON)
        assert usd is None or 0 <= usd < 10**8


def test_a_provider_has_no_price_elsewhere() -> None:
    assert prices.prices_for("openai", "https://gateway.example/v1", "gpt-6-luna", NOON) is None
    assert prices.prices_for("dashscope", BASE_URLS["dashscope"], "qwen-plus", NOON) is None


def test_a_cost_is_written_in_full() -> None:
    assert Cost(Decimal("0.0001035000"), date(2026, 11, 10)).as_json() == {
        "usd": "0.0001035",
        "prices_of": "2026-11-10",
    }
    assert Cost(Decimal(100), date(2026, 11, 10)).as_json()["usd"] == "100"
    assert Cost(Decimal(0), None).as_json() == {"usd": "0", "prices_of": None}
