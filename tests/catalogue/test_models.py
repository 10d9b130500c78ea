"""Which models are suggested and which are retired: our lists, checked against the data of genai-prices."""

from pathlib import Path
from typing import Any

import pytest

from playground.catalogue.entries import read_providers
from playground.catalogue.provider import Provider
from playground.catalogue.providers import BUILT_IN, MODELS, catalogue
from playground.config_types import SettingError
from playground.web.page import options
from scripts import _models
from tests.configuration import configure

PROVIDERS = list(read_providers(BUILT_IN).values())
# They choose among models, so the data have no price for them.
ROUTERS = {"openrouter/auto"}
ENTRY = '[[provider]]\nid = "openai"\nlabel = "Gateway"\nbase_url = "https://llm.example"\nmodels = ["m"]\n'


def test_the_file_is_what_the_installed_package_says() -> None:
    assert MODELS.read_text(encoding="utf-8") == _models.written(), "run scripts/models"


@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda provider: provider.id)
def test_a_suggestion_is_known_to_the_data_and_not_retired(provider: Provider) -> None:
    known = _models.data_of(provider)
    for model in provider.models:
        assert not catalogue_entry(provider.id).has_retired(model)
        if known is not None and model not in ROUTERS:
            matching = [info for info in known.models if info.is_match(model)]
            assert matching, model
            assert not any(info.deprecated for info in matching), model


def catalogue_entry(id_: str) -> Provider:
    configure(PLAYGROUND_LOCAL_PROVIDERS="1")
    return catalogue()[id_]


def test_further_suggestions_follow_ours_and_none_is_retired() -> None:
    openai = catalogue()["openai"]

    assert openai.further
    assert not set(openai.further) & set(openai.models)
    assert not any(map(openai.has_retired, openai.further))


@pytest.mark.parametrize(
    ("provider", "model"),
    [
        ("openai", "gpt-4"),
        ("openai", "gpt-3.5-turbo-0125"),
        ("openai", "gpt-4o-mini"),
        ("gemini", "models/gemini-2.5-flash"),
        ("gemini", "gemini-2.0-flash"),  # the data alone say this one
        ("deepseek", "deepseek-chat"),
        ("dashscope", "qwen-turbo"),
        ("moonshot", "kimi-latest"),
    ],
)
def test_models_of_old_pages_are_known_to_be_retired(provider: str, model: str) -> None:
    assert catalogue()[provider].has_retired(model)


@pytest.mark.parametrize("model", ["gpt-6-luna", "gpt-5.6-luna", "gpt-oss-20b", "", "["])
def test_other_models_are_not(model: str) -> None:
    assert not catalogue()["openai"].has_retired(model)


def test_with_the_servers_key_only_what_it_may_be_used_for_is_suggested(monkeypatch: Any) -> None:
    typed = next(option for option in options() if option.provider.id == "openai")
    assert set(typed.provider.further) < set(typed.models)

    configure(PLAYGROUND_CAPS="1")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-the-server")
    kept = next(option for option in options() if option.provider.id == "openai")
    assert kept.models == list(kept.provider.models)


def test_an_entry_of_ones_own_names_its_own_models(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    configure(PLAYGROUND_PROVIDERS=str(file))
    file.write_text(ENTRY + 'retired = ["old*"]\n')

    own = catalogue()["openai"]
    assert (own.models, own.further) == (("m",), ())
    assert own.has_retired("old-1")
    assert not own.has_retired("gpt-4")

    file.write_text(ENTRY + 'retired = "old"\n')
    configure(PLAYGROUND_PROVIDERS=str(file), PLAYGROUND_EXCHANGE_SECONDS="99")
    with pytest.raises(SettingError, match="retired"):
        catalogue()
