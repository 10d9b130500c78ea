"""Base URLs: what people enter and what is called."""

from urllib.parse import urlsplit

import pytest
import requests
from hypothesis import assume, given
from hypothesis import strategies as st

from playground.text import azure
from playground.text.endpoint import BaseURLError, Endpoint
from tests import chat


@pytest.mark.parametrize(
    ("typed", "called"),
    [
        ("https://api.openai.com/v1", "https://api.openai.com/v1"),
        ("https://api.openai.com", "https://api.openai.com/v1"),
        ("https://api.openai.com/", "https://api.openai.com/v1"),
        ("https://api.openai.com/v1/", "https://api.openai.com/v1"),
        ("  https://api.openai.com/v1\n", "https://api.openai.com/v1"),
        ("https://api.openai.com/v1/chat/completions", "https://api.openai.com/v1"),
        ("https://api.openai.com/v1/chat/completions/", "https://api.openai.com/v1"),
        ("https://example.com/v1/models", "https://example.com/v1"),
        ("https://r.services.ai.azure.com/models", "https://r.services.ai.azure.com/models"),
        ("https://r.openai.azure.com/openai/v1/", "https://r.openai.azure.com/openai/v1"),
        ("https://r.openai.azure.com", "https://r.openai.azure.com/openai/v1"),
        ("https://r.openai.azure.com/openai/deployments/d", "https://r.openai.azure.com/openai/v1"),
        (
            "https://r.openai.azure.com/openai/deployments/d/chat/completions?api-version=2024-10-21",
            "https://r.openai.azure.com/openai/v1",
        ),
        (
            "https://r.openai.azure.com/openai/v1/chat/completions?api-version=preview",
            "https://r.openai.azure.com/openai/v1",
        ),
        ("“https://example.com/v1”", "https://example.com/v1"),
        ("<https://example.com/v1>", "https://example.com/v1"),
        ("\ufeffhttps://example.com/v1\u200b\u00a0", "https://example.com/v1"),
        ("https://example.com./v1", "https://example.com/v1"),
        (f"https://{'a' * 63}.example", f"https://{'a' * 63}.example/v1"),
        ("https://openrouter.ai/api/v1", "https://openrouter.ai/api/v1"),
        ("https://example.com/v1beta/openai/", "https://example.com/v1beta/openai"),
        ("HTTPS://API.Example.COM/V1", "https://api.example.com/V1"),
        ("https://example.com:443/v1", "https://example.com/v1"),
        ("http://example.com:80", "http://example.com/v1"),
        ("http://example.com:443", "http://example.com:443/v1"),
        ("http://localhost:11434", "http://localhost:11434/v1"),
        ("http://llm_server:8000", "http://llm_server:8000/v1"),
        ("http://[::1]:8080/v1", "http://[::1]:8080/v1"),
        ("http://[2001:DB8::1]", "http://[2001:db8::1]/v1"),
        ("http://[0:0::1]:80/v1", "http://[::1]/v1"),
        ("https://bücher.example", "https://xn--bcher-kva.example/v1"),
        ("https://例え.jp/v1", "https://xn--r8jz45g.jp/v1"),
        ("https://example.com/%7euser/a%2fb", "https://example.com/~user/a%2Fb"),
    ],
)
def test_base_urls_are_normalized(typed: str, called: str) -> None:
    endpoint = chat.endpoint(typed)

    assert endpoint.base_url == called


@pytest.mark.parametrize(
    "typed", ["https://example.com/chat/completions", "https://example.com/chat/completions/"]
)
def test_a_full_endpoint_without_a_base_path_is_called_as_entered(typed: str) -> None:
    endpoint = chat.endpoint(typed)

    assert endpoint.base_url == "https://example.com"
    assert endpoint.given == "https://example.com/chat/completions"


