"""Examples that suit a provider's models."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from playground.catalogue.entries import read_providers
from playground.catalogue.examples import Examples
from playground.catalogue.providers import catalogue
from playground.config_types import SettingError
from playground.dialects import DIALECTS
from playground.exchange.request import checked
from playground.forms.examples import presets
from playground.web.page import new_form

SUITED = Examples(("temperature",), {"max_tokens": "max_completion_tokens"}, 1024)


def _suited(body: Mapping[str, Any], examples: Examples) -> dict[str, Any]:
    return examples.suited(body, "chat_completions", ("max_tokens",))


def test_a_body_is_changed_to_suit_the_provider() -> None:
    body = {"temperature": 0, "max_tokens": 100, "stream": True}

    assert _suited(body, SUITED) == {"max_completion_tokens": 1024, "stream": True}
    assert _suited({"max_tokens": 2000}, SUITED) == {"max_completion_tokens": 2000}
    assert _suited(body, Examples()) == body


def test_a_parameter_gets_another_value_where_an_example_has_it() -> None:
    examples = Examples(change={"response_format": {"type": "json_object"}})

    assert _suited({"response_format": {"type": "json_schema"}}, examples) == {
        "response_format": {"type": "json_object"}
    }
    assert _suited({"stream": True}, examples) == {"stream": True}


def test_a_parameter_has_others_beside_it_in_its_api() -> None:
    examples = Examples(beside={"chat_completions": {"tools": {"reasoning_effort": "none"}}})

    assert _suited({"tools": []}, examples) == {"tools": [], "reasoning_effort": "none"}
    assert _suited({"stream": True}, examples) == {"stream": True}
    assert examples.suited({"tools": []}, "responses", ()) == {"tools": []}


def _example(provider: str, dialect: str, id_: str) -> Mapping[str, Any]:
    found = presets(catalogue()[provider], DIALECTS[dialect])
    return next(preset.body for preset in found if preset.id == id_)


def test_openai_takes_tools_in_chat_completions_without_reasoning_alone() -> None:
    assert _example("openai", "chat_completions", "tools")["reasoning_effort"] == "none"
    assert "reasoning_effort" not in _example("openai", "chat_completions", "json")
    assert "reasoning_effort" not in _example("openai", "responses", "tools")


@pytest.mark.parametrize("provider", ["deepseek", "zhipu", "dashscope"])
def test_providers_without_json_schema_are_asked_for_json(provider: str) -> None:
    body = _example(provider, "chat_completions", "json")

    assert body["response_format"] == {"type": "json_object"}
    assert "JSON" in body["messages"][0]["content"]  # required with it


@pytest.mark.parametrize("provider", list(catalogue()))
def test_every_example_of_every_provider_is_a_sound_request(provider: str) -> None:
    for dialect in map(DIALECTS.__getitem__, catalogue()[provider].dialects):
        for preset in presets(catalogue()[provider], dialect):
            checked(dialect, {"model": "m"} | preset.body, max_messages=10, max_bytes=10_000)


def test_a_new_form_has_what_current_models_accept() -> None:
    """Who pays with a key of their own gets the whole answer."""
    paid, claude = (new_form(catalogue()[name]).body([]) for name in ("openai", "claude"))

    assert not paid.keys() & {"max_completion_tokens", "max_tokens"}
    assert claude["max_tokens"] == 1024  # required
    assert paid["stream"] is claude["stream"] is True


@pytest.mark.parametrize(
    "examples",
    [
        "1",
        "{ other = 1 }",
        '{ without = "temperature" }',
        "{ without = [1] }",
        "{ rename = [] }",
        "{ rename = { max_tokens = 1 } }",
        "{ tokens = -1 }",
        "{ tokens = true }",
        "{ change = 1 }",
        "{ beside = { chat_completions = 1 } }",
        "{ beside = { chat_completions = { tools = 1 } } }",
        "{ beside = { other = {} } }",
        "{ change = { stop = 1979-05-27 } }",
        "{ change = { top_p = nan } }",
        "{ beside = { messages = { tools = { stop = 1979-05-27 } } } }",
    ],
)
def test_what_cannot_be_meant_is_rejected_with_its_name(tmp_path: Path, examples: str) -> None:
    file = tmp_path / "providers.toml"
    file.write_text(f'[[provider]]\nid = "acme"\nbase_url = "https://a.example/v1"\nexamples = {examples}\n')

    with pytest.raises(SettingError, match=r"acme.*examples"):
        read_providers(file)
