"""The proof file: what is in it, and that each change to it is noticed."""

import json
import random
import re
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation

from playground.dialects import DIALECTS
from playground.exchange import archive
from playground.history.saving import Page, proof_file
from playground.proof import file, keys
from playground.proof.file import MOST_BYTES, Problem, ProofError, State, read
from playground.proof.models import SigningKey
from playground.results import present
from tests.at_once import in_threads
from tests.proof.made import ADDRESS, called, recorded, script, signed_elsewhere

pytestmark = pytest.mark.django_db
GOLDEN = Path(__file__).parent / "golden" / "version-1.html"
NAMES = ("completion", "error", "failure", "messages", "no-utf8", "responses", "stream")


def _problem(data: bytes) -> Problem:
    with pytest.raises(ProofError) as caught:
        read(data)
    return caught.value.problem


def _check(tmp_path: Path, data: bytes, *options: str) -> int:
    """Run `manage.py proof check` and return its exit code."""
    path = tmp_path / "file.html"
    path.write_bytes(data)
    try:
        call_command("proof", "check", str(path), *options)
    except CommandError as error:
        return error.returncode
    except SystemExit as stopped:
        return int(stopped.code or 0)
    raise AssertionError("no exit code")


# --- what is in it ---


@pytest.mark.parametrize("name", NAMES)
def test_it_is_read_back_equal(name: str) -> None:
    exchange = recorded(name)

    proof = read(proof_file(Page(exchange, ADDRESS)))

    assert proof.exchange == exchange
    assert proof.shows_what_was_sent
    assert archive.dump(proof.exchange) == archive.dump(exchange)
    assert (proof.state, proof.playground, proof.blacked_out) == (State.UNCHANGED, ADDRESS, ())
    assert keys.is_ours(proof.key)


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_people_read_it_without_a_script_and_without_a_request(language: str) -> None:
    with translation.override(language):
        text = proof_file(Page(called(answer="An answer"), ADDRESS)).decode()

    page = text.partition(file._SCRIPT.decode())[0]
    assert f'lang="{language}"' in text
    assert "An answer" in page
    assert "Hello!" in page
    assert f"{ADDRESS}proof/open/" in page
    assert keys.fingerprint(keys.public_key()) in page
    assert re.findall(r"<(?:script|iframe|object|embed|base|form)\b", page) == []
    assert re.findall(r"""(?:src|href|url)\s*[=(]\s*["']?+(?!data:)""", page) == []


def test_markup_stays_text_everywhere() -> None:
    hostile = "</script><!-- --><script>alert(1)</script>&lt;\u2028\u2029<img src=x>\r\0\x1b"
    exchange = called([{"role": "user", "content": hostile}], answer=hostile)

    data = proof_file(Page(exchange, ADDRESS))

    assert read(data).exchange == exchange
    assert data.count(b"<script") == data.count(b"</script") == 1
    assert data.count(b"<!--") == 1
    assert b"<img" not in data
    assert not re.search(rb"[\r\0\x1b]", data)
    assert "\u2028" not in data.decode().partition(file._SCRIPT.decode())[2]


def test_no_text_looks_like_another() -> None:
    turned = "pay \u202e001\u202c \U000e0068 \U0001f600\U000e0158\U000e0159 \u845b\U000e0100\U000e0101"
    exchange = called([{"role": "user", "content": turned}], answer=f"**Yes**, {turned}")

    data = proof_file(Page(exchange, ADDRESS))

    page = data.decode().partition(file._SCRIPT.decode())[0]
    named = "pay [U+202E]001[U+202C] [U+E0068] \U0001f600[U+E0158][U+E0159] \u845b\U000e0100[U+E0101]"
    assert page.count(named) >= 2
    assert not re.search("[\u202a-\u202e\U000e0068]", page)
    assert read(data).exchange == exchange


