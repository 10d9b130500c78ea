"""Where a request goes, and with whose key: the server's keys go to their providers only."""

from pathlib import Path

import pytest

from playground.dialects import DEFAULT
from playground.exchange.refusal import InvalidRequestError
from playground.upstream.route import find_route
from tests.configuration import configure
from tests.upstreams.plugin import SERVER_KEY
from tests.upstreams.scripted import ScriptedUpstream


def _refusal(provider: str | None, base_url: str | None, key: str | None) -> dict[str, str]:
    with pytest.raises(InvalidRequestError) as refused:
        find_route(provider, base_url, key, DEFAULT)
    return {error.field: str(error.sentence) for error in refused.value.problems}


def test_a_provider_is_called_with_the_servers_key(upstream: ScriptedUpstream, provider: str) -> None:
    route = find_route(provider, None, None, DEFAULT)

    assert route.endpoint.base_url == upstream.url
    assert route.key == SERVER_KEY
    assert route.key_variable == "TEST_API_KEY"


def test_a_typed_key_goes_before_the_servers(provider: str) -> None:
    assert find_route(provider, None, "sk-typed", DEFAULT).key == "sk-typed"


def test_a_base_url_of_ones_own_goes_with_the_typed_key_alone(
    upstream: ScriptedUpstream, provider: str
) -> None:
    # The URL of a provider whose key the server has; because it was typed, it does not get that key.
    assert find_route(None, upstream.url, None, DEFAULT).key == ""
    assert find_route(None, upstream.url, "sk-typed", DEFAULT).key == "sk-typed"
    assert find_route(None, upstream.url, None, DEFAULT).key_variable == "API_KEY"
    assert find_route(None, upstream.url, None, DEFAULT).provider is None


@pytest.mark.parametrize("key", [None, "sk-typed"])
def test_a_provider_and_a_base_url_together_are_refused(provider: str, key: str | None) -> None:
    assert "not both" in _refusal(provider, "https://elsewhere.example", key)["base_url"]


@pytest.mark.parametrize("nothing", [None, ""])
def test_neither_provider_nor_base_url_is_refused(nothing: str | None) -> None:
    assert "choose a provider" in _refusal(nothing, nothing, None)["base_url"]


def test_an_unknown_provider_is_named_beside_those_there_are(provider: str) -> None:
    sentence = _refusal("nobody", None, None)["provider"]

    assert "“nobody”" in sentence
    assert "openai" in sentence
    assert "test" in sentence


def test_a_base_url_that_is_none_says_why() -> None:
    assert "http" in _refusal(None, "ftp://example.com", None)["base_url"]


@pytest.mark.parametrize(
    "key",
    [
        "two words",
        "a\nb",
        "a\r\nX-Other: b",
        "a\tb",
        "a\0b",
        "\x7f",
        "ключ",
        "sk-\u0430",
        "Bearer",
        "$API_KEY",
        "sk-1…9",
        "é",
    ],
)
@pytest.mark.parametrize("base_url", [None, "https://llm.example"])
def test_a_key_that_no_header_carries_is_refused_without_being_repeated(
    provider: str, key: str, base_url: str | None
) -> None:
    errors = _refusal(None if base_url else provider, base_url, key)

    assert set(errors) == {"api_key"}
    assert key not in errors["api_key"]


def test_every_printable_ascii_character_may_stand_in_a_key() -> None:
    key = "".join(map(chr, range(0x21, 0x7F)))

    assert find_route(None, "https://llm.example", key, DEFAULT).key == key


def test_a_wrong_key_and_a_wrong_address_are_told_together() -> None:
    assert set(_refusal(None, "llm.example", "sk-1…9")) == {"base_url", "api_key"}


def test_a_pasted_key_is_cleaned(provider: str) -> None:
    assert find_route(provider, None, 'export TEST_API_KEY="Bearer sk-typed"\n', DEFAULT).key == "sk-typed"
    assert find_route(provider, None, " \n", DEFAULT).key == SERVER_KEY


def test_without_any_key_the_variable_to_set_is_named(monkeypatch: pytest.MonkeyPatch, provider: str) -> None:
    monkeypatch.delenv("TEST_API_KEY")

    assert _refusal(provider, None, None).keys() == {"api_key"}


def test_a_broken_key_of_the_servers_is_the_operators_to_mend(
    monkeypatch: pytest.MonkeyPatch, provider: str
) -> None:
    monkeypatch.setenv("TEST_API_KEY", "sk broken canary")

    sentence = _refusal(provider, None, None)["provider"]

    assert "TEST_API_KEY" in sentence
    assert "canary" not in sentence
    assert find_route(provider, None, "sk-typed", DEFAULT).key == "sk-typed"


def test_the_line_break_at_the_end_of_a_key_file_is_no_part_of_the_key(
    monkeypatch: pytest.MonkeyPatch, provider: str
) -> None:
    monkeypatch.setenv("TEST_API_KEY", " sk-server \n")

    assert find_route(provider, None, None, DEFAULT).key == "sk-server"


def test_the_key_is_not_in_the_routes_repr(provider: str) -> None:
    assert SERVER_KEY not in repr(find_route(provider, None, None, DEFAULT))
    assert "sk-typed" not in repr(find_route(provider, None, "sk-typed", DEFAULT))


@pytest.mark.parametrize("offered", ["1", "0"], ids=["play", "server"])
def test_a_local_model_that_does_not_run_is_said_to_be_down(offered: str) -> None:
    configure(PLAYGROUND_LOCAL_PROVIDERS=offered)

    assert "--no-local-model" in _refusal("local", None, "sk-typed")["provider"]


def test_who_runs_the_playground_pays_without_a_typed_key(provider: str) -> None:
    assert find_route(provider, None, None, DEFAULT).at_servers_expense
    assert not find_route(provider, None, "sk-typed", DEFAULT).at_servers_expense
    assert not find_route(None, "https://llm.example", "sk-typed", DEFAULT).at_servers_expense
    assert not find_route(None, "https://llm.example", None, DEFAULT).at_servers_expense


def test_a_machine_of_the_servers_own_is_paid_by_it_whatever_is_typed(
    upstream: ScriptedUpstream, provider: str
) -> None:
    assert find_route(None, upstream.url, "sk-typed", DEFAULT).at_servers_expense
    assert find_route(None, upstream.url, None, DEFAULT).at_servers_expense


def test_a_provider_that_takes_no_key_is_paid_by_the_server(
    monkeypatch: pytest.MonkeyPatch, upstream: ScriptedUpstream, tmp_path: Path
) -> None:
    file = tmp_path / "providers.toml"
    file.write_text(f'[[provider]]\nid = "free"\nlabel = "Free"\nbase_url = "{upstream.url}"\n')
    configure(PLAYGROUND_PROVIDERS=str(file))

    assert find_route("free", None, "any-word", DEFAULT).at_servers_expense


@pytest.mark.parametrize(("switch", "capped"), [("1", True), ("0", False)])
def test_caps_hold_for_what_the_server_pays(
    monkeypatch: pytest.MonkeyPatch, upstream: ScriptedUpstream, provider: str, switch: str, capped: bool
) -> None:
    configure(PLAYGROUND_CAPS=switch)

    assert (find_route(provider, None, None, DEFAULT).caps is not None) == capped
    assert (find_route(None, upstream.url, None, DEFAULT).caps is not None) == capped
    assert find_route(provider, None, "sk-typed", DEFAULT).caps is None
