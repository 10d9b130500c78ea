"""Runs: written once, read back equal, found by their words, deleted with what finds them."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import InterfaceError, OperationalError, connection
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from playground.runs import keep, search, tidy, writing
from playground.runs.models import Run
from playground.runs.search import Query
from playground.runs.words import asked, words_of
from tests.configuration import configure
from tests.upstreams.plugin import SERVER_KEY
from tests.upstreams.scripted import STREAM_END, STREAM_HEAD, ScriptedUpstream, completion, stream, token
from tests.web.client import post_form, post_json

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("provider")]


@pytest.fixture(autouse=True)
def _runs_are_on() -> None:
    configure(PLAYGROUND_RUNS="1")
    tidy.forget()


def _say(client: Client, text: str, **more: Any) -> str:
    """Make a call and return the key of its run."""
    request = {"model": "m", "messages": [{"role": "user", "content": text}]} | more.pop("request", {})
    return str(post_json(client, request=request, **more).json()["run"].split("/")[2])


def _keys(**query: Any) -> list[str]:
    return [run.key for run in search.find(Query(**query)).runs]


def test_a_call_is_kept_as_it_was(client: Client, upstream: ScriptedUpstream) -> None:
    answer = post_json(client).json()

    run = Run.objects.get()
    assert answer["run"] == f"/runs/{run.key}/"
    assert run.key == answer["id"]
    assert run.exchange.sent.body == upstream.requests[0].body
    assert run.exchange.answer.choices[0].text == answer["answer"]["text"]
    assert (run.status, run.error, run.prompt_tokens) == (200, "", 9)
    assert run.size == len(bytes(run.record))


def test_calls_with_the_same_messages_are_told_apart_by_their_parameters(client: Client) -> None:
    schema = {"type": "json_object", "more": "x" * 30}
    hot, cold = (
        _say(client, "Hi", request={"temperature": value, "stream": False, "response_format": schema})
        for value in (1.5, 0)
    )

    assert Run.objects.get(key=hot).parameters == "temperature 1.5 · response_format"
    assert _keys(text="temperature 0") == [cold]
    assert "temperature 1.5 · response_format" in client.get("/runs/").content.decode()
    assert "temperature 0 · " in post_form(client, "/runs/", htmx=True, aside="1").content.decode()


def test_a_stream_is_kept_and_its_link_comes_last(client: Client, upstream: ScriptedUpstream) -> None:
    upstream.reply(stream({"content": "Hel"}, {"content": "lo"}))

    told = post_form(client, stream="on", htmx=True)
    body = b"".join(told.streaming_content).decode()  # type: ignore[attr-defined]

    run = Run.objects.get()
    assert run.answer == "Hello"
    assert len(run.exchange.stream.events) > 2  # type: ignore[union-attr]
    assert body.index("Hel") < body.rindex(f'href="/runs/{run.key}/"')
    assert body.rindex("data: ", 0, body.rindex("/runs/")) > body.rindex("panel-exchange")


@pytest.mark.django_db(transaction=True)  # a stream that is closed closes the connection, too
def test_a_stream_that_is_left_is_kept_too(client: Client, upstream: ScriptedUpstream) -> None:
    upstream.reply(STREAM_HEAD + token("so far") + STREAM_END)
    steps = post_form(client, stream="on", htmx=True)
    next(iter(steps.streaming_content))  # type: ignore[attr-defined]

    steps.close()

    assert Run.objects.get().error == "stopped"


@pytest.mark.parametrize("off", [{"PLAYGROUND_RUNS": "0"}, {"keep": False}])
def test_nothing_is_kept_unless_wanted(client: Client, off: dict[str, Any]) -> None:
    if "PLAYGROUND_RUNS" in off:
        configure(**off)

    assert post_json(client, **({} if "PLAYGROUND_RUNS" in off else off)).json()["run"] is None
    assert not Run.objects.exists()


def test_no_key_is_kept(client: Client, upstream: ScriptedUpstream) -> None:
    upstream.reply(completion(f"your key is {SERVER_KEY}"))

    _say(client, f"my key is {SERVER_KEY}")

    run = Run.objects.get()
    assert SERVER_KEY not in json.dumps(run.archive)
    assert SERVER_KEY.rpartition("-")[2] not in run.words
    assert SERVER_KEY not in run.question + run.answer


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("Where does the Danube rise?", "danube RISE"),
        ("多瑙河发源于哪里？", "多瑙河"),
        ("多瑙河发源于哪里？", "发源"),
        ("多瑙河发源于哪里？", "河"),
        ("Größe und ﬁeld", "grösse FIELD"),
        ("snake_case x1", "case snake"),
    ],
)
def test_words_find_a_run(client: Client, text: str, query: str) -> None:
    other = _say(client, "Something else entirely")
    key = _say(client, text)

    assert _keys(text=query) == [key]
    assert _keys(text="else") == [other]
    assert _keys(text=f"{query} else") == []


@pytest.mark.parametrize(
    "before",
    [
        " ".join(f"word{number}" for number in range(3_000)),
        "".join(map(chr, range(0x4E00, 0x5000))),
    ],
    ids=["many words", "many characters"],
)
def test_a_long_conversation_is_found_by_its_last_question_and_answer(
    client: Client, upstream: ScriptedUpstream, before: str
) -> None:
    upstream.reply(completion("In the zwetschge forest"))
    messages = [{"role": "user", "content": text} for text in (before, "Where is the Danube?")]
    key = _say(client, "", request={"messages": messages})

    assert _keys(text="danube") == _keys(text="zwetschge") == [key]


def test_properties_find_a_run(client: Client, upstream: ScriptedUpstream) -> None:
    first = _say(client, "one", request={"model": "m-large"})
    second = _say(client, "two")
    keep.change(second, starred=True, tags={"good", "first"})

    assert _keys(model="m-large") == [first]
    assert _keys(starred=True) == _keys(tag="good") == _keys(tag="first", text="two") == [second]
    assert _keys(status="ok", provider="test") == [second, first]
    assert _keys(status="failed") == []
    keep.change(second, starred=False, tags=set())
    assert _keys(starred=True) == _keys(tag="good") == []
    assert _keys(text="two") == [second]


def test_words_that_look_like_marks_mark_nothing(client: Client) -> None:
    _say(client, search.label("x", "starred"))

    assert _keys(starred=True) == []


def test_dates_find_runs(client: Client) -> None:
    keys = [_say(client, "same words") for _ in range(3)]
    noon = datetime(2026, 1, 10, 12, tzinfo=UTC)
    for day, key in enumerate(keys):
        Run.objects.filter(key=key).update(started=noon + timedelta(days=day))

    midnight = noon.replace(hour=0)
    assert _keys(since=midnight + timedelta(days=1)) == keys[:0:-1]
    assert _keys(text="same", until=midnight + timedelta(days=1)) == keys[:1]
    second = {"since": midnight + timedelta(days=1), "until": midnight + timedelta(days=2)}
    assert _keys(text="same", **second) == keys[1:2]


@pytest.mark.parametrize(
    ("latest", "recent"), [(search._LATEST, search._RECENT), (1, search._RECENT), (1, 1)]
)
def test_a_list_goes_on_where_it_ended(
    client: Client, monkeypatch: pytest.MonkeyPatch, latest: int, recent: int
) -> None:
    monkeypatch.setattr(search, "_LATEST", latest)  # of which PostgreSQL goes through in order
    monkeypatch.setattr(search, "_RECENT", recent)  # of which it looks up words before it does in all
    keys = [_say(client, f"number {number}") for number in range(5)]

    first = search.find(Query(), most=2)
    second = search.find(Query(), first.more, most=2)
    third = search.find(Query(text="number"), second.more, most=2)

    assert [run.key for run in (*first.runs, *second.runs, *third.runs)] == keys[::-1]
    assert third.more is None


def test_deleted_runs_are_found_no_more(client: Client) -> None:
    kept, gone = _say(client, "kept words"), _say(client, "gone words")

    assert keep.forget([gone]) == 1

    assert _keys(text="words") == [kept]
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("INSERT INTO runs_words(runs_words, rank) VALUES ('integrity-check', 1)")
    assert keep.forget(None) == 1
    assert _keys() == []


@pytest.mark.parametrize("wrong", [1970, 2035])
def test_a_run_at_a_wrong_time_hides_no_other(client: Client, wrong: int) -> None:
    first, odd, last = (_say(client, text) for text in ("a", "b", "c"))
    Run.objects.filter(key=odd).update(started=datetime(wrong, 1, 1, tzinfo=UTC))
    now, day = datetime.now(UTC), timedelta(days=1)

    assert _keys(since=now - day, until=now + day) == [last, first]


def test_old_runs_go_and_starred_ones_stay(client: Client) -> None:
    old, starred, new = (_say(client, text) for text in ("a", "b", "c"))
    Run.objects.exclude(key=new).update(started=datetime.now(UTC) - timedelta(days=400))
    keep.change(starred, starred=True)

    tidy.tidy()

    assert _keys() == [new, starred]
    assert old not in _keys()


def test_a_call_waits_for_the_deletion_of_some_old_runs_only(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tidy, "_BATCH", 1)
    monkeypatch.setattr(tidy, "_AT_ONCE", 2)
    *old, recent = (_say(client, "a") for _ in range(6))
    Run.objects.filter(key__in=old).update(started=datetime.now(UTC) - timedelta(days=400))
    Run.objects.filter(key=recent).update(started=datetime.now(UTC) - timedelta(days=2))

    for left in (3, 1, 0):
        tidy.forget()
        _say(client, "b")
        assert Run.objects.filter(key__in=old).count() == left


@pytest.mark.parametrize(("days_of_others", "is_deleted"), [([], False), ([0, 500], False), ([2], True)])
def test_a_clock_that_jumped_ahead_deletes_nothing(
    client: Client, days_of_others: list[int], *, is_deleted: bool
) -> None:
    """It looks as if all runs but the last day's were too old, also once some were written at its date."""
    keys = [_say(client, "a") for _ in range(1 + len(days_of_others))]
    for key, days in zip(keys, [400, *days_of_others], strict=True):
        Run.objects.filter(key=key).update(started=datetime.now(UTC) - timedelta(days=days))
    tidy.forget()

    _say(client, "at the clock’s date")

    assert (keys[0] not in _keys()) == is_deleted


