"""A streamed request in each of the three shapes: collected, then answered whole."""

import pytest
from django.test import Client

from tests.pages.client import body, post_form, post_json
from tests.upstreams.scripted import ScriptedUpstream, event, event_stream, stream

pytestmark = pytest.mark.usefixtures("provider")

STREAM = {"stream": "on", "include_usage": "on"}


def test_json_has_the_completion_and_the_first_token(client: Client, upstream: ScriptedUpstream) -> None:
    upstream.reply(stream({"content": "Hel"}, {"content": "lo"}))

    answer = post_json(client, request=body(stream=True)).json()

    assert answer["completion"]["choices"][0]["message"]["content"] == "Hello"
    assert answer["timings"]["first_token_ms"] > 0
    assert answer["response"]["body"].startswith("data: ")
    assert "for chunk in stream:" in answer["snippets"]["python"]


@pytest.mark.parametrize("htmx", [False, True])
def test_a_form_gets_the_answer_and_the_events(
    client: Client, upstream: ScriptedUpstream, htmx: bool
) -> None:
    upstream.reply(stream({"content": "Hel"}, {"content": "<lo>"}))

    html = post_form(client, htmx=htmx, **STREAM).getvalue().decode()

    assert ">Hel&lt;lo&gt;</p>" in html
    assert "6 events" in html
    assert "ended by [DONE]" in html
    assert "First token" in html
    assert upstream.requests[0].json["stream_options"] == {"include_usage": True}


def test_a_flood_of_events_is_shown_as_far_as_a_page_carries(
    client: Client, upstream: ScriptedUpstream
) -> None:
    upstream.reply(event_stream(event({"choices": []}) * 12_000))

    html = post_form(client, htmx=True, **STREAM).getvalue().decode()

    assert html.count("<li data-n=") == 10_000
    assert "2000 more events" in html
