"""`manage.py embed`."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from playground.embed.models import Embed, RecordedAnswer
from tests.embed.client import ORIGIN, REQUEST, make_embed
from tests.upstreams.scripted import ScriptedUpstream, json_answer, stream

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("provider")]
NEW = ["hello", "--origin", ORIGIN, "--provider", "test", "--request", json.dumps(REQUEST)]


def _run(*arguments: str) -> str:
    out = io.StringIO()
    call_command("embed", *arguments, stdout=out)
    return out.getvalue()


def test_it_makes_an_embed() -> None:
    said = _run(
        *NEW,
        *["--origin", "http://localhost:5173", "--lock", "model", "--lock", "messages", "--key", "server"],
        *["--max-tokens", "60", "--n", "1", "--request-bytes", "4000"],
        *["--reader-calls-a-day", "5", "--reader-tokens-a-day", "6000"],
        *["--calls-a-day", "70", "--tokens-a-day", "80000"],
    )

    embed = Embed.objects.get(name="hello")
    assert said == "hello is saved.\n"
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


def test_the_request_can_be_a_file(tmp_path: Path) -> None:
    file = tmp_path / "call.json"
    file.write_text(json.dumps(REQUEST, indent=2))

    _run(*NEW[:-1], str(file))

    assert Embed.objects.get().body == REQUEST


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["hello"], "No embed is called hello. To make it: manage.py embed hello --origin"),
        (["hello", "--off"], "A new embed needs origins, provider, request"),
        (["a b", *NEW[1:]], "name: Enter a valid “slug”"),
        ([*NEW, "--origin", "*"], "origins: “*” is no origin that can be allowed"),
        ([*NEW, "--provider", "nobody"], "provider: Choose one of"),
        ([*NEW, "--request", "{"], "request: This is not JSON"),
        ([*NEW, "--request", "/nowhere.json"], "the path of a readable file"),
        ([*NEW, "--max-tokens", "-1"], "max_tokens: "),
        ([*NEW, "--key", "server", "--tokens-a-day", "3"], "tokens_a_day: One call can take"),
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

    assert "The answer is recorded: " in said
    assert RecordedAnswer.objects.get().embed.name == "hello"


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (json_answer({"error": {"message": "no credit"}}, 402), "“no credit”"),
        (b"", "Nothing is recorded."),
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
    assert "caps          60 tokens, 2 answers, 65536 bytes\n" in said
    assert "today         0 calls, 0 tokens\n" in said
    assert "recorded      0 answers\n" in said
    assert "locked        model\n" in said
