"""The daily budget: charged before the call, settled by what it used, never overspent."""

import socket
from collections import Counter
from typing import Any

import pytest
from django.conf import settings
from django.db import DatabaseError, connection
from django.test import Client

from playground.calls import budget, estimate, ledger
from playground.calls.models import Spent
from playground.embeds.models import Embed
from playground.exchange.request import Request
from playground.network.running import running
from tests import chat
from tests.at_once import in_threads
from tests.configuration import configure
from tests.embeds.client import REQUEST, make_embed, open_frame, send_form, send_json, token_in
from tests.upstreams.scripted import (
    STREAM_HEAD,
    Answer,
    Paused,
    ScriptedUpstream,
    chunk,
    completion,
    event,
    event_stream,
    json_answer,
    stream,
    token,
)

CHAT = chat.request(REQUEST)
WORST = estimate.worst_case(CHAT)


def _spent(embed: Embed) -> tuple[int, int]:
    """Return today's calls and tokens."""
    row = budget.spent_today(embed.account)
    return row.calls, row.tokens


def _both(embed: Embed) -> tuple[int, int]:
    """Return the calls and tokens of all, which must be those of the only reader."""
    (row,) = Spent.objects.filter(account=embed.account).exclude(who=budget.ALL)
    assert _spent(embed) == (row.calls, row.tokens)
    return row.calls, row.tokens


def _chat(**changes: Any) -> Request:
    return chat.request(REQUEST | changes)


# --- counting ---


@pytest.mark.django_db
@pytest.mark.usefixtures("provider")
def test_a_call_is_counted_as_the_worst_case_until_it_has_ended(
    client: Client, upstream: ScriptedUpstream
) -> None:
    embed = make_embed()
    seen = []
    upstream.reply(stream({"content": "x"}))
    live = send_form(client, htmx=True, stream="on")
    parts = iter(live)
    next(parts)
    seen.append(_both(embed))
    list(parts)

    assert seen == [(1, estimate.worst_case(_chat(stream=True)))]
    assert _both(embed) == (1, 10)


@pytest.mark.django_db
@pytest.mark.usefixtures("provider")
@pytest.mark.parametrize(
    ("limits", "own"),
    [
        ({"reader_calls_a_day": 2}, True),
        ({"calls_a_day": 2}, False),
        ({"reader_tokens_a_day": WORST + 12}, True),
        ({"tokens_a_day": WORST + 12}, False),
    ],
)
def test_when_it_is_spent_the_reader_is_told_whose_and_until_when(
    client: Client, upstream: ScriptedUpstream, limits: dict[str, int], own: bool
) -> None:
    embed = make_embed(**limits)

    answers = [send_json(client) for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 429, 429]
    assert len(upstream.requests) == 2
    error = answers[-1].json()["error"]
    assert error["kind"] == "budget_spent"
    assert error["title"] == ("Your daily budget is used up" if own else "This embed’s budget is used up")
    # A reader without calls left is not told to ask for fewer tokens.
    assert ("token" in error["advice"]) == ("tokens" in next(iter(limits)))
    assert 0 < int(answers[-1]["Retry-After"]) <= 86_400
    assert _both(embed) == (2, 24)


@pytest.mark.django_db
@pytest.mark.usefixtures("provider")
def test_each_reader_has_a_budget_and_all_have_one_together(
    client: Client, upstream: ScriptedUpstream
) -> None:
    make_embed(reader_calls_a_day=1, calls_a_day=3)
    statuses = []
    for address in ("192.0.2.1", "192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"):
        client.defaults["REMOTE_ADDR"] = address
        statuses.append(send_json(client).status_code)

    assert statuses == [200, 429, 200, 200, 429]


@pytest.mark.django_db
@pytest.mark.usefixtures("provider")
def test_what_one_alone_has_left_is_not_taken(client: Client) -> None:
    """A reader whose own budget is spent is not charged to everyone's either."""
    embed = make_embed(reader_calls_a_day=0)

    assert send_json(client).status_code == 429
    assert _spent(embed) == (0, 0)


@pytest.mark.django_db
@pytest.mark.usefixtures("provider")
def test_a_readers_own_key_is_not_counted(client: Client) -> None:
    make_embed(reader_calls_a_day=0)

    assert send_json(client, api_key="sk-of-the-reader").status_code == 200
    assert not Spent.objects.exists()


