"""The catalogue: who can be called, in which order, and what each lacks."""

from pathlib import Path

import pytest

from playground.catalogue.caps import Caps
from playground.catalogue.providers import catalogue
from playground.config_types import SettingError
from playground.dialects import DEFAULT
from playground.upstream.readiness import missing, preselected
from tests.configuration import configure
from tests.upstreams.plugin import SERVER_KEY

ENTRY = '[[provider]]\nid = "own"\nlabel = "Own"\nbase_url = "https://llm.example"\n'


@pytest.fixture
def under_play(monkeypatch: pytest.MonkeyPatch) -> None:
    configure(PLAYGROUND_LOCAL_PROVIDERS="1")


def _use(monkeypatch: pytest.MonkeyPatch, file: Path, text: str) -> None:
    file.write_text(text)
    configure(PLAYGROUND_PROVIDERS=str(file))


def _base_urls(id_: str) -> dict[str, str]:
    return {name: endpoint.base_url for name, endpoint in catalogue()[id_].endpoints.items()}


def _lacks(id_: str) -> str:
    return str(missing(catalogue()[id_]))


# --- the built-in entries ---


@pytest.mark.parametrize(
    ("id_", "base_url", "variable"),
    [
        ("openai", "https://api.openai.com/v1", "OPENAI_API_KEY"),
        ("claude", "https://api.anthropic.com/v1", "ANTHROPIC_API_KEY"),
        ("gemini", "https://generativelanguage.googleapis.com/v1beta/openai", "GEMINI_API_KEY"),
    ],
)
def test_the_ids_that_others_rely_on(id_: str, base_url: str, variable: str) -> None:
    provider = catalogue()[id_]

    endpoint = provider.endpoint(DEFAULT)
    assert endpoint is not None
    assert endpoint.base_url == base_url
    assert provider.key_variable == variable


@pytest.mark.parametrize("id_", ["openrouter", "deepseek", "groq", "mistral", "together", "moonshot"])
def test_well_known_compatible_providers_are_offered(id_: str) -> None:
    assert catalogue()[id_].label


def test_every_remote_provider_is_called_over_tls_with_a_key_and_suggests_a_model() -> None:
    for provider in catalogue().values():
        assert {endpoint.scheme for endpoint in provider.endpoints.values()} == {"https"}
        assert provider.key_variable
        assert provider.models
        assert provider.docs.startswith("https://")


def test_every_provider_has_a_key_variable_of_its_own() -> None:
    variables = [provider.key_variable for provider in catalogue().values()]

    assert len(set(variables)) == len(variables)


def test_what_runs_on_this_machine_is_offered_under_play_only(under_play: None) -> None:
    local = {"local", "ollama", "lmstudio", "vllm"}
    assert local <= set(catalogue())

    configure(PLAYGROUND_LOCAL_PROVIDERS="0")
    assert not local & set(catalogue())


def test_the_local_model_stands_first_when_it_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    configure(PLAYGROUND_LOCAL_MODEL_URL="http://127.0.0.1:40123/v1")
    monkeypatch.setenv("LOCAL_API_KEY", "sk-local-model")

    assert next(iter(catalogue())) == "local"
    assert preselected().id == "local"
    assert missing(catalogue()["local"]) is None


# --- the operator's file ---


