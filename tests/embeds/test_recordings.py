"""Recorded answers: saved as they came, shown when no call is made, and labeled as recorded."""

import json
import re
import time
from itertools import pairwise
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from playground.calls import replay as replay_of
from playground.dialects.chat_completions.dialect import CHAT_COMPLETIONS
from playground.embeds import policy, recordings
from playground.embeds.models import Embed, RecordedAnswer
from playground.exchange.record import Exchange
from playground.exchange.refusal import InvalidRequestError
from playground.exchange.stream import StreamReader
from playground.exchange.stream import pieces as pieces_of
from playground.explanations.explain import explain
from playground.network.running import BusyError, running
from playground.text.redact import Redactor
from playground.text.sentence import say
from tests.embeds.client import REQUEST, make_embed, open_frame, send_form, send_json, token_in
from tests.upstreams.plugin import SERVER_KEY
from tests.upstreams.scripted import (
    STREAM_END,
    STREAM_HEAD,
    Answer,
    ScriptedUpstream,
    completion,
    json_answer,
    stream,
    token,
)

pytestmark = pytest.mark.django_db
STREAM = {"stream": "on", "include_usage": "on", "htmx": True}
STREAMED = REQUEST | {"stream": True, "stream_options": {"include_usage": True}}
DOWN = [json_answer({"error": {"message": "down"}}, status) for status in (500, 503, 529, 429)] + [b""]


@pytest.fixture
def embed(provider: str, upstream: ScriptedUpstream) -> Embed:
    """Make an embed with a recorded answer: `Hello`, in two pieces."""
    made = make_embed(STREAMED)
    upstream.reply(stream({"content": "Hel"}, {"content": "lo"}))
    recordings.record(made)
    upstream.forget()
    return made


def _spend_all(embed: Embed) -> None:
    Embed.objects.filter(pk=embed.pk).update(calls_a_day=0)


def _shown(embed: Embed) -> Exchange:
    shown = recordings.instead(embed, REQUEST, say("why"))
    assert shown is not None
    return shown


def _set_times(times_ms: list[float]) -> None:
    answer = RecordedAnswer.objects.get()
    RecordedAnswer.objects.update(archive=answer.archive | {"events_ms": times_ms})


# --- recording ---


def test_the_authors_request_is_made_and_kept(embed: Embed, upstream: ScriptedUpstream) -> None:
    recordings.record(embed)

    (made,) = upstream.requests
    assert made.json == STREAMED
    assert made.header("Authorization") == f"Bearer {SERVER_KEY}"
    answer = RecordedAnswer.objects.get(embed=embed)
    assert answer.status == 200
    assert answer.content_type == "text/event-stream; charset=utf-8"
    assert bytes(answer.body) == stream({"content": "Hel"}, {"content": "lo"}).body
    times = answer.archive["events_ms"]
    assert len(times) == 6
    assert sorted(times) == times


@pytest.mark.parametrize("request_", [REQUEST, REQUEST | {"stream": True}])
def test_a_request_is_made_as_the_author_wrote_it(
    provider: str, upstream: ScriptedUpstream, request_: dict[str, Any]
) -> None:
    recordings.record(make_embed(request_))

    assert upstream.requests[0].json == request_


def test_a_provider_that_does_not_stream_is_kept_too(
    client: Client, provider: str, upstream: ScriptedUpstream
) -> None:
    embed = make_embed(replay_only=True)
    upstream.reply(completion("In one piece"))
    recordings.record(embed)

    assert send_json(client).json()["completion"]["choices"][0]["message"]["content"] == "In one piece"
    html = send_form(client, **STREAM).content.decode()
    assert "In one piece</p>" in html


def test_what_went_wrong_is_not_kept(embed: Embed, upstream: ScriptedUpstream) -> None:
    upstream.reply(json_answer({"error": {"message": "no such model"}}, 404))

    _, problem = recordings.record(embed)

    assert problem is not None
    assert problem.message == "no such model"
    assert b"Hel" in bytes(RecordedAnswer.objects.get(embed=embed).body)


