"""Replay: the button in a run's page, clicked without scripts, sends the same bytes again."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from django.http import QueryDict
from django.test import Client

from playground.dialects import DIALECTS
from playground.runs import keep
from playground.runs.models import Run
from tests.configuration import configure
from tests.upstreams.plugin import catalogue_of
from tests.upstreams.scripted import Answer, ScriptedUpstream, completion, json_answer, stream
from tests.web.browser_form import posted
from tests.web.client import post_form, post_raw

pytestmark = pytest.mark.django_db

# ruff: noqa: E501 -- bodies as they are sent, in one line each
BODIES = {
    "chat_completions": [
        '{"model": "m", "messages": [{"role": "user", "content": "Hello!"}]}',
        '{"top_p": 1e-1, "messages": [{"content": "odd \\ud83d\\ude00\\u0000 \\r\\n", "role": "user"}], "model": "m"}',
        (
            '{"temperature": 1e0, "model": "m", "max_tokens": 100, "seed": 9007199254740993,'
            ' "messages": [{"role": "system", "content": ""}, {"role": "user", "content": [{"text": "a", "type": "text"}]}]}'
        ),
        (
            '{"logit_bias": {"50256": -1e2, "1": 0.0}, "stop": "\\n", "n": 1, "model": "m", "unknown": {"a.b": null},'
            ' "messages": [{"role": "user", "name": "x", "content": " spaces "}]}'
        ),
        (
            '{"stream_options": {"include_usage": true}, "model": "m", "stream": true,'
            ' "messages": [{"role": "user", "content": "streamed"}]}'
        ),
        (
            '{"messages": [{"role": "assistant", "tool_calls": [{"type": "function", "id": "c", "function": '
            '{"arguments": "{}", "name": "f"}}], "content": null}, {"tool_call_id": "c", "content": "1", "role": "tool"}],'
            ' "tools": [{"function": {"parameters": {"type": "object"}, "name": "f"}, "type": "function"}], "model": "m"}'
        ),
        '{"model": "m", "messages": [{"role": "user", "content": "Hi"}, {"role": "user", "content": ""}]}',
        '{"model": "m", "messages": [{"role": "user", "content": ""}]}',
        '{"model": "m", "messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "He"}]}',
    ],
    "messages": [
        '{"messages": [{"content": "Hi", "role": "user"}], "max_tokens": 100, "temperature": 1e0, "system": "Be brief.\\n", "model": "m"}',
        (
            '{"model": "m", "max_tokens": 4000, "thinking": {"budget_tokens": 2000, "type": "enabled"},'
            ' "messages": [{"role": "user", "content": [{"type": "text", "text": "\\u2028"}]}], "stop_sequences": ["a"]}'
        ),
    ],
    "responses": [
        '{"input": "just text", "store": false, "model": "m"}',
        (
            '{"reasoning": {"effort": "low"}, "input": [{"content": "Hi", "role": "user"}], "instructions": "x", "model": "m",'
            ' "text": {"verbosity": "low"}, "temperature": 2.0, "stream": true}'
        ),
    ],
}
ANSWERS = {
    "chat_completions": completion(),
    "messages": json_answer(
        {
            "type": "message",
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "Hm.", "signature": "s"},
                {"type": "text", "text": "Hello!"},
            ],
            "stop_reason": "end_turn",
        }
    ),
    "responses": json_answer(
        {
            "object": "response",
            "status": "completed",
            "output": [
                {"type": "reasoning", "id": "rs_1", "summary": []},
                {
                    "type": "message",
                    "role": "assistant",
                    "content": [{"type": "output_text", "text": "Hello!"}],
                },
            ],
        }
    ),
}


@pytest.fixture(autouse=True)
def _provider(upstream: ScriptedUpstream, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    configure(PLAYGROUND_RUNS="1")
    catalogue_of(upstream, monkeypatch, tmp_path, BODIES)


def _call(client: Client, dialect: str, request: str) -> str:
    """Send JSON as written, and return the key of its run."""
    told = post_raw(
        client, "/send/", f'{{"provider": "test", "dialect": "{dialect}", "request": {request}}}'
    ).json()
    return str(told["id"])


def _form(client: Client, key: str) -> list[tuple[str, str]]:
    """Return what the form in a run's page posts."""
    query = posted(_page(client, key))
    return [(name, value) for name, values in query.lists() for value in values]


def _replay(client: Client, key: str) -> list[tuple[str, str]]:
    """Return what the form posts when Replay is clicked."""
    strip = _page(client, key).partition('class="run-strip"')[2].partition("</section>")[0]
    button = re.search('form="request-form" name="until" value="([0-9]+)"', strip)
    assert button
    return [*_form(client, key), ("until", button[1])]


def _page(client: Client, key: str) -> str:
    page = client.get(f"/runs/{key}/")
    assert page.status_code == 200
    return page.content.decode()


