"""`manage.py embed`."""

import io
import json
import socket
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.core.management import CommandError, call_command

from playground.docs.tags_in_sites import tags_in
from playground.embeds import recordings
from playground.embeds.models import Embed, RecordedAnswer
from tests.embeds.client import BROKEN, ORIGIN, REQUEST, make_embed
from tests.upstreams.plugin import catalogue_of
from tests.upstreams.scripted import ScriptedUpstream, completion, json_answer, stream

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("provider")]
NEW = ["hello", "--origin", ORIGIN, "--provider", "test", "--request", json.dumps(REQUEST)]


def _run(*arguments: str, stderr: io.StringIO | None = None) -> str:
    out = io.StringIO()
    call_command("embed", *arguments, stdout=out, stderr=stderr or io.StringIO())
    return out.getvalue()


def _site(folder: Path, *tags: str) -> str:
    """Write a built site with a page for each tag; a tag is given by attributes such as `request='…'`."""
    for number, tag in enumerate(tags):
        (folder / f"{number}.html").write_text(f'<api-playground embed="hello" {tag}></api-playground>')
    return str(folder)


def test_it_makes_an_embed() -> None:
    said = _run(
        *NEW,
        *["--origin", "http://localhost:5173", "--lock", "model", "--lock", "messages", "--key", "server"],
        *["--max-tokens", "60", "--n", "1", "--request-bytes", "4000"],
        *["--reader-calls-a-day", "5", "--reader-tokens-a-day", "6000"],
        *["--calls-a-day", "70", "--tokens-a-day", "80000"],
    )

    embed = Embed.objects.get(name="hello")
    assert said == "Saved hello.\n"
    assert embed.allowed_origins == [ORIGIN, "http://localhost:5173"]
    assert embed.locked_names >= {"model", "messages"}
    assert (embed.active, embed.replay_only, embed.key, embed.body) == (True, False, "server", REQUEST)
    assert (embed.max_tokens, embed.n, embed.request_bytes) == (60, 1, 4000)
    assert (embed.reader_calls_a_day, embed.reader_tokens_a_day) == (5, 6000)
    assert (embed.calls_a_day, embed.tokens_a_day) == (70, 80_000)


def test_it_changes_what_is_named_and_nothing_else() -> None:
    make_embed(locked="model", max_tokens=60, n=1)

    _run("hello", "--off", "--max-tokens", "70", "--n", "0")
    embed = Embed.objects.get()
    assert (embed.active, embed.max_tokens, embed.n, embed.locked) == (False, 70, None, "model")

    _run("hello", "--on", "--replay-only", "--lock", "")
    embed = Embed.objects.get()
    assert (embed.active, embed.replay_only, embed.locked) == (True, True, "")

    _run("hello", "--calls")
    assert not Embed.objects.get().replay_only


def test_the_kill_switch_works_whatever_else_is_wrong() -> None:
    """A provider left the catalogue, or the record was made by rules that are stricter by now."""
    embed = make_embed()
    Embed.objects.filter(pk=embed.pk).update(provider="gone", locked="a; b")

    _run("hello", "--off")

    assert not Embed.objects.get().active


def test_the_request_can_be_a_file(tmp_path: Path) -> None:
    file = tmp_path / "call.json"
    file.write_text(json.dumps(REQUEST, indent=2))

    _run(*NEW[:-1], str(file))

    assert Embed.objects.get().body == REQUEST


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["hello"], "No embed named hello. To create it: manage.py embed hello --origin"),
        (["hello", "--off"], "A new embed needs origins, provider, request"),
        (["a b", *NEW[1:]], "name: Enter a valid “slug”"),
        ([*NEW, "--origin", "*"], "origins: “*” isn’t a valid origin"),
        ([*NEW, "--provider", "nobody"], "provider: Use one of"),
        ([*NEW, "--request", "{"], "request: Invalid JSON"),
        ([*NEW, "--request", "/nowhere.json"], "or a file that contains it"),
        ([*NEW, "--max-tokens", "-1"], "max_tokens: "),
        ([*NEW, "--key", "server", "--tokens-a-day", "3"], "tokens_a_day: Enter at least"),
        ([*NEW, "--key", "mine"], "invalid choice"),
        ([*NEW, "--on", "--off"], "not allowed with"),
    ],
)
def test_what_cannot_work_is_said(arguments: list[str], words: str) -> None:
    with pytest.raises(CommandError) as refused:
        _run(*arguments)

    assert words in str(refused.value)
    assert not Embed.objects.exists()


