"""Fuzzing the frame: no input causes a 500, and none gets past a lock."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from playground.embeds import form_token
from tests.embeds.client import FORM, make_embed
from tests.upstreams.scripted import ScriptedUpstream
from tests.web.test_fuzz import bodies, fields, headers, json_texts, texts, values, verbs

fuzz = settings(
    max_examples=3 * settings().max_examples,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
forms = st.builds(lambda changes, verb: {**FORM, **changes, "do": verb}, fields, verbs)
PATHS = ("/embed/send/", "/embed/edit/", "/embed/snippets/")

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _open_door(provider: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make an embed, and switch off the token check so that the rest is reached."""
    make_embed(locked="model max_tokens", calls_a_day=10**6, reader_calls_a_day=10**6)
    monkeypatch.setattr(form_token, "spend", lambda *args: None)


def _answered(response: Any) -> None:
    content = b"".join(response) if response.streaming else response.content
    assert response.status_code < 500, content[:2000]
    content.decode()


def _locks_held(upstream: ScriptedUpstream) -> None:
    bodies = [recorded.json for recorded in upstream.requests]
    upstream.forget()
    assert all((body["model"], body["max_tokens"]) == ("m", 50) for body in bodies)


@fuzz
@given(request=bodies, key=st.none() | texts, name=st.just("hello") | values.filter(bool), meta=headers)
def test_json(
    client: Client, upstream: ScriptedUpstream, request: Any, key: Any, name: Any, meta: dict[str, str]
) -> None:
    data = json.dumps({"embed": name, "request": request, "api_key": key, "provider": "test"})
    _answered(client.generic("POST", "/embed/send/", data, content_type="application/json", **meta))
    _locks_held(upstream)


@fuzz
@given(path=st.sampled_from(PATHS), form=forms, meta=headers)
def test_forms(
    client: Client, upstream: ScriptedUpstream, path: str, form: dict[str, Any], meta: dict[str, str]
) -> None:
    data = urlencode(form, doseq=True, errors="surrogatepass")
    _answered(client.generic("POST", path, data, content_type="application/x-www-form-urlencoded", **meta))
    _locks_held(upstream)


@fuzz
@given(query=st.dictionaries(st.sampled_from(["embed", "provider", "theme", "lang"]), texts), body=json_texts)
def test_links(client: Client, query: dict[str, str], body: str) -> None:
    pairs = urlencode({"embed": "hello", "request": body, **query}, errors="surrogatepass")
    _answered(client.get(f"/embed/?{pairs}"))


@fuzz
@given(path=st.sampled_from(PATHS), data=st.binary(max_size=60), kind=st.sampled_from([
    "application/json", "application/x-www-form-urlencoded", "application/x-www-form-urlencoded; charset=x",
    "multipart/form-data", "multipart/form-data; boundary=a", "text/plain", "", "é/\0",
]), meta=headers)  # fmt: skip
def test_bytes(client: Client, path: str, data: bytes, kind: str, meta: dict[str, str]) -> None:
    _answered(client.generic("POST", path, data, content_type=kind, **meta))


@fuzz
@given(token=texts)
def test_tokens(token: str) -> None:
    client = Client()
    data = urlencode({**FORM, "embed_token": token}, doseq=True, errors="surrogatepass")
    _answered(client.post("/embed/send/", data, content_type="application/x-www-form-urlencoded"))