def test_each_text_that_is_cut_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    value = archive.dump(recorded("messages"))
    value["call"]["body"] |= {
        "system": "s" * 60,
        "messages": [
            {"role": "user", "content": "u" * 60},
            {"role": "user", "content": [{"type": "image", "name": "i" * 60}]},
        ],
    }
    exchange = archive.load(value, DIALECTS)

    def notes() -> int:
        return proof_file(Page(exchange, ADDRESS)).count(b'<p class="quiet">')

    whole = notes()
    monkeypatch.setattr(present, "LONGEST_SHOWN", 50)
    # The three, and the bytes that were sent and received.
    assert notes() >= whole + 5


def test_a_lone_surrogate_in_an_answer_is_kept() -> None:
    exchange = called(body='{"choices": [{"message": {"role": "assistant", "content": "\\ud800"}}]}')

    assert read(proof_file(Page(exchange, ADDRESS))).exchange == exchange


# --- what is noticed ---


def test_each_changed_byte_is_noticed() -> None:
    data = proof_file(Page(called(), ADDRESS))
    seal = data.rindex(b"<!--")
    some = random.Random(7).sample(range(seal), 400)

    for at in [*some, *range(seal, len(data))]:
        changed = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
        assert _is_noticed(changed), at
        assert _is_noticed(data[:at] + data[at + 1 :]), at
        assert _is_noticed(data[:at] + b"0" + data[at:]), at


def _is_noticed(data: bytes) -> bool:
    try:
        return read(data).state is not State.UNCHANGED
    except ProofError:
        return True


def test_a_changed_visible_text_is_a_changed_file(tmp_path: Path) -> None:
    data = proof_file(Page(called(answer="It is 3 o’clock"), ADDRESS))

    changed = data.replace(b"It is 3", b"It is 4", 1)

    assert changed != data
    assert read(changed).state is State.CHANGED
    assert _check(tmp_path, changed) == 1


def test_line_endings_and_spaces_at_the_end_are_told_apart() -> None:
    data = proof_file(Page(called(answer="One\r\ntwo\rthree"), ADDRESS))

    for resaved in (data.replace(b"\n", b"\r\n"), data[:-1], data + b"\n\n", b"\xef\xbb\xbf" + data):
        assert read(resaved).state is State.RESAVED
    assert read(resaved).exchange.choices[0].text == "One\r\ntwo\rthree"


def _with(old: str, new: str) -> bytes:
    """Return a file that another playground signed, with something replaced before."""
    whole = script(called(stream=True, answer=["a"]))
    assert old in whole
    return signed_elsewhere(whole.replace(old, new, 1))


def _sealed_with(old: bytes, new: bytes) -> bytes:
    return signed_elsewhere(script()).replace(old, new)