def test_without_a_key_nothing_is_made(
    provider: str, upstream: ScriptedUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    embed = make_embed(key="reader")
    monkeypatch.delenv("TEST_API_KEY")

    with pytest.raises(InvalidRequestError, match="api_key"):
        recordings.record(embed)

    assert not upstream.requests


def test_no_key_is_kept(client: Client, provider: str, upstream: ScriptedUpstream) -> None:
    embed = make_embed(STREAMED, replay_only=True)
    pieces = [f"Your key is {SERVER_KEY}", SERVER_KEY[:9], SERVER_KEY[9:]]
    echoed = stream(*({"content": piece} for piece in pieces))
    upstream.reply(Answer(body=echoed.body, headers=echoed.headers | {"X-Key": SERVER_KEY}))

    recordings.record(embed)

    row = RecordedAnswer.objects.filter(embed=embed).values().get()
    assert SERVER_KEY not in str(row)
    assert SERVER_KEY.encode() not in bytes(row["body"])
    assert SERVER_KEY[9:].encode() not in bytes(row["body"])
    assert send_json(client).status_code == 200


# --- when it is shown ---


def test_when_the_budget_is_spent(client: Client, embed: Embed, upstream: ScriptedUpstream) -> None:
    _spend_all(embed)

    answer = send_json(client)

    assert answer.status_code == 200
    shown = answer.json()
    assert shown["completion"]["choices"][0]["message"]["content"] == "Hello"
    assert shown["recorded"]["reason"] == "This embed’s budget is used up"
    assert shown["recorded"]["same_request"] is True
    assert shown["usage"] == {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11}
    assert not upstream.requests


@pytest.mark.parametrize("reply", DOWN)
@pytest.mark.parametrize("stream", [False, True])
def test_when_the_provider_is_down(
    client: Client, embed: Embed, upstream: ScriptedUpstream, reply: Any, stream: bool
) -> None:
    upstream.reply(reply)

    html = send_form(client, htmx=True, **({"stream": "on"} if stream else {})).getvalue().decode()

    assert len(upstream.requests) == 1
    assert ">Hello</p>" in html
    assert "data-recorded" in html
    assert "The provider is unavailable" in html


@pytest.mark.parametrize("htmx", [False, True])
def test_when_the_embed_makes_no_calls(
    client: Client, embed: Embed, upstream: ScriptedUpstream, htmx: bool
) -> None:
    Embed.objects.filter(pk=embed.pk).update(replay_only=True, key="reader")

    html = send_form(client, htmx=htmx).content.decode()

    assert ">Hello</p>" in html
    assert "data-recorded" in html
    assert "This embed only shows saved answers" in html
    assert not upstream.requests


def test_a_live_answer_has_no_badge(client: Client, embed: Embed, upstream: ScriptedUpstream) -> None:
    assert "data-recorded" not in send_form(client, htmx=True).content.decode()


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (json_answer({"error": {"message": "no"}}, 400), "bad_request"),
        (json_answer({"error": {"message": "no"}}, 401), "unauthorized"),
        (completion(choices=[]), "no_choices"),
    ],
)
def test_an_error_that_is_the_callers_is_shown(
    client: Client, embed: Embed, upstream: ScriptedUpstream, reply: Answer, kind: str
) -> None:
    upstream.reply(reply)

    shown = send_json(client).json()

    assert shown["recorded"] is None
    assert shown["error"]["kind"] == kind


def test_the_limit_of_a_readers_own_key_is_shown(
    client: Client, embed: Embed, upstream: ScriptedUpstream
) -> None:
    upstream.reply(json_answer({"error": {"message": "slow down"}}, 429))
    assert send_json(client, api_key="sk-of-the-reader").json()["recorded"] is None

    upstream.reply(json_answer({"error": {"message": "down"}}, 503))
    assert send_json(client, api_key="sk-of-the-reader").json()["recorded"]


def test_what_is_refused_gets_none(client: Client, embed: Embed) -> None:
    _spend_all(embed)

    assert send_json(client, REQUEST | {"max_tokens": 5000}).status_code == 400
    assert send_json(client, token="forged").status_code == 403


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        ({}, True),
        ({"stream": True}, True),
        ({"temperature": None}, True),
        ({"temperature": 1}, False),
        ({"messages": [{"role": "user", "content": "Something else"}]}, False),
    ],
)
def test_it_says_whether_it_answers_what_was_asked(
    client: Client, embed: Embed, changes: dict[str, Any], same: bool
) -> None:
    _spend_all(embed)

    shown = send_json(client, REQUEST | changes).json()

    assert shown["recorded"]["same_request"] == same
    assert shown["request"]["body"]["messages"] == REQUEST["messages"]


def test_a_page_says_it_in_words(client: Client, embed: Embed) -> None:
    _spend_all(embed)
    words = "Doesn’t include your changes to the request"

    assert words in send_form(client, content=["Something else"]).content.decode()
    assert words not in send_form(client).content.decode()