def test_a_provider_of_ones_own_is_added_after_the_others(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _use(monkeypatch, tmp_path / "own.toml", ENTRY)

    assert list(catalogue())[-1] == "own"
    assert _base_urls("own") == {"chat_completions": "https://llm.example/v1"}
    assert "openai" in catalogue()


def test_an_entry_replaces_the_built_in_one_whole_and_in_its_place(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    place = list(catalogue()).index("openai")
    _use(monkeypatch, tmp_path / "own.toml", ENTRY.replace('"own"', '"openai"'))

    assert list(catalogue()).index("openai") == place
    assert catalogue()["openai"].label == "Own"
    assert catalogue()["openai"].key_variable is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[provider]", "can’t be read"),
        ("\udcff", "can’t be read"),
        (ENTRY.replace('"own"', '"Own Server"'), "id can have only"),
        (ENTRY.replace('id = "own"\n', ""), "id can have only"),
        (ENTRY.replace('base_url = "https://llm.example"\n', ""), "base_url is missing"),
        (ENTRY.replace("https://llm.example", "llm.example"), "with https://"),
        (ENTRY.replace("https://llm.example", "https://me:pw@llm.example"), "user name and password"),
        (ENTRY + 'dialect = "morse"\n', "dialect must be one of chat_completions"),
        (ENTRY + "local = true\n", "the command that starts it"),
        (ENTRY + 'colour = "red"\n', "colour"),
    ],
)
def test_a_file_that_cannot_be_used_names_itself_and_the_reason(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str, words: str
) -> None:
    file = tmp_path / "own.toml"
    file.write_bytes(text.encode("utf-8", "surrogateescape"))
    configure(PLAYGROUND_PROVIDERS=str(file))

    with pytest.raises(SettingError) as refused:
        catalogue()

    assert words in str(refused.value)
    assert str(file) in str(refused.value)


def test_a_file_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    configure(PLAYGROUND_PROVIDERS=str(tmp_path / "none.toml"))

    with pytest.raises(SettingError, match=r"none\.toml can’t be read"):
        catalogue()


# --- what can work ---


def test_a_provider_without_a_key_names_the_variable_to_set() -> None:
    assert "OPENAI_API_KEY" in _lacks("openai")


def test_a_key_from_the_environment_or_a_file_is_all_it_needs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "key").write_text(f"{SERVER_KEY}\n")
    monkeypatch.setenv("OPENAI_API_KEY", SERVER_KEY)
    monkeypatch.setenv("DEEPSEEK_API_KEY_FILE", str(tmp_path / "key"))

    for id_ in ("openai", "deepseek"):
        assert catalogue()[id_].server_key == SERVER_KEY
        assert missing(catalogue()[id_]) is None
    assert SERVER_KEY not in repr(catalogue()["openai"])


def test_the_first_provider_that_can_work_is_preselected(monkeypatch: pytest.MonkeyPatch) -> None:
    assert preselected().id == "openai"

    assert preselected("messages").id == "claude"

    monkeypatch.setenv("MOONSHOT_API_KEY", SERVER_KEY)
    assert preselected().id == preselected("messages").id == "moonshot"
    assert preselected("responses").id == "openai"
    assert preselected("nobody's").id == "moonshot"


def test_a_local_model_that_does_not_run_says_how_to_get_it(under_play: None) -> None:
    assert "--no-local-model" in _lacks("local")
    assert preselected().id != "local"


# --- caps ---


def test_caps_are_those_of_the_entry_and_its_suggested_models(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    text = ENTRY + 'models = ["a", "b"]\ncaps = { max_tokens = 5, allow = ["tools"] }\n'
    _use(monkeypatch, tmp_path / "own.toml", text)

    assert catalogue()["own"].caps == Caps(("a", "b"), max_tokens=5, allow=("tools",))


@pytest.mark.parametrize(
    ("caps", "says"),
    [
        ("{ max_tokens = 0 }", "caps.max_tokens must be a whole number"),
        ("{ n = true }", "caps.n must be a whole number"),
        ('{ models = "a" }', "caps.models must be an array"),
        ("{ allow = [1] }", "caps.allow must be an array"),
        ("{ tokens = 1 }", "tokens"),
        ("5", "caps"),
    ],
)
def test_caps_that_cannot_be_used_are_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caps: str, says: str
) -> None:
    _use(monkeypatch, tmp_path / "own.toml", f"{ENTRY}caps = {caps}\n")

    with pytest.raises(SettingError, match=says):
        catalogue()
