"""Which APIs a provider speaks, where, and how its key is sent: as its entry says."""

from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType

import pytest

from playground import dialects
from playground.catalogue import entries, providers
from playground.catalogue.providers import catalogue, dialect_of, dialect_recorded
from playground.config_types import SettingError
from playground.dialects import DEFAULT, DIALECTS
from playground.exchange.call import API_KEY
from playground.exchange.refusal import InvalidRequestError
from playground.upstream import route
from playground.upstream.route import find_route
from tests.configuration import configure
from tests.dialects.echo import ECHO

ENTRY = '[[provider]]\nid = "own"\nlabel = "Own"\nbase_url = "https://llm.example"\n'
BOTH = ENTRY + 'dialects = ["echo", "chat_completions"]\n'


@pytest.fixture(autouse=True)
def _spoken(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    both = MappingProxyType({**dialects.DIALECTS, ECHO.id: ECHO})
    monkeypatch.setattr(providers, "DIALECTS", both)
    monkeypatch.setattr(entries, "DIALECTS", both)
    providers.read_catalogue.cache_clear()
    yield
    providers.read_catalogue.cache_clear()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "own.toml"
    configure(PLAYGROUND_PROVIDERS=str(path))
    return path


def _base_urls() -> dict[str, str]:
    return {name: endpoint.base_url for name, endpoint in catalogue()["own"].endpoints.items()}


def test_an_entry_that_names_no_api_speaks_chat_completions_with_its_own_key_header(file: Path) -> None:
    file.write_text(ENTRY)

    own = catalogue()["own"]

    assert (own.dialects, own.dialect, own.auth, own.headers) == ((DEFAULT.id,), DEFAULT.id, None, ())


def test_a_single_dialect_may_be_named_as_before(file: Path) -> None:
    file.write_text(ENTRY + 'dialect = "echo"\n')

    assert catalogue()["own"].dialects == ("echo",)


def test_the_first_of_several_is_meant_unless_a_call_names_another(file: Path) -> None:
    file.write_text(BOTH)

    assert dialect_of("own", None) is ECHO
    assert dialect_of("own", "chat_completions") is DEFAULT


def test_an_api_may_stand_under_another_base_url(file: Path) -> None:
    file.write_text(BOTH + 'base_urls = { echo = "https://llm.example/echo/v2" }\n')

    assert _base_urls() == {
        "echo": "https://llm.example/echo/v2",
        "chat_completions": "https://llm.example/v1",
    }


def test_the_base_url_may_be_the_full_address_of_the_first_api(file: Path) -> None:
    text = BOTH.replace("https://llm.example", f"https://llm.example/v1{ECHO.ending}")
    file.write_text(text)

    assert _base_urls() == dict.fromkeys(("echo", "chat_completions"), "https://llm.example/v1")


def test_auth_and_headers_are_those_of_the_entry(file: Path) -> None:
    file.write_text(
        ENTRY + 'auth = "api-key"\nheaders = { "X-Title" = "Docs: 1", "X-B" = "é" }\n'.replace("é", "e")
    )

    assert catalogue()["own"].auth is API_KEY
    assert catalogue()["own"].headers == (("X-Title", "Docs: 1"), ("X-B", "e"))


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("dialects = []", "dialects"), ('dialects = "echo"', "dialects"), ("dialects = [1]", "dialects"),
        ('dialects = ["echo", "echo"]', "dialects"), ('dialects = ["morse"]', "dialects"),
        ('dialects = ["echo"]\ndialect = "echo"', "not both"),
        ('auth = "basic"', "auth"), ("auth = 1", "auth"), ("auth = []", "auth"),
        ('base_urls = { echo = "https://a.example" }', "base_urls"),
        ('base_urls = "https://a.example"', "base_urls"),
        ('base_urls = { chat_completions = "a.example" }', "https://"),
        ("base_urls = { chat_completions = 1 }", "base_urls"),
        ('public_base_url = "a.example"', "https://"), ("public_base_url = 1", "public_base_url"),
        ('public_base_url = "https://a.test"\nbase_urls = { chat_completions = "https://b.test" }', "public"),
        ('headers = { "X Y" = "1" }', "headers"), ('headers = { "X-A" = "a\\nX-B: 1" }', "headers"),
        ('headers = { "X-A" = "é" }', "headers"), ('headers = { "X-A" = "" }', "headers"),
        ('headers = { "X-A" = 1 }', "headers"), ('headers = { "X-A" = "1", "x-a" = "2" }', "headers"),
        ("headers = []", "headers"), ('headers = "X"', "headers"),
        ("further = 0", "further"), ('further = ["m"]', "further"),
        *((f'headers = {{ "{name}" = "v" }}', "headers") for name in (
            "Authorization", "X-API-Key", "api-key", "Host", "content-length", "Content-Type", "Cookie",
            "Transfer-Encoding", "Connection", "Accept", "User-Agent", "x-goog-api-key",
            "cf-aig-authorization", "x-portkey-api-key", "Ocp-Apim-Subscription-Key", "X-Auth-Token",
            "X-AccessToken", "clientsecret", "X-JWT", "XAuth", "OcpApimSubscriptionKey", "X-Api-Keys",
            "X-Authentication", "X-Authorisation", "X-Creds", "Content_Length", "Transfer_Encoding",
        )),
    ],
)  # fmt: skip
def test_what_an_entry_cannot_say_is_refused_with_its_name(file: Path, line: str, word: str) -> None:
    file.write_text(f"{ENTRY}{line}\n", encoding="utf-8")

    with pytest.raises(SettingError) as refused:
        catalogue()

    assert word in str(refused.value)
    assert "'own'" in str(refused.value)