def test_without_one_the_refusal_or_the_error_is_clear(
    client: Client, provider: str, upstream: ScriptedUpstream
) -> None:
    embed = make_embed()
    upstream.reply(json_answer({"error": {"message": "down"}}, 503))
    assert send_json(client).json()["error"]["message"] == "down"

    _spend_all(embed)
    assert send_json(client).json()["error"]["kind"] == "budget_spent"

    Embed.objects.filter(pk=embed.pk).update(replay_only=True)
    refused = send_json(client)
    assert refused.status_code == 503
    assert refused.json()["error"]["kind"] == "nothing_recorded"


# --- its timing ---


def test_it_is_streamed_as_it_came(client: Client, provider: str, upstream: ScriptedUpstream) -> None:
    """A pause in the stream is repeated: what came after it is not sent together with what came before."""
    upstream.reply(STREAM_HEAD + token("first") + token(" second") + STREAM_END)
    recordings.record(make_embed(STREAMED, replay_only=True))
    _set_times([0, 1500])

    parts = [part.decode() for part in send_form(client, **STREAM)]
    begins = {words: _where(parts, words) for words in ("first", " second", "data-result")}
    assert begins["first"] < begins[" second"] <= begins["data-result"]


def _where(parts: list[str], words: str) -> int:
    return next(number for number, part in enumerate(parts) if words in part)


@pytest.mark.parametrize(
    ("came_ms", "due_s"),
    [
        ([], []),
        ([100, 350, 350, 2000], [0.1, 0.35, 0.35, 2]),
        ([0, 60_000, 60_100], [0, 3, 3.1]),  # no pause is longer than 3 s
        (
            [2500 * number for number in range(1, 25)],
            [1.25 * number for number in range(1, 25)],
        ),  # at most 30 s in total
        ([200, 100, 300], [0.2, 0.2, 0.4]),
    ],
)
def test_each_event_is_due_when_it_came(came_ms: list[float], due_s: list[float]) -> None:
    assert list(replay_of._due(came_ms)) == pytest.approx(due_s)


def test_the_events_have_the_times_at_which_they_came(client: Client, embed: Embed) -> None:
    _spend_all(embed)
    _set_times([10, 20, 30, 40, 50, 60])

    html = send_form(client, **STREAM).getvalue().decode()

    assert [rf"\"{at * 10} ms\"" in html for at in range(1, 7)] == [True] * 6
    assert "6 events" in html
    assert "Ended with [DONE]" in html


PARTS = st.lists(
    st.sampled_from([b"data: {}\n\n", b": comment\n\n", b"data: [DONE]\r\n\r\n", b"\n\n", b"event: x\n"])
)


@given(PARTS, st.lists(st.floats(0, 1e7), max_size=30))
def test_pieces_make_up_the_body_and_each_event_has_its_time(parts: list[bytes], times: list[float]) -> None:
    body = b"".join(parts)
    reader = StreamReader(CHAT_COMPLETIONS, Redactor(""))
    reader.feed(body, 0.0)
    times = sorted(times)[: len(reader.times_ms)]

    pieces = list(pieces_of(body, times))

    assert b"".join(piece for _, piece in pieces) == body
    replayed = StreamReader(CHAT_COMPLETIONS, Redactor(""))
    for at_ms, piece in pieces:
        replayed.feed(piece, at_ms)
    assert list(replayed.times_ms)[: len(times)] == times


@given(st.lists(st.floats(0, 1e7), max_size=30))
def test_no_silence_and_no_stream_is_longer_than_a_reader_waits(times: list[float]) -> None:
    due = list(replay_of._due(sorted(times)))

    assert due == sorted(due)
    assert all(later - earlier <= 3.001 for earlier, later in pairwise(due))
    assert not due or due[-1] <= 30.001


def test_it_takes_a_place_and_gives_it_back(client: Client, embed: Embed) -> None:
    _spend_all(embed)
    live = send_form(client, **STREAM)

    assert not running.wait_until_none(0)
    live.getvalue()
    assert running.wait_until_none(0)


def test_without_a_place_it_is_refused(client: Client, embed: Embed, monkeypatch: pytest.MonkeyPatch) -> None:
    _spend_all(embed)
    monkeypatch.setattr(running, "_stopping", True)

    assert send_form(client, **STREAM).status_code == 503
    with pytest.raises(BusyError):
        next(replay_of.replay(_shown(embed), "x"))