def test_the_oldest_make_room(client: Client) -> None:
    configure(PLAYGROUND_RUNS="1", PLAYGROUND_RUNS_MIB="1")
    keys = [_say(client, f"number {number}") for number in range(4)]
    Run.objects.update(size=300_000)
    keep.change(keys[0], starred=True)

    assert tidy.tidy() <= 1024 * 1024

    assert _keys() == [keys[3], keys[2], keys[0]]


def test_starred_runs_that_fill_the_space_are_said_and_not_deleted(client: Client) -> None:
    configure(PLAYGROUND_RUNS="1", PLAYGROUND_RUNS_MIB="1")
    key = _say(client, "starred")
    keep.change(key, starred=True)
    Run.objects.update(size=2_000_000)
    tidy.forget()

    assert post_json(client).json()["run"] is None
    assert 'class="not-kept"' in post_form(client).content.decode()
    assert _keys() == [key]


def test_a_run_for_which_no_room_can_be_made_deletes_no_other(
    client: Client, upstream: ScriptedUpstream
) -> None:
    configure(PLAYGROUND_RUNS="1", PLAYGROUND_RUNS_MIB="1")
    keys = [_say(client, f"number {number}") for number in range(3)]
    upstream.reply(completion("".join(map(chr, range(0x4E00, 0x9F00))) * 60))

    too_large = post_json(client)
    keep.change(keys[0], starred=True)
    Run.objects.filter(key=keys[0]).update(size=1024 * 1024)
    tidy.forget()
    upstream.reply(completion())
    too_full = post_json(client)

    assert too_large.json()["answer"]["text"]
    assert too_large.json()["run"] is too_full.json()["run"] is None
    assert _keys()[-1] == keys[0]


@pytest.mark.parametrize("error", [InterfaceError("gone"), OperationalError("gone"), ValueError("odd")])
def test_whatever_goes_wrong_the_answer_is_shown(
    client: Client, upstream: ScriptedUpstream, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(_: Run) -> None:
        raise error

    monkeypatch.setattr(writing, "write", fail)
    assert post_json(client).json()["run"] is None
    assert 'class="not-kept"' in post_form(client).content.decode()
    upstream.reply(stream({"content": "Hel"}, {"content": "lo"}))
    told = post_form(client, stream="on", htmx=True)
    body = b"".join(told.streaming_content).decode()  # type: ignore[attr-defined]
    assert 'class="not-kept"' in body
    assert 'name="carried"' in body


@given(st.lists(st.text()))
def test_any_text_has_words_that_databases_accept(texts: list[str]) -> None:
    for word in words_of(texts):
        assert word == word.strip()
        assert not set(word) & set(" '\"\\\t\n")


@given(st.text())
def test_a_text_is_found_by_any_of_its_words(text: str) -> None:
    assert set(asked(text)) <= words_of([text])