def test_a_dialect_that_the_provider_does_not_speak_is_refused_beside_those_it_does(file: Path) -> None:
    file.write_text(ENTRY)

    with pytest.raises(InvalidRequestError) as refused:
        dialect_of("own", "echo")

    [problem] = refused.value.problems
    assert problem.field == "dialect"
    assert DEFAULT.label in str(problem.sentence)
    assert DEFAULT.id in str(problem.sentence)


@pytest.mark.parametrize("provider", [None, "", "nobody"])
def test_a_base_url_of_ones_own_may_speak_any(provider: str | None) -> None:
    assert dialect_of(provider, "echo") is ECHO
    assert dialect_of(provider, None) is DEFAULT


def test_what_was_recorded_without_a_dialect_means_chat_completions(file: Path) -> None:
    file.write_text(BOTH)

    assert dialect_recorded("own", None) is DEFAULT
    assert dialect_recorded("own", "echo") is ECHO
    assert dialect_recorded(None, None) is DEFAULT


def test_a_provider_that_speaks_no_chat_completions_was_always_meant_with_its_own(file: Path) -> None:
    file.write_text(ENTRY + 'dialect = "echo"\n')

    assert dialect_recorded("own", None) is ECHO


def test_claude_means_messages_first_and_openai_chat_completions() -> None:
    claude = [name for name in ("messages", "chat_completions") if name in DIALECTS]

    assert list(catalogue()["claude"].dialects) == claude
    assert catalogue()["openai"].dialect == "chat_completions"


# --- typed base URLs ---


def test_azure_reads_the_key_in_its_own_header() -> None:
    azure = find_route(None, "https://r.openai.azure.com/openai/v1", "sk-typed-1", DEFAULT)
    other = find_route(None, "https://azure.example/openai/v1", "sk-typed-1", DEFAULT)

    assert (azure.auth, other.auth) == (API_KEY, None)
    assert azure.call(DEFAULT, {}).auth is API_KEY


def test_the_full_address_of_another_api_offers_the_switch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(route, "DIALECTS", {DEFAULT.id: DEFAULT})

    with pytest.raises(InvalidRequestError) as refused:
        find_route(None, "https://api.example/v1/chat/completions", None, ECHO)
    with pytest.raises(InvalidRequestError) as unknown:
        find_route(None, "https://api.example/v1/embeddings", None, ECHO)

    assert refused.value.fix
    assert (refused.value.fix.dialect, refused.value.fix.changes) == (DEFAULT.id, {})
    assert unknown.value.fix is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *((name, value) for name in entries._TEXTS for value in ("5", "[]", "2020-01-01", "nan")),
        ("models", '"gpt-4o"'), ("models", "[5]"), ("models", "{}"), ("local", '"no"'), ("local", "1"),
    ],
)  # fmt: skip
def test_a_value_of_another_type_is_refused_at_the_start_and_not_in_a_page(
    file: Path, name: str, value: str
) -> None:
    values = {"id": '"own"', "label": '"Own"', "base_url": '"https://own.example/v1"', name: value}
    lines = [f"{key} = {said}" for key, said in values.items()]
    file.write_text("\n".join(["[[provider]]", *lines, ""]), encoding="utf-8")

    with pytest.raises(SettingError, match=name):
        catalogue()


@pytest.mark.parametrize("text", ['[provider]\nid = "own"', "provider = 5", 'provider = ["own"]'])
def test_what_is_no_list_of_entries_is_refused(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8")

    with pytest.raises(SettingError, match=r"\[\[provider\]\]"):
        catalogue()