@pytest.mark.parametrize("calls", [False, True])
def test_stop_shows_the_rest_at_once(
    client: Client, embed: Embed, upstream: ScriptedUpstream, monkeypatch: pytest.MonkeyPatch, calls: bool
) -> None:
    Embed.objects.filter(pk=embed.pk).update(replay_only=not calls)
    _set_times([0, 2900, 5800, 8700, 11600, 14500])
    upstream.reply(json_answer({"error": {"message": "down"}}, 503))
    parts, seen = iter(send_form(client, **STREAM)), b""
    while rb"\n[1," not in seen:
        seen += next(parts)

    number = seen.decode().split('data-live="')[1].split('"')[0]
    assert client.post("/embed/stop/", {"number": number}).status_code == 204
    monkeypatch.setattr(replay_of, "time", SimpleNamespace(monotonic=time.monotonic))  # has no sleep
    html = b"".join(parts).decode()

    assert ">Hello</p>" in html


def test_the_record_of_a_replay_is_that_of_the_call(embed: Embed) -> None:
    shown = _shown(embed)

    assert json.loads(shown.sent.body) == shown.call.body
    assert shown.stream is not None
    assert shown.stream.done
    assert explain(shown) is None
    assert ("Authorization", "Bearer [redacted]") in shown.sent.headers


# --- one recording for each request ---

ONE = {"messages": [{"role": "user", "content": "One"}]}
TWO = {"messages": [{"role": "user", "content": "Two"}], "temperature": 0.5}


@pytest.fixture
def two_tags(provider: str, upstream: ScriptedUpstream) -> Embed:
    """Make an embed with recorded answers for two tags, and none for its own request."""
    made = make_embed(replay_only=True, locked="model")
    for tag, answer in ((ONE, "Answer one"), (TWO, "Answer two")):
        upstream.reply(completion(answer))
        recordings.record(made, tag)
    upstream.forget()
    return made


def test_each_tag_has_its_own_answer(client: Client, two_tags: Embed, upstream: ScriptedUpstream) -> None:
    for tag, answer in ((ONE, "Answer one"), (TWO, "Answer two")):
        shown = send_json(client, two_tags.asked(tag)).json()
        assert shown["completion"]["choices"][0]["message"]["content"] == answer
        assert shown["recorded"]["same_request"] is True
        assert shown["request"]["body"] == REQUEST | tag
    assert not upstream.requests


def test_a_tag_that_nobody_recorded_shows_no_other_tags_answer(client: Client, two_tags: Embed) -> None:
    assert send_json(client).json()["error"]["kind"] == "nothing_recorded"


def test_the_form_of_a_frame_gets_its_tags_answer(client: Client, two_tags: Embed) -> None:
    page = open_frame(client, request=json.dumps(TWO)).content.decode()
    opened = page.split('name="opened" value="')[1].split('"')[0]
    asked = {"content": ["Two"], "temperature": "0.5", "opened": opened}

    assert "Answer two" in send_form(client, **asked).content.decode()
    changed = send_form(client, **asked | {"content": ["Something else"]}).content.decode()
    assert "Answer two" in changed
    assert "Doesn’t include your changes to the request" in changed


def test_recorded_again_a_tag_has_its_latest_answer(two_tags: Embed, upstream: ScriptedUpstream) -> None:
    upstream.reply(completion("Newer"))
    Embed.objects.update(request=json.dumps(REQUEST | {"seed": 1}))
    two_tags.refresh_from_db()
    assert [kept.matches for kept in recordings.listed(two_tags)] == [False, False]

    recordings.record(two_tags, ONE)

    kept = recordings.listed(two_tags)
    assert [(one.question, one.matches) for one in kept] == [("Two", False), ("One", True)]
    assert b"Newer" in recordings.start_of_answer(kept[1].id, 10_000)
    assert recordings.start_of_answer(kept[1].id, 3) == recordings.start_of_answer(kept[1].id, 10_000)[:3]
    assert recordings.forget_stale(two_tags) == 1
    assert [one.question for one in recordings.listed(two_tags)] == ["One"]