def test_it_records_the_answer(upstream: ScriptedUpstream) -> None:
    upstream.reply(stream({"content": "Hello"}))

    said = _run(*NEW, "--record")

    assert "Answer saved: " in said
    assert RecordedAnswer.objects.get().embed.name == "hello"


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (json_answer({"error": {"message": "no credit"}}, 402), "“no credit”"),
        (b"", "No answer saved."),
    ],
)
def test_an_answer_that_went_wrong_is_not_recorded(
    upstream: ScriptedUpstream, reply: Any, words: str
) -> None:
    upstream.reply(reply)

    with pytest.raises(CommandError, match=words):
        _run(*NEW, "--record")
    assert not RecordedAnswer.objects.exists()


def test_without_a_key_it_says_which_variable_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TEST_API_KEY")

    with pytest.raises(CommandError, match="set TEST_API_KEY"):
        _run(*NEW, "--record")


def test_it_shows_what_the_embed_allows_and_has_spent() -> None:
    said = _run(*NEW, "--key", "server", "--lock", "model", "--max-tokens", "60", "--show")

    assert "origins       https://docs.example.org\n" in said
    assert "per call      tokens: 60, choices: 2, bytes: 65,536\n" in said
    assert "used today    calls: 0, tokens: 0\n" in said
    assert "saved         answers: 0\n" in said
    assert "locked        model\n" in said


# --- the tags of a site ---


def test_it_records_the_tags_of_a_built_site(upstream: ScriptedUpstream, tmp_path: Path) -> None:
    make_embed(locked="model")
    (tmp_path / "sub").mkdir()
    (tmp_path / "folder.html").mkdir()
    one, two = ({"messages": [{"role": "user", "content": text}]} for text in ("<One> & 一", "Two"))
    (tmp_path / "index.html").write_text(
        f'<p><api-playground embed="hello" request="{escape(json.dumps(one))}"><a slot="fallback">x</a>'
        '</api-playground><api-playground embed="another" request="{}"></api-playground>'
        '<api-playground embed="hello" />'
    )
    (tmp_path / "sub" / "page.html").write_text(
        '<api-playground embed="hello"><script type="application/json">'
        f"{json.dumps(two)}</script></api-playground>"
        f'<api-playground embed="hello" request="{escape(json.dumps(one))}"></api-playground>'
    )

    said = _run("hello", "--record", str(tmp_path), "--show")

    assert [request.json for request in upstream.requests] == [REQUEST | one, REQUEST, REQUEST | two]
    assert "saved         answers: 3\n" in said
    assert "200 · application/json · <One> & 一\n" in said


def test_it_records_requests_by_themselves_and_goes_on_after_one_that_went_wrong(
    upstream: ScriptedUpstream, tmp_path: Path
) -> None:
    make_embed()
    file = tmp_path / "call.json"
    file.write_text('{"seed": 2}')

    def answer(connection: socket.socket, request: Any) -> None:
        refused = json_answer({"error": {"message": "no credit"}}, 402)
        connection.sendall((refused if request.json["seed"] == 1 else completion()).encode())

    upstream.reply(answer)

    with pytest.raises(CommandError, match="no credit"):
        _run("hello", "--record", '{"seed": 1}', str(file))

    assert [answer.tag for answer in RecordedAnswer.objects.all()] == [{"seed": 2}]


@pytest.mark.parametrize("text", ["{", "[]", "/nowhere.json"])
def test_a_tag_that_cannot_be_read_is_said_before_any_call(upstream: ScriptedUpstream, text: str) -> None:
    make_embed()

    with pytest.raises(CommandError):
        _run("hello", "--record", '{"seed": 1}', text)

    assert not upstream.requests