def _send(client: Client, fields: list[tuple[str, str]]) -> Run:
    """Post the form, and return the latest run."""
    query = QueryDict(mutable=True)
    for name, value in fields:
        query.appendlist(name, value)
    answer = client.post("/send/", query.urlencode(), content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 200
    return Run.objects.latest("pk")


@pytest.mark.parametrize("is_answered", [True, False])
@pytest.mark.parametrize(
    ("dialect", "request_"), [(dialect, body) for dialect, bodies in BODIES.items() for body in bodies]
)
def test_replay_sends_the_same_bytes(
    client: Client, upstream: ScriptedUpstream, dialect: str, request_: str, is_answered: bool
) -> None:
    upstream.reply(ANSWERS[dialect] if is_answered else json_answer({}, 500))
    key = _call(client, dialect, request_)

    again = _send(client, _replay(client, key))

    first, second = upstream.requests
    assert second.body == first.body
    assert second.path == first.path
    assert second.headers == first.headers
    assert again.parent == key


@pytest.mark.parametrize(("dialect", "body"), [("responses", 0), ("chat_completions", 2)])
def test_the_code_of_a_replay_sends_the_same(
    client: Client, upstream: ScriptedUpstream, dialect: str, body: int
) -> None:
    upstream.reply(ANSWERS[dialect])
    key = _call(client, dialect, BODIES[dialect][body])
    sent = client.get(f"/runs/{key}/").context["codes"]

    told = client.post(
        "/snippets/",
        urlencode(_replay(client, key)),
        content_type="application/x-www-form-urlencoded",
        headers={"Accept": "application/json"},
    )

    assert told.json() == {code.target.id: code.text for code in sent}


def test_replay_with_a_changed_setting_sends_what_the_form_says(
    client: Client, upstream: ScriptedUpstream
) -> None:
    key = _call(client, "chat_completions", BODIES["chat_completions"][2])
    fields = [(name, "0.5" if name == "temperature" else value) for name, value in _replay(client, key)]

    _send(client, fields)

    first, second = upstream.requests
    assert second.json == first.json | {"temperature": 0.5}


@pytest.mark.parametrize("dialect", BODIES)
def test_a_run_can_be_continued(client: Client, upstream: ScriptedUpstream, dialect: str) -> None:
    upstream.reply(ANSWERS[dialect])
    key = _call(client, dialect, BODIES[dialect][0])
    fields = _form(client, key)
    composer = max(at for at, (name, _) in enumerate(fields) if name == "content")
    assert fields[composer] == ("content", "")
    fields[composer] = ("content", "And now?")

    again = _send(client, fields)

    first, second = (
        [turn for turn in DIALECTS[dialect].conversation(sent.json).turns if turn.parts]
        for sent in upstream.requests
    )
    said = [(turn.role, [getattr(part, "text", "") for part in turn.parts]) for turn in second[len(first) :]]
    assert said == [("assistant", ["Hello!"]), ("user", ["And now?"])]
    assert again.parent == key


@pytest.mark.parametrize(
    "reply",
    [
        completion("lone \ud83d surrogate \0"),
        json_answer({"error": {"message": "no", "type": "\udc00"}}, 400),
        stream({"content": "half \ud83d"}),
        Answer(200, body=b"\xff\xfe\x00 no JSON"),
        b"no HTTP\r\n\r\n",
        b"",
    ],
)
def test_any_answer_can_be_repeated_and_compared(
    client: Client, upstream: ScriptedUpstream, reply: Any
) -> None:
    upstream.reply(reply)
    key = _call(client, "chat_completions", BODIES["chat_completions"][1])

    again = _send(client, _replay(client, key))

    assert upstream.requests[0].body == upstream.requests[-1].body
    page = client.get("/runs/compare/", {"run": [key, again.key]})
    assert page.status_code == 200
    assert page.context["compared"].sent_the_same
    assert client.get(f"/runs/{again.key}/").status_code == 200
    assert (
        client.get(f"/runs/{key}/", headers={"Accept": "application/json"}).json()
        == Run.objects.get(key=key).archive
    )


def test_without_scripts_the_page_after_send_repeats_the_same_run(client: Client) -> None:
    key = _call(client, "chat_completions", BODIES["chat_completions"][0])
    page = post_form(client, parent=key).content.decode()

    assert f'/runs/compare/?run={key}&amp;run={Run.objects.latest("pk").key}"' in page
    assert posted(page)["parent"] == key
    edited = post_form(client, "/edit/", parent=key, do="add").content.decode()
    assert posted(edited)["parent"] == key
    another = post_form(client, "/edit/", parent=key, do="clear").content.decode()
    assert "parent" not in posted(another)


def test_a_run_that_is_gone_is_repeated_without_it(client: Client) -> None:
    key = _call(client, "chat_completions", BODIES["chat_completions"][0])
    fields = _replay(client, key)
    keep.forget([key])

    again = _send(client, fields)

    assert again.parent == ""


@pytest.mark.parametrize("parent", ["x", "\0", "é" * 500, "../../"])
def test_a_parent_that_was_never_there_is_none(client: Client, parent: str) -> None:
    assert post_form(client, parent=parent).status_code == 200
    assert Run.objects.get().parent == ""


def test_what_was_never_sent_is_no_run(client: Client, upstream: ScriptedUpstream) -> None:
    lone = '{"model": "m", "messages": [{"role": "user", "content": "\\ud83d"}]}'

    assert post_raw(client, "/send/", f'{{"provider": "test", "request": {lone}}}').status_code == 400
    assert not Run.objects.exists()
    assert upstream.requests == []
