"""Header injection: no outside text becomes a header of the call to the provider or of the response."""

import string
from typing import Any

from django.test import Client
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from playground.dialects import DEFAULT
from playground.exchange.refusal import InvalidRequestError
from playground.text.typed_key import clean
from playground.upstream.route import find_route
from tests.upstreams.scripted import ScriptedUpstream
from tests.web.client import post_form, post_json

SENT = {"Host", "Accept", "Accept-Encoding", "Connection", "User-Agent", "Content-Type", "Content-Length"}
quick = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
# Line breaks of every kind, text that looks like headers, and any other characters.
hostile = st.text(st.one_of(st.sampled_from("\r\n\0\x0b\x85\u2028 :,;\"'Xx"), st.characters()), max_size=30)
tokens = st.text(string.ascii_letters + string.digits + "-_", min_size=1, max_size=20)


@quick
@given(key=hostile)
def test_a_typed_key_is_one_header_or_refused(client: Client, upstream: ScriptedUpstream, key: str) -> None:
    upstream.requests.clear()

    answer = post_json(client, provider=None, base_url=upstream.url, api_key=key)

    if answer.status_code == 200:
        (request,) = upstream.requests
        names = [name for name, _ in request.headers]
        sent = clean(key)
        assert set(names) == SENT | ({"Authorization"} if sent else set())
        assert len(names) == len(set(names))
        assert request.header("Authorization") == (f"Bearer {sent}" if sent else None)
    else:
        assert upstream.requests == []
        lone = any("\ud800" <= character <= "\udfff" for character in key)  # not valid in JSON
        assert ("body" if lone else "api_key") in answer.json()["error"]["fields"]


@quick
@given(model=hostile, content=hostile)
def test_what_a_request_says_is_in_its_body_only(
    client: Client, upstream: ScriptedUpstream, provider: str, model: str, content: str
) -> None:
    assume(model.strip() and not any("\ud800" <= character <= "\udfff" for character in model + content))
    upstream.requests.clear()
    request = {"model": model, "messages": [{"role": "user", "content": content}]}

    assert post_json(client, request=request).status_code == 200

    (recorded,) = upstream.requests
    assert {name for name, _ in recorded.headers} == SENT | {"Authorization"}
    assert recorded.json == request


@quick
@given(name=tokens, value=hostile, reason=hostile)
def test_no_header_of_a_providers_is_passed_on(
    client: Client, upstream: ScriptedUpstream, provider: str, name: str, value: str, reason: str
) -> None:
    plain = _names(post_form(client, htmx=True))
    head = f"HTTP/1.1 200 {reason}\r\nX-{name}: {value}\r\nSet-Cookie: a=b\r\nContent-Length: 2\r\n\r\n{{}}"
    upstream.reply(head.encode("utf-8", "replace"))

    for answer in (post_form(client, htmx=True), post_form(client), post_json(client)):
        assert _names(answer) <= plain | {"Vary", "Set-Cookie"}
        assert "a" not in answer.cookies


@given(base_url=hostile)
def test_a_base_url_has_no_line_of_its_own(base_url: str) -> None:
    try:
        route = find_route(None, f"https://llm.example/{base_url}", "sk-typed-1234", DEFAULT)
    except InvalidRequestError:
        return
    assert route.endpoint.base_url.isascii()
    assert route.endpoint.base_url.isprintable()
    assert " " not in route.endpoint.base_url


def _names(answer: Any) -> set[str]:
    return set(answer.headers)