def test_a_site_without_a_tag_of_the_embed_is_said(tmp_path: Path) -> None:
    make_embed()

    with pytest.raises(CommandError, match='embed="hello"'):
        _run("hello", "--record", str(tmp_path))


def test_what_is_asked_in_other_words_is_recorded_once(upstream: ScriptedUpstream, tmp_path: Path) -> None:
    """Requests that differ only in order, spaces, 1.0 for 1, the embed's own fields, or locked fields."""
    make_embed(locked="model")
    same = [
        """request='{"seed": 1, "top_p": 1}'""",
        """request='{"top_p":1.0,"seed":1}'""",
        f"request='{json.dumps(REQUEST | {'top_p': 1, 'seed': 1})}'",
        """request='{"seed": 1, "top_p": 1, "model": "other", "stream": true, "n": null}'""",
    ]

    _run("hello", "--record", _site(tmp_path, *same))

    assert len(upstream.requests) == 1
    assert [answer.tag for answer in RecordedAnswer.objects.all()] == [{"seed": 1, "top_p": 1}]


def test_what_tags_ask_for_in_vain_is_told(upstream: ScriptedUpstream, tmp_path: Path) -> None:
    make_embed(locked="model max_tokens")
    told = io.StringIO()
    site = _site(
        tmp_path,
        """provider="another" request='{"model": "other", "seed": 1}'""",
        """provider="test" request='{"model": "m", "seed": 2}'""",
        "",
    )

    _run("hello", "--record", site, '{"max_completion_tokens": 9}', stderr=told)

    overrides = "The settings of the embed override these values of the tag"
    assert told.getvalue().splitlines() == [
        f"{tmp_path / '0.html'}: {overrides}: provider, model.",
        f"{overrides}: max_completion_tokens.",
    ]