@pytest.mark.django_db
@pytest.mark.usefixtures("provider")
def test_what_is_refused_before_costs_nothing(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    embed = make_embed(locked="model")

    assert send_json(client, REQUEST | {"model": "x"}).status_code == 400
    assert send_json(client, REQUEST | {"max_tokens": 5000}).status_code == 400
    assert send_json(client, token="forged").status_code == 403
    assert _spent(embed) == (0, 0)


@pytest.mark.django_db
@pytest.mark.usefixtures("provider")
@pytest.mark.parametrize("changes", [{}, {"stream": "on", "htmx": True}])
def test_a_call_that_finds_no_place_is_given_back(
    client: Client, monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any]
) -> None:
    embed = make_embed()
    monkeypatch.setattr(running, "_stopping", True)

    assert send_form(client, **changes).status_code == 503
    assert _both(embed) == (0, 0)


@pytest.mark.django_db
@pytest.mark.usefixtures("provider")
def test_a_budget_that_cannot_be_counted_is_not_spent(
    client: Client, monkeypatch: pytest.MonkeyPatch, upstream: ScriptedUpstream
) -> None:
    make_embed()

    def broken(*args: Any) -> None:
        raise DatabaseError("database is locked")

    monkeypatch.setattr(ledger, "_store", broken)

    assert send_json(client).status_code == 503
    assert not upstream.requests


