"""Which APIs a server speaks, found out without asking a model anything."""

import json
import re
import socket
from collections.abc import Callable, Iterator
from types import MappingProxyType
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from playground import dialects
from playground.catalogue import entries, providers
from playground.dialects import DEFAULT, DIALECTS
from playground.upstream import route
from playground.upstream.local_model.supervisor import Supervisor
from tests.configuration import configure
from tests.dialects.echo import ECHO
from tests.upstreams.scripted import Answer, Recorded, ScriptedUpstream, completion_body, json_answer
from tests.web.client import post_form, post_json

COMPLAINT = json_answer({"error": {"message": "'messages' is required"}}, status=400)
NO_ROUTE = json_answer({"detail": "Not Found"}, status=404)
NO_KEY = json_answer({"error": {"message": "No key"}}, status=401)
PAGE = Answer(404, b"<html><title>Nothing here</title></html>", {"Content-Type": "text/html"})


@pytest.fixture
def spoken(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    both = MappingProxyType({**dialects.DIALECTS, ECHO.id: ECHO})
    for module in (providers, entries, route):
        monkeypatch.setattr(module, "DIALECTS", both)
    providers.read_catalogue.cache_clear()
    yield
    providers.read_catalogue.cache_clear()


def _server(known: dict[str, Answer], otherwise: Answer) -> Callable[[socket.socket, Recorded], None]:
    """Answer each path of `known` under /v1, and all others alike."""

    def reply(connection: socket.socket, recorded: Recorded) -> None:
        connection.sendall(known.get(recorded.path.removeprefix("/v1"), otherwise).encode())

    return reply


def _detect(client: Client, upstream: ScriptedUpstream, **changes: Any) -> dict[str, str]:
    told = post_json(client, "/detect/", provider=None, base_url=upstream.url, **changes).json()
    return {one["id"]: one["speaks"] for one in told["dialects"]}


@pytest.mark.parametrize(
    ("chat", "otherwise", "speaks"),
    [
        (COMPLAINT, NO_ROUTE, "yes"),
        (json_answer({"error": {"message": "m", "type": "server_error"}}, status=500), NO_ROUTE, "yes"),
        (json_answer({"detail": [{"msg": "Field required"}]}, status=422), NO_ROUTE, "yes"),
        (NO_KEY, NO_ROUTE, "yes"),
        (json_answer({"error": 'model "" not found'}, status=404), NO_ROUTE, "yes"),
        (json_answer(completion_body()), NO_ROUTE, "yes"),
        (json_answer({"error": {"message": "'messages' is required"}}), NO_ROUTE, "yes"),
        (NO_ROUTE, NO_ROUTE, "no"),
        (PAGE, PAGE, "no"),
        (json_answer({"error": "Method Not Allowed"}, status=405), NO_ROUTE, "no"),
        (Answer(200, b"<html>Welcome</html>"), NO_ROUTE, "no"),
        (Answer(200, b"Ollama is running"), NO_ROUTE, "no"),
        (json_answer({"status": "ok"}), NO_ROUTE, "no"),
        (json_answer({"error": "Unexpected endpoint or method. (POST /v1/x)"}), NO_ROUTE, "no"),
        (json_answer({"code": 500, "msg": "404 NOT_FOUND", "success": False}), NO_ROUTE, "no"),
        (NO_KEY, NO_KEY, "unknown"),
        (COMPLAINT, COMPLAINT, "unknown"),
        (json_answer({"error": "busy"}, status=503), NO_ROUTE, "unknown"),
        (json_answer({"error": "slow down"}, status=429), NO_ROUTE, "unknown"),
        (Answer(302, headers={"Location": "https://login.example/"}), NO_ROUTE, "unknown"),
        (Answer(200, b"{", {"Content-Length": "9"}), NO_ROUTE, "unknown"),
    ],
)  # fmt: skip
def test_what_a_server_answers_tells_what_it_speaks(
    client: Client, upstream: ScriptedUpstream, chat: Answer, otherwise: Answer, speaks: str
) -> None:
    upstream.reply(_server({"/chat/completions": chat}, otherwise))

    assert _detect(client, upstream)[DEFAULT.id] == speaks


@pytest.mark.usefixtures("spoken")
def test_each_api_is_asked_once_with_an_empty_object_and_its_own_key_header(
    client: Client, upstream: ScriptedUpstream
) -> None:
    upstream.reply(_server({ECHO.path({}): COMPLAINT}, NO_ROUTE))

    found = _detect(client, upstream, api_key="sk-typed-by-hand")

    assert (found[DEFAULT.id], found[ECHO.id]) == ("no", "yes")
    paths = [request.path for request in upstream.requests]
    assert len(paths) == len(set(paths)) == len(route.DIALECTS) + 1
    assert {request.body for request in upstream.requests} == {b"{}"}
    asked = {request.path: request for request in upstream.requests}
    for dialect in (DEFAULT, ECHO):
        [(name, value)] = dialect.auth.headers("sk-typed-by-hand")
        assert asked["/v1" + dialect.path({})].header(name) == value


@pytest.mark.usefixtures("spoken")
def test_the_full_address_of_one_api_leads_to_the_others(client: Client, upstream: ScriptedUpstream) -> None:
    told = post_json(client, "/detect/", provider=None, base_url=f"{upstream.url}/chat/completions")

    assert {one["id"] for one in told.json()["dialects"]} == set(route.DIALECTS)
    assert "/v1/chat/completions" in [request.path for request in upstream.requests]
    assert not any("completions/" in request.path for request in upstream.requests)


def test_a_server_that_does_not_answer_is_asked_once(client: Client, upstream: ScriptedUpstream) -> None:
    upstream.reply(b"")

    assert set(_detect(client, upstream).values()) == {"unknown"}
    assert len(upstream.requests) == 1


@pytest.mark.parametrize(
    "answer",
    [Answer(200, b"data: {}\n\n" * 120_000), Answer(404, b'{"a', {"Content-Length": "9"})],
    ids=["endless", "cut off"],
)
def test_a_server_whose_first_answer_has_no_end_is_asked_nothing_more(
    client: Client, upstream: ScriptedUpstream, answer: Answer
) -> None:
    upstream.reply(answer)

    told = post_json(client, "/detect/", provider=None, base_url=upstream.url).json()["dialects"]

    assert len(upstream.requests) == 1
    assert {one["speaks"] for one in told} == {"unknown"}
    assert not any(str(answer.status) in one["answered"] for one in told)


def test_what_was_answered_is_told_without_the_key(client: Client, upstream: ScriptedUpstream) -> None:
    quoting = json_answer({"error": {"message": "Wrong key sk-typed-by-hand 100%"}}, status=401)
    upstream.reply(_server({"/chat/completions": quoting}, NO_ROUTE))

    response = post_json(client, "/detect/", provider=None, base_url=upstream.url, api_key="sk-typed-by-hand")

    told = next(one for one in response.json()["dialects"] if one["id"] == DEFAULT.id)
    assert "401" in told["answered"]
    assert "100%" in told["answered"]
    assert "sk-typed-by-hand" not in response.content.decode()


def test_htmx_gets_buttons_that_choose(client: Client, upstream: ScriptedUpstream) -> None:
    upstream.reply(_server({"/chat/completions": COMPLAINT}, NO_ROUTE))

    html = post_form(client, "/detect/", htmx=True, provider="", base_url=upstream.url).content.decode()

    assert 'data-speaks="yes"' in html
    assert 'name="do" value="dialect:chat_completions"' in html
    assert not re.search("<html", html)


def test_a_plain_form_gets_the_page_with_what_was_found_and_keeps_what_was_typed(
    client: Client, upstream: ScriptedUpstream
) -> None:
    upstream.reply(_server({"/chat/completions": COMPLAINT}, NO_ROUTE))

    html = post_form(client, "/detect/", provider="", base_url=upstream.url, model="typed").content.decode()

    assert 'data-speaks="yes"' in html
    assert 'value="typed"' in html


@pytest.mark.usefixtures("provider")
@pytest.mark.parametrize(
    "changes", [{"base_url": None}, {"base_url": ""}, {"base_url": "nonsense"}, {"provider": "test"}]
)
def test_only_a_base_url_is_asked(
    client: Client, upstream: ScriptedUpstream, changes: dict[str, Any]
) -> None:
    refused = post_json(client, "/detect/", **({"provider": None} | changes))

    assert refused.status_code == 400
    assert set(refused.json()["error"]["fields"]) == {"base_url"}
    assert upstream.requests == []


def test_a_forbidden_address_is_not_asked(client: Client, upstream: ScriptedUpstream) -> None:
    configure(PLAYGROUND_PRIVATE_UPSTREAMS="")

    assert post_json(client, "/detect/", provider=None, base_url=upstream.url).status_code == 403
    assert upstream.requests == []


def test_it_counts_as_one_call(client: Client, upstream: ScriptedUpstream) -> None:
    cache.clear()
    configure(PLAYGROUND_CLIENT_RATE="2/hour")

    statuses = [
        post_json(client, "/detect/", provider=None, base_url=upstream.url).status_code for _ in range(3)
    ]

    assert statuses == [200, 200, 429]


def test_another_sites_page_asks_nothing(upstream: ScriptedUpstream) -> None:
    browser = Client(enforce_csrf_checks=True)
    cross = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
    form = {"provider": "", "base_url": upstream.url}

    assert browser.get("/detect/", form, headers=cross).status_code == 405
    assert browser.post("/detect/", form, headers=cross).status_code == 403
    assert upstream.requests == []


@pytest.mark.parametrize(("with_key", "speaks"), [(True, "yes"), (False, "unknown")])
def test_the_real_local_model(client: Client, local_model: Supervisor, with_key: bool, speaks: str) -> None:
    told = post_json(
        client,
        "/detect/",
        provider=None,
        base_url=local_model.url,
        api_key=local_model.key if with_key else None,
    ).json()

    assert {one["id"]: one["speaks"] for one in told["dialects"]} == dict.fromkeys(DIALECTS, speaks)
    assert local_model.key not in json.dumps(told)


def test_what_a_server_answered_is_told_as_it_came(client: Client, upstream: ScriptedUpstream) -> None:
    upstream.reply(Answer(400, b"{}", reason="50% %(done)s"))

    told = post_json(client, "/detect/", provider=None, base_url=upstream.url).json()

    assert {one["answered"] for one in told["dialects"]} == {"400 50% %(done)s"}