def test_what_no_page_asks_for_any_more_is_removed(
    upstream: ScriptedUpstream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_embed()
    monkeypatch.setattr(recordings, "MOST", 3)
    monkeypatch.chdir(tmp_path)  # an answer that cannot be saved is written here
    before, after = (tmp_path / name for name in ("before", "after"))
    before.mkdir()
    after.mkdir()
    _run("hello", "--record")
    _run("hello", "--record", _site(before, """request='{"seed": 1}'""", """request='{"seed": 2}'"""))
    frame = '<iframe src="https://x.example/embed/?embed=hello&amp;request=%7B%22seed%22:2%7D"></iframe>'
    (after / "frame.html").write_text(frame)
    site = _site(after, """request='{"seed": 3}'""")
    with pytest.raises(CommandError, match="Delete some saved answers first"):
        _run("hello", "--record", '{"seed": 3}')

    said = _run("hello", "--forget", site, "--record", site)

    assert "Saved answers deleted: 1." in said
    assert {answer.tag.get("seed") for answer in RecordedAnswer.objects.all()} == {None, 2, 3}


@pytest.mark.parametrize(
    "page", ["", "<p>", """<api-playground embed="hello" request="{"></api-playground>"""]
)
def test_nothing_is_removed_where_it_is_not_known_what_the_pages_ask_for(
    upstream: ScriptedUpstream, tmp_path: Path, page: str
) -> None:
    make_embed()
    _run("hello", "--record", '{"seed": 1}')
    _run("hello", "--record", '{"seed": 2}')
    if page:
        (tmp_path / "a.html").write_text("""<api-playground embed="hello" request='{"seed": 2}' />""")
        (tmp_path / "b.html").write_text(page)

    if page == "<p>":
        _run("hello", "--forget", str(tmp_path))
    else:
        with pytest.raises(CommandError):
            _run("hello", "--forget", str(tmp_path))

    assert RecordedAnswer.objects.count() == (1 if page == "<p>" else 2)


def test_a_request_in_a_tag_is_not_that_of_a_frame_within(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(
        '<api-playground embed="hello"><iframe slot="fallback" src="/elsewhere/?embed=hello"></iframe>'
        '<script type="application/json">{"seed": 1}</script></api-playground>'
        '<script type="application/json">{"seed": 2}</script><iframe src="http://[x/embed/"></iframe>'
    )

    assert [tag.request for tag in tags_in(tmp_path, "hello")] == ['{"seed": 1}']


def test_recordings_that_no_longer_match_are_marked_and_removed(upstream: ScriptedUpstream) -> None:
    make_embed()
    _run("hello", "--record")
    _run("hello", "--record", '{"seed": 1}')
    _run("hello", "--request", json.dumps(REQUEST | {"max_tokens": 49}))

    assert "answers: 2, no longer matching: 2" in _run("hello", "--show")
    assert "Saved answers deleted: 2." in _run("hello", "--forget")
    assert "saved         answers: 0" in _run("hello", "--show")


def test_the_answer_of_an_embed_that_was_deleted_meanwhile_is_in_a_file(
    upstream: ScriptedUpstream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_embed()
    monkeypatch.chdir(tmp_path)
    (tmp_path / "hello-answer-1.json").write_text("of before")
    keep = recordings._keep

    def after_it_was_deleted(*values: Any) -> None:
        Embed.objects.all().delete()
        keep(*values)

    monkeypatch.setattr(recordings, "_keep", after_it_was_deleted)
    upstream.reply(completion("Paid for"))

    with pytest.raises(CommandError, match=r"hello-answer-2\.json"):
        _run("hello", "--record")

    kept = json.loads((tmp_path / "hello-answer-2.json").read_text())
    assert kept["completion"]["choices"][0]["message"]["content"] == "Paid for"
    assert (tmp_path / "hello-answer-1.json").read_text() == "of before"


@pytest.mark.parametrize("text", BROKEN)
def test_a_broken_request_is_said_and_can_be_mended(text: str) -> None:
    make_embed()
    Embed.objects.update(request=text)

    assert "request" in _run("hello", "--show")
    with pytest.raises(CommandError):
        _run("hello", "--record")
    _run("hello", "--request", json.dumps(REQUEST))
    assert Embed.objects.get().body == REQUEST


def test_tags_are_recorded_in_the_embeds_api(
    upstream: ScriptedUpstream, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    catalogue_of(upstream, monkeypatch, tmp_path, ("chat_completions", "messages"))
    hello = {"max_tokens": 50, "messages": [{"role": "user", "content": "Hello!"}]}
    embed = make_embed({"model": "m"} | hello, api="messages")
    upstream.reply(json_answer(MESSAGE))
    site = tmp_path / "site"
    site.mkdir()
    asked = json.dumps(hello | {"max_tokens": 6})
    own = [f'{api} request="{escape(asked)}"' for api in ('api="messages"', "")]
    other = f'api="chat_completions" request="{escape(json.dumps({"n": 2}))}"'
    _site(site, *own, other)
    (site / "framed.html").write_text(
        f"<iframe src='https://play.example/embed/?embed=hello&dialect=messages&request={quote(asked)}'></iframe>"
    )
    told = io.StringIO()

    _run("hello", "--record", str(site), stderr=told)

    assert [tag.api for tag in tags_in(site, "hello")] == ["messages", "", "chat_completions", "messages"]
    # One answer for the tags that ask for the same, and the embed's own for the tag of another API.
    assert [request.json["max_tokens"] for request in upstream.requests] == [6, 50]
    assert {request.path for request in upstream.requests} == {"/v1/messages"}
    assert set(embed.recordings.values_list("digest", flat=True)) == {
        embed.digest_of(embed.asked(tag)) for tag in (hello | {"max_tokens": 6}, {})
    }
    (line,) = told.getvalue().splitlines()
    assert line.startswith(
        f"{site / '2.html'}: The settings of the embed override these values of the tag: api, request."
    )


MESSAGE = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "m",
    "content": [{"type": "text", "text": "Hello!"}],
    "stop_reason": "end_turn",
    "stop_sequence": None,
    "usage": {"input_tokens": 9, "output_tokens": 3},
}