def test_the_list_takes_one_query_and_an_answer_that_cannot_be_read_breaks_no_other(
    two_tags: Embed, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(1):
        first, second = recordings.listed(two_tags)
    two_tags.recordings.filter(pk=first.id).update(tag=7)

    assert recordings.listed(two_tags) == [recordings.Recording(first.id), second]


def test_no_stream_is_recorded_or_filled_in_for_a_tag_that_asked_for_none(
    client: Client, provider: str, upstream: ScriptedUpstream
) -> None:
    embed = make_embed(STREAMED | {"seed": 7})

    recordings.record(embed, ONE)

    assert upstream.requests[0].json == REQUEST | ONE | {"seed": 7}
    ticked = re.compile('name="stream"[^>]* checked')
    assert not ticked.search(open_frame(client, request=json.dumps(ONE)).content.decode())
    assert ticked.search(open_frame(client).content.decode())


def test_a_field_of_the_record_does_not_stand_beside_its_other_name(provider: str) -> None:
    embed = make_embed()

    assert "max_tokens" not in embed.asked({"max_completion_tokens": 9})
    assert embed.asked({"seed": 1})["max_tokens"] == 50


def test_so_many_answers_are_kept_and_those_that_match_nothing_make_room(
    provider: str, upstream: ScriptedUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    embed = make_embed()
    monkeypatch.setattr(recordings, "MOST", 2)
    recordings.record(embed, ONE)
    recordings.record(embed, TWO)

    with pytest.raises(recordings.NotKeptError) as full:
        recordings.record(embed)
    assert full.value.exchange.completion
    assert embed.recordings.count() == 2

    embed.recordings.filter(digest=embed.digest_of(embed.asked(ONE))).update(provider="another")
    recordings.record(embed)
    assert [kept.question for kept in recordings.listed(embed)] == ["Two", "Hello!"]

    monkeypatch.setattr(recordings, "MOST", 100)
    monkeypatch.setattr(recordings, "MOST_BYTES", 1000)
    with pytest.raises(recordings.NotKeptError):
        recordings.record(embed, ONE)


def test_an_answer_to_an_embed_that_was_deleted_meanwhile_is_handed_back(
    provider: str, upstream: ScriptedUpstream
) -> None:
    embed = make_embed()
    upstream.reply(completion("Paid for"))
    Embed.objects.all().delete()

    with pytest.raises(recordings.NotKeptError) as lost:
        recordings.record(embed)

    assert lost.value.exchange.received is not None
    assert b"Paid for" in lost.value.exchange.received.body


@pytest.mark.parametrize("column", ["archive"])
@pytest.mark.parametrize("value", ["{", "[]", "null", '{"body": 7}'])
def test_a_broken_recording_is_as_if_it_were_not_there(
    client: Client, embed: Embed, column: str, value: str
) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE embeds_recordedanswer SET {column} = %s", [value])
    Embed.objects.update(replay_only=True)

    assert send_json(client).json()["error"]["kind"] == "nothing_recorded"
    assert len(recordings.listed(embed)) == 1


# --- an embed that is turned off ---


def test_one_that_is_turned_off_shows_its_recorded_answer(
    client: Client, embed: Embed, upstream: ScriptedUpstream
) -> None:
    Embed.objects.update(active=False)

    page = open_frame(client)
    assert page.status_code == 200
    assert "data-recorded" in page.content.decode()
    assert ">Hello</p>" in page.content.decode()

    shown = send_json(client, token=token_in(page)).json()
    assert shown["recorded"]["same_request"] is True
    other = open_frame(client, request=json.dumps(ONE))
    assert other.status_code == 403
    assert 'data-refused="embed_off"' in other.content.decode()
    assert not upstream.requests


@pytest.mark.parametrize(("tag", "status"), [(ONE, 200), (TWO, 403), ("{", 400)])
def test_one_that_is_turned_off_shows_nothing_before_it_knows_what_is_asked(
    client: Client, embed: Embed, upstream: ScriptedUpstream, tag: Any, status: int
) -> None:
    recordings.record(embed, ONE)
    upstream.forget()
    Embed.objects.update(active=False)
    page = open_frame(client, late="").content.decode()
    assert "data-waits" in page.partition(">")[2].partition(">")[0]
    assert "data-recorded" not in page

    asked = {"embed": "hello", "request": tag if isinstance(tag, str) else json.dumps(tag)}
    filled = client.post(
        "/embed/fill/",
        urlencode(asked),
        content_type="application/x-www-form-urlencoded",
        headers={"Accept": "application/json"},
    )

    assert filled.status_code == status
    if status == 403:
        assert filled.json()["error"]["kind"] == "embed_off"
    assert "data-waits" not in open_frame(client).content.decode()
    assert not upstream.requests


def test_the_keys_of_what_was_recorded_before_stay() -> None:
    """If you change the digest, migrate the recordings."""
    body = REQUEST | TWO | {"stream": True}

    assert policy.digest(body, CHAT_COMPLETIONS) == "49555733a5bff5012f7eedbc9c3affe4"
