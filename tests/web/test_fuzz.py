"""Fuzzing the views: every input gets a response, and none a 500.

The test client re-raises what a view raises, so a failure has a traceback. The Hypothesis profile "many" runs
ten times as many examples.
"""

import json
import socket
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from playground.dialects.chat_completions.parameters import PARAMETERS
from tests.upstreams.scripted import ScriptedUpstream
from tests.web.client import BODY, FORM

fuzz = settings(
    max_examples=10 * settings().max_examples,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

# Texts that mean something to a parser on the way; `texts` adds any Unicode, with lone surrogates.
nasty = st.sampled_from(
    [
        "", "\0", "\r\n", "\u2028", "\u202e", "\ud800", "\ufeff", "%", "%zz", "%00", "&", "<script>", "'",
        '"', "\\", "..", "/", "@", "#", "?", "[]", "{}", "null", "NaN", "Infinity", "-0", "1e999", "9" * 5000,
        "０", "٣", "{{ x }}", "{% x %}", "%(x)s", "{0}", "true", "[redacted]", "http://", "http://[", "http://a@b",
        "https://[::1]:443/", "http://127.0.0.9:1", "https://xn--a", "https://ß.example:99999", "http://a:b:c",
        "messages.0.content", "messages.9", "test", "local", "openai",
    ]
)  # fmt: skip
texts = st.one_of(nasty, st.text(st.characters(codec=None, exclude_categories=[]), max_size=30))
numbers = st.one_of(st.integers(), st.floats(), st.sampled_from([10**400, -1, 0, 2**63]))
values = st.recursive(
    st.one_of(st.none(), st.booleans(), numbers, texts),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(texts, inner, max_size=4)),
    max_leaves=12,
)
NAMES = [
    "model",
    "messages",
    "stream",
    "stream_options",
    "tools",
    *(parameter.name for parameter in PARAMETERS),
]
messages = st.lists(
    st.one_of(
        values,
        st.dictionaries(
            st.sampled_from(["role", "content", "name", "tool_calls", "tool_call_id"]) | texts, values
        ),
        st.just(BODY["messages"][0]),
    ),
    max_size=3,
)
bodies = st.one_of(
    values,
    st.dictionaries(st.sampled_from(NAMES) | texts, values, max_size=6),
    st.builds(
        lambda changes: {**BODY, **changes}, st.dictionaries(st.sampled_from(NAMES), values, max_size=3)
    ),
    st.builds(lambda rows: {**BODY, "messages": rows}, messages),
)
whom = st.one_of(
    st.just({"provider": "test"}),
    st.dictionaries(st.sampled_from(["provider", "base_url", "api_key", "x"]), values, max_size=3),
)
asked = st.one_of(st.builds(lambda to, body: {**to, "request": body}, whom, bodies), values)
FIELDS = [
    "provider", "base_url", "api_key", "role", "content", "call", "dialect", "extra", "more", "include_usage",
    "do", *NAMES,
]  # fmt: skip
json_texts = st.one_of(texts, bodies.map(json.dumps))
verbs = st.one_of(
    texts,
    st.builds("{}:chat_completions:{}".format, st.sampled_from(["fill", "append", "change"]), json_texts),
    st.builds("{}:{}".format, st.sampled_from(["up", "down", "remove", "add"]), st.integers(-1, 2)),
)
fields = st.dictionaries(
    st.sampled_from(FIELDS), st.one_of(texts, json_texts, st.lists(texts, max_size=3)), max_size=4
)
forms = st.builds(lambda changes, verb: {**FORM, "do": verb, **changes}, fields, verbs)
headers = st.fixed_dictionaries(
    {},
    optional={
        "HTTP_ACCEPT": st.sampled_from(["text/html", "application/json", "*/*", "", ";q=x", "a/b;q=nan"]),
        "HTTP_HX_REQUEST": st.sampled_from(["true", "false", "\udcff"]),
        "HTTP_X_FORWARDED_FOR": st.sampled_from(["", ",,", "::1%x", "1.2.3.4:5:6", "[", "unix"]),
        "HTTP_ORIGIN": st.sampled_from(["null", "http://testserver", "http://[", "\0"]),
        "HTTP_ACCEPT_LANGUAGE": st.sampled_from(["", "en", "zh-hans", "x" * 999, "a;q=b"]),
    },
)
paths = st.sampled_from(["/send/", "/snippets/"])


@pytest.fixture(autouse=True)
def _no_names(monkeypatch: pytest.MonkeyPatch, provider: str, upstream: ScriptedUpstream) -> None:
    """Resolve no host names, which the fuzzing makes up."""
    real = socket.getaddrinfo

    def resolve(host: Any, *rest: Any, **options: Any) -> Any:
        return real(host, *rest, **options | {"flags": socket.AI_NUMERICHOST})

    monkeypatch.setattr(socket, "getaddrinfo", resolve)


def _answered(client: Client, method: str, path: str, data: bytes, kind: str, **meta: str) -> None:
    response = client.generic(method, path, data, content_type=kind, **meta)

    content = b"".join(response) if response.streaming else response.content  # type: ignore[arg-type]

    assert response.status_code < 500, content[:2000]
    content.decode()


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


@pytest.mark.shows_keys
@fuzz
@given(path=paths, value=asked, meta=headers)
def test_json(client: Client, path: str, value: Any, meta: dict[str, str]) -> None:
    _answered(client, "POST", path, json.dumps(value).encode(), "application/json", **meta)
    _answered(client, "POST", path, _bytes(json.dumps(value, ensure_ascii=False)), "application/json", **meta)


@pytest.mark.shows_keys
@fuzz
@given(path=paths, form=forms, meta=headers)
def test_forms(client: Client, path: str, form: dict[str, Any], meta: dict[str, str]) -> None:
    data = urlencode(form, doseq=True, errors="surrogatepass").encode()
    _answered(client, "POST", path, data, "application/x-www-form-urlencoded", **meta)
    _answered(client, "POST", "/edit/", data, "application/x-www-form-urlencoded", **meta)


@pytest.mark.shows_keys
@fuzz
@given(path=paths, data=st.binary(max_size=60), kind=st.sampled_from([
    "application/json", "application/x-www-form-urlencoded", "application/json; charset=utf-16",
    "application/x-www-form-urlencoded; charset=x", "multipart/form-data", "multipart/form-data; boundary=a",
    "text/plain", "", "é/\0",
]), meta=headers)  # fmt: skip
def test_bytes(client: Client, path: str, data: bytes, kind: str, meta: dict[str, str]) -> None:
    _answered(client, "POST", path, data, kind, **meta)


@fuzz
@given(query=st.dictionaries(st.sampled_from(["provider", "base_url", "request"]) | texts, texts, max_size=4),
       body=json_texts, meta=headers)  # fmt: skip
def test_links(client: Client, query: dict[str, str], body: str, meta: dict[str, str]) -> None:
    pairs = urlencode({**query, "request": body}, errors="surrogatepass")
    _answered(client, "GET", f"/?{pairs}", b"", "", **meta)
    _answered(client, "GET", f"/?request={quote(body, errors='surrogatepass')}", b"", "", **meta)


@fuzz
@given(query=st.binary(max_size=60), meta=headers)
def test_links_of_any_bytes(client: Client, query: bytes, meta: dict[str, str]) -> None:
    meta = {"QUERY_STRING": query.decode("latin-1"), **meta}
    _answered(client, "GET", "/", b"", "", **meta)