@pytest.mark.parametrize(
    ("typed", "host", "port"),
    [
        ("https://example.com", "example.com", 443),
        ("http://example.com", "example.com", 80),
        ("http://example.com:8080", "example.com", 8080),
        ("http://[::1]:11434", "::1", 11434),
    ],
)
def test_host_and_port_are_those_to_connect_to(typed: str, host: str, port: int) -> None:
    endpoint = chat.endpoint(typed)

    assert (endpoint.host, endpoint.port) == (host, port)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "with https:// or http://"),
        ("example.com/v1", "Did you mean https://example.com/v1?"),
        ("example.com:8080", "Did you mean https://example.com:8080/v1?"),
        ("localhost:11434", "Did you mean http://localhost:11434/v1?"),
        ("127.0.0.1:8000/v1", "Did you mean http://127.0.0.1:8000/v1?"),
        ("//example.com", "Did you mean https://example.com/v1?"),
        ("https//example.com/v1", "Did you mean https://example.com/v1?"),
        ("https:/example.com/v1", "Did you mean https://example.com/v1?"),
        ("example.com/chat/completions", "Did you mean https://example.com/chat/completions?"),
        ("httpsexample", "Did you mean https://httpsexample/v1?"),
        ("https://[::1]9381", "with https:// or http://"),
        ("ftp://example.com", "with https:// or http://"),
        ("file:///etc/passwd", "with https:// or http://"),
        ("javascript:alert(1)", "with https:// or http://"),
        ("https://", "and a host"),
        ("https:///v1", "and a host"),
        ("https://:8080", "and a host"),
        ("https://user:secret@example.com", "user name and password"),
        ("https://user@example.com", "user name and password"),
        ("https://@example.com", "user name and password"),
        ("https://example.com/v1?key=1", "“?” or “#”"),
        ("https://example.com/v1?", "“?” or “#”"),
        ("https://example.com/v1#a", "“?” or “#”"),
        ("https://gateway.example/v1?api-version=1", ": https://RESOURCE.openai.azure.com/openai/v1"),
        (
            "https://api.anthropic.com/v1/messages",
            "address of Messages. For Chat Completions, use the base URL https://api.anthropic.com/v1",
        ),
        ("https://api.openai.com/v1/responses/", "base URL https://api.openai.com/v1"),
        ("https://api.openai.com/v1/completions", "base URL https://api.openai.com/v1"),
        ("https://api.openai.com/v1/embeddings", "base URL https://api.openai.com/v1"),
        ("https://example.com/messages", "base URL https://example.com/v1"),
        ("https://exam ple.com", "Remove spaces"),
        ("https://example.com/v1\n/x", "Remove spaces"),
        ("https://exa\tmple.com", "Remove spaces"),
        ("https://example.com\\@evil.com", "backslashes"),
        ("https://exa\0mple.com", "Remove spaces"),
        ("https://example.com:99999", "This isn’t a URL"),
        ("https://example.com:port", "This isn’t a URL"),
        ("https://[::1", "This isn’t a URL"),
        ("https://[nonsense]", "This isn’t a URL"),
        ("https://example.com:0", "Port 0"),
        ("https://*.example.com", "“*.example.com” isn’t a valid host name"),
        ("https://.example.com", "isn’t a valid host name"),
        ("https://a..b/", "isn’t a valid host name"),
        ("https://example.com../", "isn’t a valid host name"),
        ("https://./", "isn’t a valid host name"),
        ("https://-a.example", "isn’t a valid host name"),
        ("https://a-.example", "isn’t a valid host name"),
        (f"https://{'a' * 64}.example", "isn’t a valid host name"),
        (f"https://{'a.' * 127}example", "isn’t a valid host name"),
        ("https://exa%6dple.com", "isn’t a valid host name"),
        ("https://a%", "isn’t a valid host name"),
        ("https://[fe80::1%eth0]", "isn’t a valid host name"),
        ("https://[fe80::1%\u202e$(id)]", "isn’t a valid host name"),
        ("https://[v1.a:$(id)]", "isn’t a valid host name"),
        ("https://a<b>.example", "isn’t a valid host name"),
        ("https://☃☃--.example", "isn’t a valid host name"),
        ("https://example.com/é", "Percent-encode"),
        ("https://example.com/{deployment}", "Percent-encode"),
        ("https://example.com/100%", "Percent-encode"),
        ("https://example.com/a/../b", "Remove “.” and “..”"),
        ("https://example.com/./v1", "Remove “.” and “..”"),
        ("https://example.com/%2e%2E/v1", "Remove “.” and “..”"),
    ],
)
def test_an_invalid_base_url_says_why(typed: str, words: str) -> None:
    with pytest.raises(BaseURLError) as refused:
        chat.endpoint(typed)

    assert words in str(refused.value.sentence)


