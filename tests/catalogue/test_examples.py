"""Examples that suit a provider's models."""

from pathlib import Path

import pytest

from playground.catalogue.entries import read_providers
from playground.catalogue.examples import Examples
from playground.catalogue.providers import catalogue
from playground.config_types import SettingError
from playground.web.page import new_form

SUITED = Examples(("temperature",), {"max_tokens": "max_completion_tokens"}, 1024)


def test_a_body_is_changed_to_suit_the_provider() -> None:
    body = {"temperature": 0, "max_tokens": 100, "stream": True}

    assert SUITED.suited(body, ("max_tokens",)) == {"max_completion_tokens": 1024, "stream": True}
    assert SUITED.suited({"max_tokens": 2000}, ("max_tokens",)) == {"max_completion_tokens": 2000}
    assert Examples().suited(body, ("max_tokens",)) == body


def test_a_new_form_has_what_current_models_accept() -> None:
    form = new_form(catalogue()["openai"])

    body = form.body([])
    assert body["max_completion_tokens"] == 1024
    assert "max_tokens" not in body


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
    ],
)
def test_what_cannot_be_meant_is_rejected_with_its_name(tmp_path: Path, examples: str) -> None:
    file = tmp_path / "providers.toml"
    file.write_text(f'[[provider]]\nid = "acme"\nbase_url = "https://a.example/v1"\nexamples = {examples}\n')

    with pytest.raises(SettingError, match=r"acme.*examples"):
        read_providers(file)