HOSTILE: dict[str, tuple[Problem, Callable[[], bytes]]] = {
    "nothing": (Problem.OTHER_FILE, lambda: b""),
    "another page": (Problem.OTHER_FILE, lambda: b"<!doctype html><p>Hello"),
    "not text": (Problem.OTHER_FILE, lambda: bytes(range(256))),
    "100 MB": (Problem.TOO_LARGE, lambda: b"<" * 100_000_000),
    "zeros": (Problem.OTHER_FILE, lambda: b"\0" * 1_000_000),
    "brackets": (Problem.BROKEN, lambda: _with('"exchange":', '"deep":' + "[" * 100_000)),
    "nested": (Problem.BROKEN, lambda: _with('"exchange":', f'"deep":{"[" * 5000}{"]" * 5000},"exchange":')),
    "many values": (
        Problem.BROKEN,
        lambda: _with('"exchange":', f'"many":[{"[]," * 1_500_000}0],"exchange":'),
    ),
    "quotes": (Problem.BROKEN, lambda: _with('"exchange":', '"' * 1_000_001)),
    "an unfinished string": (Problem.BROKEN, lambda: _with('"exchange":', '"\\' * 500_001)),
    "two archives": (Problem.SEVERAL, lambda: signed_elsewhere(script() * 2)),
    "two signatures": (Problem.SEVERAL, lambda: signed_elsewhere(signed_elsewhere(script()).decode())),
    "no archive": (Problem.BROKEN, lambda: signed_elsewhere("<p>Nothing")),
    "markup in the archive": (Problem.BROKEN, lambda: _with('"m"', '"<b>m</b>"')),
    "a lone surrogate": (Problem.BROKEN, lambda: _with('"m"', '"\\ud800"')),
    "broken UTF-8": (Problem.BROKEN, lambda: _sealed_with(b'"m"', b'"\xff"')),
    "another format": (Problem.BROKEN, lambda: _with(file.FORMAT, "else")),
    "not an archive": (Problem.BROKEN, lambda: _with(archive.FORMAT, "else")),
    "another API": (Problem.BROKEN, lambda: _with("chat_completions", "nobody_knows")),
    "an id that is a path": (
        Problem.BROKEN,
        lambda: signed_elsewhere(script(replace(called(), id="../proof"))),
    ),
    "version 2 inside": (Problem.VERSION, lambda: _with('"version":1', '"version":2')),
    "version 2": (Problem.VERSION, lambda: _sealed_with(b"-proof 1 Ed", b"-proof 2 Ed")),
    "another algorithm": (Problem.VERSION, lambda: _sealed_with(b" Ed25519 ", b" RSA ")),
    "cut off": (Problem.CUT_OFF, lambda: signed_elsewhere(script())[:-40]),
    "cut off in the archive": (Problem.CUT_OFF, lambda: signed_elsewhere(script())[:400]),
    "a huge number": (Problem.BROKEN, lambda: _with('"events_ms":[0.0', f'"events_ms":[{"9" * 400}')),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_with_a_reason(name: str, tmp_path: Path) -> None:
    problem, made = HOSTILE[name]
    data = made()

    assert _problem(data) is problem
    assert _check(tmp_path, data[: MOST_BYTES + 100]) == 2


def test_what_html_escapes_can_hide_no_second_archive() -> None:
    """Whatever else stands in a file, only the one archive that is found by its exact bytes is read."""
    hidden = "<SCRIPT type=application/json id=api-playground-proof>{}</SCRIPT>"

    proof = read(signed_elsewhere(hidden + script()))

    assert proof.exchange == called()


# --- whose it is ---


def test_a_file_of_another_playground_is_not_ours(tmp_path: Path) -> None:
    data = signed_elsewhere(script())
    proof = read(data)

    assert proof.state is State.UNCHANGED
    assert not keys.is_ours(proof.key)
    assert _check(tmp_path, data) == 3
    assert _check(tmp_path, data, "--key", proof.key.hex()) == 0
    assert _check(tmp_path, data, "--key", keys.fingerprint(proof.key)) == 0
    assert _check(tmp_path, data, "--key", "0" * 64) == 3


@pytest.mark.parametrize(
    ("part", "name", "value"),
    [
        ("call", "body", {"model": "m", "messages": [{"role": "user", "content": "Else?"}], "stream": False}),
        ("call", "body", {"model": "m", "messages": [{"role": "user", "content": "Hello!"}], "stream": 0}),
        ("call", "url", "http://else.example/v1/chat/completions"),
        ("call", "headers", [["X-Title", "Else"]]),
        ("sent", "body", {"text": "{"}),
    ],
    ids=["messages", "type", "url", "headers", "bytes"],
)
def test_a_request_beside_other_bytes_is_said(tmp_path: Path, part: str, name: str, value: Any) -> None:
    """Whoever signs a file can put any request beside the bytes, and pages show the request."""
    whole = archive.dump(called())
    whole[part][name] = value
    data = signed_elsewhere(script(archive.load(whole, DIALECTS)))

    assert not read(data).shows_what_was_sent
    assert _check(tmp_path, data, "--key", read(data).key.hex()) == 1


# The points of the curve whose order divides 8, as they are encoded.
SMALL_ORDER = [
    "01" + "00" * 31, "ec" + "ff" * 30 + "7f", "00" * 32, "00" * 31 + "80",
    *(f"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03{end}" for end in ("7a", "fa")),
    *(f"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc{end}" for end in ("05", "85")),
]  # fmt: skip


@pytest.mark.parametrize("key", SMALL_ORDER)
def test_a_key_that_signs_every_text_signs_none(key: str) -> None:
    for start in SMALL_ORDER:
        seal = f"\n<!-- api-playground-proof 1 Ed25519 {key} {start}{'00' * 32} -->\n"

        assert read((script() + seal).encode()).state is State.CHANGED


def test_files_that_wait_for_their_turn_take_no_memory_and_do_not_wait_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Unread(BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise AssertionError("read before its turn")

    monkeypatch.setattr(file, "_PATIENCE_SECONDS", 0.01)
    with file._TURN, pytest.raises(ProofError) as refused:
        read(Unread())

    assert refused.value.problem is Problem.BUSY
    assert read(BytesIO(signed_elsewhere(script()))).state is State.UNCHANGED


@pytest.mark.parametrize(("old", "new"), [('"version":1', '"version":"{}"'), ('"m"', '"{}"')])
def test_no_file_commands_the_terminal(
    old: str, new: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "file.html"
    path.write_bytes(_with(old, new.format("\\u001b[2J\\u009b")))
    try:
        call_command("proof", "check", str(path))
    except CommandError as error:
        told = str(error)
    except SystemExit:
        told = capsys.readouterr().out

    assert "[2J" in told
    assert not {"\x1b", "\x9b"} & set(told)


def test_our_own_file_is_checked_offline(tmp_path: Path) -> None:
    data = proof_file(Page(called(), ADDRESS))

    assert _check(tmp_path, data) == 0
    assert _check(tmp_path, data.replace(b"\n", b"\r\n")) == 0


@pytest.mark.parametrize("change", [bytes, lambda data: data.replace(b"<h1>", b"<h1>x"), lambda _: b"x"])
def test_the_command_speaks_the_language_of_the_terminal(
    change: Callable[[bytes], bytes], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "file.html"
    path.write_bytes(change(proof_file(Page(called(), ADDRESS))))

    with translation.override("zh-hans"), pytest.raises((SystemExit, CommandError)) as ended:
        call_command("proof", "check", str(path))

    told = capsys.readouterr().out.splitlines() or [str(ended.value)]
    assert re.search(r"[\u4e00-\u9fff]", told[-1])


def test_the_key_is_made_once() -> None:
    assert keys.public_key() == keys.public_key()
    assert SigningKey.objects.count() == 1
    assert repr(SigningKey.objects.get()).count(SigningKey.objects.get().private.hex()) == 0


@pytest.mark.django_db(transaction=True)
def test_many_at_once_make_one_key() -> None:
    found = in_threads(8, lambda number: keys.public_key())

    assert len(set(found)) == 1
    assert SigningKey.objects.count() == 1


def test_the_key_outlives_the_secret_key(settings: Any) -> None:
    """`scripts/play` makes a new one at each start."""
    data = proof_file(Page(called(), ADDRESS))
    settings.SECRET_KEY = "another"

    assert keys.is_ours(read(data).key)


# --- version 1 stays readable ---


def test_a_file_of_version_1_is_read() -> None:
    """Never changed once written: people keep such files."""
    proof = read(GOLDEN.read_bytes())

    value: dict[str, Any] = json.loads(GOLDEN.with_suffix(".json").read_text(encoding="utf-8"))
    assert proof.state is State.UNCHANGED
    assert proof.key.hex() == value["key"]
    assert list(proof.blacked_out) == value["blacked_out"]
    assert [choice.text for choice in proof.exchange.choices] == value["answers"]
    assert archive.dump(proof.exchange) | value["exchange"] == archive.dump(proof.exchange)