# fmt: off
_HOSTS = ["a", "example.com", "EXAMPLE.com", "127.0.0.1", "0x7f.1", "[::1]", "a_b", "bücher.example", "a..b"]
_PARTS = [
    "a", "v1", "chat/completions", "models", "", "...", ".a", "%7E", "%2f", "%00", "a b",
    "~", "*", "'", "@", ":", "{}", "%", "|",
]
# fmt: on
_URLS = st.builds(
    "{}://{}{}{}".format,
    st.sampled_from(["https", "http", "HTTP"]),
    st.sampled_from(_HOSTS) | st.text(st.sampled_from("ab.-_é%*'"), min_size=1, max_size=6),
    st.sampled_from(["", "", ":", ":80", ":443", ":0080"]),
    st.lists(st.sampled_from(_PARTS), max_size=3).map(lambda parts: "".join(f"/{part}" for part in parts)),
)


def _parse_or_skip(typed: str) -> Endpoint:
    try:
        return chat.endpoint(typed)
    except BaseURLError:
        assume(False)
        raise


@given(_URLS)
def test_the_url_shown_is_the_url_a_client_calls(typed: str) -> None:
    endpoint = _parse_or_skip(typed)

    url = f"{endpoint.base_url}/chat/completions"

    called = requests.Request("POST", url).prepare().url

    assert called == url
    assert urlsplit(called).hostname == endpoint.host


@given(_URLS)
def test_a_normalized_base_url_parses_to_itself(typed: str) -> None:
    endpoint = _parse_or_skip(typed)

    assert chat.endpoint(endpoint.given) == endpoint


@given(st.text(max_size=30) | st.text(max_size=20).map(lambda text: f"https://{text}"))
def test_any_text_is_parsed_or_rejected_with_a_sentence(text: str) -> None:
    try:
        endpoint = chat.endpoint(text)
    except BaseURLError as error:
        assert str(error.sentence).endswith((".", "?"))  # noqa: PT017 -- both outcomes are good ones
    else:
        assert endpoint.base_url.isascii()


@pytest.mark.parametrize(
    ("typed", "base_url"),
    [
        ("https://r.services.ai.azure.com", "https://r.services.ai.azure.com/anthropic/v1"),
        (
            "https://r.services.ai.azure.com/anthropic/v1/messages",
            "https://r.services.ai.azure.com/anthropic/v1",
        ),
    ],
)
def test_azure_has_a_base_url_for_each_maker_of_an_api(typed: str, base_url: str) -> None:
    assert Endpoint.parse(typed, "/messages").base_url == base_url


@pytest.mark.parametrize("path", ["v1/responses", "deployments/d/chat/completions?api-version=2024-10-21"])
def test_an_address_of_azure_may_be_another_apis_too(path: str) -> None:
    with pytest.raises(BaseURLError) as refused:
        Endpoint.parse(f"https://r.openai.azure.com/openai/{path}", "/messages")

    assert refused.value.ending in ("/responses", "/chat/completions")


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("https://r.openai.azure.com/openai/deployments/my-gpt/chat/completions?api-version=1", "my-gpt"),
        ("https://r.openai.azure.com/openai/v1/?api-version=preview", ""),
        ("https://r.openai.azure.com/openai/v1", None),
        ("https://gateway.example/openai/deployments/d?api-version=1", None),
        ("https://[", None),
        ("", None),
    ],
)
def test_an_older_address_of_azure_names_its_deployment(typed: str, name: str | None) -> None:
    assert azure.deployment_in(typed) == name


@pytest.mark.parametrize("end", ["/messages", "/responses", "/embeddings"])
def test_the_endpoint_of_another_api_is_named_for_a_switch(end: str) -> None:
    with pytest.raises(BaseURLError) as refused:
        chat.endpoint(f"https://api.example/v1{end}")

    assert refused.value.ending == end


@pytest.mark.parametrize("end", ["/chat/completions", "/messages", "/responses"])
def test_a_text_longer_than_any_address_is_none(end: str) -> None:
    """To take its endings away one by one would take quadratic time."""
    with pytest.raises(BaseURLError):
        Endpoint.parse("https://h/v1" + end * 300, end)
    assert Endpoint.parse("https://h/v1" + end * 3, end).base_url == "https://h/v1"
