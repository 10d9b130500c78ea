"""A streaming request in each of the three shapes."""

import json
import socket
from typing import Any

import pytest
from django.test import Client

from playground.network.running import running
from playground.rendering.budget import Purse
from playground.web import relay
from tests.configuration import configure
from tests.upstreams.scripted import (
    STREAM_HEAD,
    Paused,
    ScriptedUpstream,
    event,
    event_stream,
    stream,
    token,
)
from tests.web.client import body, post_form, post_json

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
    assert "Ended with [DONE]" in html
    assert "First token" in html
    assert upstream.requests[0].json["stream_options"] == {"include_usage": True}


def test_half_a_character_in_a_calls_name_breaks_no_stream(
    client: Client, upstream: ScriptedUpstream
) -> None:
    block = {"type": "tool_use", "id": "t", "name": "\udc00f", "input": {}}
    chunks: list[dict[str, Any]] = [
        {"type": "message_start", "message": {"id": "m", "role": "assistant", "content": []}},
        {"type": "content_block_start", "index": 0, "content_block": block},
        {"type": "message_stop"},
    ]
    upstream.reply(event_stream(b"".join(map(event, chunks))))
    fields = {"provider": "", "base_url": upstream.url, "dialect": "messages", "max_tokens": "5"}

    html = post_form(client, htmx=True, stream="on", **fields).getvalue().decode()

    assert '"\ufffdf()"' in html
    assert "data-result" in html


def test_a_provider_that_is_not_there_gets_a_fragment_and_no_stream(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        address = f"127.0.0.1:{unused.getsockname()[1]}"
    configure(PLAYGROUND_PRIVATE_UPSTREAMS=address)

    response = post_form(client, htmx=True, provider="", base_url=f"http://{address}/v1", **STREAM)

    assert response["Content-Type"].startswith("text/html")
    assert "refused the connection" in response.content.decode()
    assert running.wait_until_none(0)


def test_an_address_that_may_not_be_called_is_refused(client: Client) -> None:
    response = post_form(client, htmx=True, provider="", base_url="http://10.0.0.1/v1", **STREAM)

    assert response.status_code == 403


@pytest.mark.parametrize("steps", [0, 1, 3])
def test_a_stream_that_nobody_reads_to_its_end_gives_its_place_back(
    client: Client, upstream: ScriptedUpstream, steps: int
) -> None:
    paused = Paused(STREAM_HEAD + token("x"))
    upstream.reply(paused)

    response = post_form(client, htmx=True, **STREAM)
    parts = iter(response)
    for _ in range(steps):
        next(parts)
    response.close()
    del response, parts

    assert running.wait_until_none(5)
    assert paused.left.wait(5)


def test_a_flood_of_events_is_shown_as_far_as_a_page_carries(
    client: Client, upstream: ScriptedUpstream
) -> None:
    upstream.reply(event_stream(event({"choices": []}) * 12_000))

    html = post_form(client, htmx=True, **STREAM).getvalue().decode()

    assert html.count("\\n[") == 10_000
    assert "2,000 more events" in html


def test_what_was_received_comes_as_text_in_pieces_before_the_answer(
    client: Client, upstream: ScriptedUpstream
) -> None:
    sent = event({"choices": []}) * 12_000
    upstream.reply(event_stream(sent))

    html = post_form(client, htmx=True, **STREAM).getvalue().decode()

    *events, last = html.split("event: playground:texts\ndata: ")
    texts = [text for part in [*events[1:], last] for text in json.loads(part.partition("\n\n")[0])]
    pieces = [text for target, text, _ in texts if target.endswith("raw-received")]
    assert len(pieces) > 2
    assert "".join(pieces) == sent.decode()
    assert "data-result" in last


def test_markdown_is_drawn_while_it_arrives(client: Client, upstream: ScriptedUpstream) -> None:
    upstream.reply(stream({"content": "A **bold**\n\n```py\nx ="}, {"content": " 1\n```\n\nThe end"}))

    html = post_form(client, htmx=True, **STREAM).getvalue().decode()

    live = html.partition("data-result")[0]
    assert "<strong>bold</strong>" in live
    assert live.index('data-part="live-open-0"') < live.index('-live-open-0" hx-swap="innerHTML"')


def test_it_is_drawn_at_the_end_only_while_many_calls_are_running(
    client: Client, upstream: ScriptedUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "FEW", 0)
    upstream.reply(stream({"content": "A **bold** word"}))

    html = post_form(client, htmx=True, **STREAM).getvalue().decode()

    live, _, finished = html.partition("data-result")
    assert "**bold**" in live
    assert "<strong>bold</strong>" in finished


def test_of_many_answers_only_the_first_are_drawn_while_they_grow(
    client: Client, upstream: ScriptedUpstream
) -> None:
    choices = [{"index": number, "delta": {"content": f"_{number}_"}} for number in range(20)]
    upstream.reply(event_stream(event({"choices": choices})))

    html = post_form(client, htmx=True, **STREAM, n="20").getvalue().decode()

    live, _, finished = html.partition("data-result")
    assert "<em>0</em>" in live
    assert "_19_" in live
    assert "<em>19</em>" in finished


def test_the_answers_of_a_call_share_what_there_is_to_draw_them(
    client: Client, upstream: ScriptedUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "Purse", lambda: Purse(share=0, html=10))
    choices = [{"index": number, "delta": {"content": f"_{number}_"}} for number in range(2)]
    upstream.reply(event_stream(event({"choices": choices})))

    html = post_form(client, htmx=True, **STREAM, n="2").getvalue().decode()

    live, _, finished = html.partition("data-result")
    assert "<em>0</em>" in live
    assert "_1_" in live
    assert "<em>1</em>" in finished