@pytest.mark.django_db
@pytest.mark.usefixtures("provider")
def test_what_cannot_be_settled_stays_reserved_and_the_answer_comes(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    embed = make_embed()

    def broken(*args: Any, **changes: Any) -> None:
        raise DatabaseError("database is locked")

    reserve = budget.reserve

    def then_broken(*args: Any) -> budget.Reservation:
        reserved = reserve(*args)
        monkeypatch.setattr(ledger, "rows_of", broken)
        return reserved

    monkeypatch.setattr(budget, "reserve", then_broken)

    assert send_json(client).status_code == 200
    assert _both(embed) == (1, WORST)


@pytest.mark.django_db
@pytest.mark.usefixtures("provider")
def test_with_the_embed_goes_what_was_spent_of_it(client: Client) -> None:
    embed, other = make_embed(), make_embed(name="other")
    assert send_json(client).status_code == 200
    budget.reserve(other.account, "somebody", other.limits, 1)

    embed.delete()

    assert set(Spent.objects.values_list("account", flat=True)) == {other.account}


# --- settling ---


def _tokens(*texts: str) -> int:
    """Return the estimate for texts without a reported usage."""
    return -(-sum(len(text.encode()) for text in texts) // 3)


_PROMPT = ("model", "m", "messages", "role", "user", "content", "Hello!", "max_tokens")
PROMPT = _tokens(*_PROMPT)
_USAGE = ("prompt_tokens", "completion_tokens", "total_tokens")
STREAM_WORST = estimate.worst_case(_chat(stream=True, stream_options={"include_usage": True}))


@pytest.mark.django_db
@pytest.mark.usefixtures("provider")
@pytest.mark.parametrize(
    ("reply", "calls", "tokens"),
    [
        (completion(), 1, 12),
        (completion(usage={"prompt_tokens": 5, "completion_tokens": 6}), 1, 11),
        (completion(usage={"total_tokens": 9000}), 1, 9000),  # usage over the limit is still counted
        # What the model thought unseen is unknown.
        (completion("x" * 30, usage=None), 1, WORST),
        (completion("x" * 30, usage={"total_tokens": 10**30}), 1, WORST),
        (completion("x" * 30, usage={"total_tokens": -5, "prompt_tokens": 2**63 - 1}), 1, WORST),
        (completion("x" * 30, usage=dict.fromkeys(_USAGE, 0)), 1, WORST),  # zeros are no report
        (completion("x" * 30, usage=dict.fromkeys(_USAGE, 0) | {"prompt_tokens": 5}), 1, WORST),
        (json_answer({"object": "response", "status": "queued", "output": []}), 1, WORST),
        (completion("", usage={"prompt_tokens": 5, "completion_tokens": 0}), 1, 5),
        (json_answer({"error": {"message": "no"}}, 400), 1, 0),
        (json_answer({"error": {"message": "slow down"}}, 429), 1, 0),
        (json_answer({"error": {"message": "down"}}, 503), 1, PROMPT),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n{", 1, WORST),  # cut off, so its usage is unknown
        (b"", 1, WORST),
    ],
)
def test_a_call_in_one_piece(
    client: Client, upstream: ScriptedUpstream, reply: Any, calls: int, tokens: int
) -> None:
    embed = make_embed()
    upstream.reply(reply)

    assert send_json(client).status_code == 200
    assert _both(embed) == (calls, tokens)


@pytest.mark.django_db
def test_where_nobody_listens_nothing_is_counted(
    client: Client, provider: str, upstream: ScriptedUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    embed = make_embed()
    with socket.create_server(("127.0.0.1", 0)) as unused:
        address = f"127.0.0.1:{unused.getsockname()[1]}"
    entry = settings.CONFIG.providers
    entry.write_text(entry.read_text().replace(upstream.host_port, address))
    configure(PLAYGROUND_PRIVATE_UPSTREAMS=address)

    answer = send_json(client).json()

    assert answer["error"]["kind"] == "refused"
    assert _both(embed) == (0, 0)


STREAM = {"stream": "on", "include_usage": "on", "htmx": True}


def _without_usage(*texts: str) -> Answer:
    return event_stream(
        b"".join(map(token, texts)) + event(chunk({}, finish_reason="stop")) + event("[DONE]")
    )


@pytest.mark.django_db
@pytest.mark.usefixtures("provider")
@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (stream({"content": "a"}, {"content": "b"}), 11),
        (_without_usage("a", "b", "c"), STREAM_WORST),
        (event_stream(token("a") + token("b")), STREAM_WORST),  # ends abruptly
        (event_stream(event({"error": {"message": "overloaded"}})), STREAM_WORST),
        (json_answer({"error": {"message": "no"}}, 400), 0),
    ],
)
def test_a_stream(client: Client, upstream: ScriptedUpstream, reply: Answer, expected: int) -> None:
    embed = make_embed()
    upstream.reply(reply)

    send_form(client, **STREAM).getvalue()

    calls, tokens = _both(embed)
    assert calls == 1
    assert tokens == expected


def _leave_after(live: Any, words: bytes) -> None:
    """Read until the words have arrived, then close the page."""
    seen, parts = b"", iter(live)
    while words not in seen:
        seen += next(parts)
    live.close()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("provider")
def test_a_stream_that_is_stopped_stays_reserved(client: Client, upstream: ScriptedUpstream) -> None:
    embed = make_embed()
    # No "z": the key in base64 may start with it, so the key guard would hold the event back.
    upstream.reply(Paused(STREAM_HEAD + token("x") + token("y") + token("x")))

    _leave_after(send_form(client, **STREAM), rb"\n[3,")

    assert running.wait_until_none(5)
    assert _both(embed) == (1, STREAM_WORST)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("provider")
def test_a_stream_that_is_stopped_in_silence_stays_reserved(
    client: Client, upstream: ScriptedUpstream
) -> None:
    embed = make_embed()
    upstream.reply(Paused(b""))

    _leave_after(send_form(client, **STREAM), b"data-live")

    assert running.wait_until_none(5)
    assert _both(embed) == (1, STREAM_WORST)


# --- all at once ---


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("provider")
def test_many_readers_at_once_through_the_page(upstream: ScriptedUpstream, settings: Any) -> None:
    embed = make_embed(calls_a_day=5)

    def send(number: int) -> int:
        client = Client(REMOTE_ADDR=f"192.0.2.{number + 1}")
        return send_json(client, token=token_in(open_frame(client))).status_code

    statuses = Counter(in_threads(30, send))

    assert statuses == {200: 5, 429: 25}
    assert len(upstream.requests) == 5
    assert _spent(embed) == (5, 60)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("provider")
def test_a_stream_holds_no_connection_to_the_database(client: Client, upstream: ScriptedUpstream) -> None:
    make_embed()
    upstream.reply(stream({"content": "x"}))

    live = iter(send_form(client, **STREAM))
    next(live)
    during = connection.connection
    list(live)

    assert during is None
    assert connection.connection is None
