"""Blacking out: the text is nowhere in what is handed on, or it is refused."""

import json
import re
from base64 import b64encode
from collections.abc import Callable, Collection
from contextlib import suppress
from functools import partial
from html import unescape
from typing import Any
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.dialects import DIALECTS
from playground.exchange import archive
from playground.exchange.record import Exchange
from playground.history.saving import Page, proof_file
from playground.proof.blackout import ANSWER, BlackoutError, black_out, parts
from playground.proof.file import read
from playground.proof.har import har
from playground.proof.hidden import MASK
from tests.growth import seconds
from tests.proof.made import ADDRESS, called, recorded

SECRET = "My salary is 48,200 €; “don’t tell” C:\\new\n工资单在这里"
pytestmark = pytest.mark.django_db


def _ask(text: Any = SECRET) -> list[dict[str, Any]]:
    return [{"role": "system", "content": "Be brief."}, {"role": "user", "content": text}]


def _letters(text: str) -> str:
    for _ in range(4):
        text = unescape(re.sub(r"\\u([0-9a-f]{4})", lambda found: chr(int(found[1], 16)), text))
        text = text.replace("\\n", "\n").replace("\\\\", "\\")
    return "".join(filter(str.isalnum, text))


def _everything(exchange: Exchange, blacked_out: Collection[str]) -> list[str]:
    """Return all that can be handed on, as text."""
    data = proof_file(Page(exchange, ADDRESS, tuple(blacked_out)))
    assert read(data).shows_what_was_sent
    return [
        data.decode(),
        json.dumps(har(exchange)),
        json.dumps(archive.dump(exchange)),
        json.dumps(exchange.completion),
    ]


def _is_gone(secret: str, exchange: Exchange, blacked_out: Collection[str]) -> bool:
    return not any(_letters(secret) in _letters(text) for text in _everything(exchange, blacked_out))


def test_the_test_would_see_it() -> None:
    assert not _is_gone(SECRET, called(_ask()), ())


def test_a_message_is_nowhere() -> None:
    left = black_out(called(_ask()), ["messages.1"])

    assert _is_gone(SECRET, left, ["messages.1"])
    assert json.loads(left.sent.body)["messages"] == [_ask()[0], {"role": "user", "content": MASK}]
    assert left.choices[0].text == "Hello there"
    assert left.usage is not None


ECHOES = {
    "as it is": {"body": SECRET},
    "in JSON": {"answer": f"You said: {SECRET}!"},
    "in ASCII JSON": {"body": json.dumps({"error": {"message": SECRET}})},
    "in UTF-8 JSON": {"body": json.dumps({"error": {"message": SECRET}}, ensure_ascii=False)},
    "in JSON in JSON": {"body": json.dumps({"error": {"message": json.dumps({"input": SECRET})}})},
    "in a header": {
        "headers": [["X-Input", SECRET.replace("\n", " ")]],
    },
    "in a failure": {"failure": {"kind": "cut_off", "host": "h", "detail": SECRET, "limit": None}},
    "a line of it": {"answer": "工资单在这里，第一行 My salary is 48,200 €; “don’t tell” C:\\new"},
}  # fmt: skip


@pytest.mark.parametrize("name", ECHOES)
def test_an_echo_in_one_piece_is_masked_or_refused(name: str) -> None:
    exchange = called(_ask(), **ECHOES[name])
    try:
        left = black_out(exchange, ["messages.1"])
    except BlackoutError:
        left = black_out(exchange, ["messages.1", ANSWER])

    assert _is_gone(SECRET, left, ["messages.1"])
    assert _is_gone(SECRET.partition("\n")[0], left, ["messages.1"])


ESCAPED = {
    "every character": "".join(f"\\u{ord(letter):04x}" for letter in "My salary is 48,200"),
    "in a URL": "My%20salary%20is%2048%2C200",
    "in HTML": "M&#121; salary is &#x34;8,200",
    "other spaces": "My  salary-is 48.200",
    "twice": "".join(f"\\\\u{ord(letter):04x}" for letter in "My salary is 48,200"),
}


@pytest.mark.parametrize("name", ESCAPED)
def test_an_echo_in_another_escaping_is_refused(name: str) -> None:
    exchange = called(_ask("My salary is 48,200"), body=f'{{"error": {{"message": "{ESCAPED[name]}"}}}}')

    with pytest.raises(BlackoutError):
        black_out(exchange, ["messages.1"])
    assert _is_gone("My salary is 48,200", black_out(exchange, ["messages.1", ANSWER]), ())


def test_an_echo_in_pieces_is_refused_unless_the_answer_goes_too() -> None:
    exchange = called(_ask(), ["You said: ", *SECRET, "."], stream=True)

    with pytest.raises(BlackoutError):
        black_out(exchange, ["messages.1"])
    left = black_out(exchange, ["messages.1", ANSWER])
    assert _is_gone(SECRET, left, ["messages.1", ANSWER])


def _tokens(text: str) -> list[str]:
    return [text[start : start + 4] for start in range(0, len(text), 4)]


def _completion(choice: dict[str, Any], **fields: Any) -> str:
    whole = {"index": 0, "message": {"role": "assistant", "content": "OK"}, "finish_reason": "stop"}
    return json.dumps({"choices": [whole | choice], **fields})


def _logprobs(text: str) -> dict[str, Any]:
    others = [{"token": "The", "logprob": -1, "bytes": [84, 104, 101]}]
    tokens = [
        {"token": token, "logprob": 0, "bytes": [*token.encode()], "top_logprobs": others}
        for token in _tokens(text)
    ]
    return {"content": tokens}


SPOKEN = "The code of the safe is 7391-4412"
PIECES = {
    "tokens": _completion({"logprobs": _logprobs(SPOKEN)}),
    "bytes": _completion({"bytes": [*SPOKEN.encode()]}),
    "tokens of the prompt": _completion({}, prompt_token_ids=[464, 2438, 286]),
    "names": _completion({}, **{token: number for number, token in enumerate(_tokens(SPOKEN))}),
    "base64": _completion({}, input=b64encode(json.dumps([SPOKEN]).encode()).decode()),
    "hexadecimal": _completion({}, input=SPOKEN.encode().hex()),
    "a stream's other field": "".join(
        f"data: {json.dumps({'choices': [], 'echo': token})}\n\n" for token in _tokens(SPOKEN)
    ),
    "a stream's ids": "".join(f"id: {token}\ndata: 1\n\n" for token in _tokens(SPOKEN)),
    "a stream of text": "".join(f"data: {token}\n\n" for token in _tokens(SPOKEN)),
}  # fmt: skip


@pytest.mark.parametrize("name", PIECES)
def test_an_echo_is_put_together_wherever_its_pieces_are(name: str) -> None:
    is_stream = name.startswith("a stream")
    exchange = called(_ask(SPOKEN), "", stream=is_stream, body=PIECES[name])

    with pytest.raises(BlackoutError):
        black_out(exchange, ["messages.1"])
    black_out(exchange, ["messages.1", ANSWER])
    black_out(called(_ask("Something else"), "", stream=is_stream, body=_completion({})), ["messages.1"])


def test_no_header_tells_the_text_or_what_it_could_be_guessed_from() -> None:
    headers = [["X-Input", b64encode(SPOKEN.encode()).decode()], ["ETag", "a"], ["Content-Digest", "b"]]

    left = black_out(called(_ask(SPOKEN), headers=headers), ["messages.1"])

    assert left.received
    names = ("X-Input", "ETag", "Content-Digest", "Content-Length")
    assert {left.received.header(name) for name in names} == {MASK}
    assert dict(left.sent.headers)["Content-Length"] == MASK


def test_an_echo_in_another_message_is_masked() -> None:
    messages = [
        *_ask(),
        {"role": "assistant", "content": f"“{SECRET}” it is"},
        {"role": "user", "content": "?"},
    ]

    left = black_out(called(messages), ["messages.1"])

    assert _is_gone(SECRET, left, ["messages.1"])
    assert json.loads(left.sent.body)["messages"][2]["content"] == f"“{MASK}” it is"


@pytest.mark.parametrize("answer", ["Your code is 4711.", "4711"])
def test_a_short_text_must_not_be_a_word_of_the_answer(answer: str) -> None:
    exchange = called(_ask("4711"), answer)

    with pytest.raises(BlackoutError):
        black_out(exchange, ["messages.1"])
    assert "4711" not in json.dumps(archive.dump(black_out(exchange, ["messages.1", ANSWER])))


@pytest.mark.parametrize("secret", ["Zoë Müller, office", "Zoë"])
@pytest.mark.parametrize(
    "form",
    [str.upper, partial(normalize, "NFD"), lambda text: f"Ｚ\u200b{text[1:]}"],
    ids=["case", "NFD", "width"],
)
def test_no_other_way_to_write_a_text_hides_it(secret: str, form: Callable[[str], str]) -> None:
    exchange = called(_ask(secret), f"It is {form(secret)}.")

    with pytest.raises(BlackoutError):
        black_out(exchange, ["messages.1"])
    black_out(exchange, ["messages.1", ANSWER])


@pytest.mark.parametrize(
    "note",
    [SPOKEN.upper(), b64encode(SPOKEN.encode()).decode(), SPOKEN.replace(" ", "%20")],
    ids=["case", "base64", "URL"],
)
def test_a_header_or_url_of_ones_own_says_it_in_no_way(note: str) -> None:
    value = archive.dump(called(_ask(SPOKEN)))
    for headers in (value["call"].setdefault("headers", []), value["sent"]["headers"]):
        headers.append(["X-Note", note])
    value["received"]["reason"] = f"OK {note}"

    left = archive.dump(black_out(archive.load(value, DIALECTS), ["messages.1"]))
    value["provider"], value["call"]["base_url"] = None, f"http://llm.example/{note}"
    with pytest.raises(BlackoutError):
        black_out(archive.load(value, DIALECTS), ["messages.1"])

    assert left["received"]["reason"] == MASK
    assert [left["call"]["headers"][-1], left["sent"]["headers"][-1]] == [["X-Note", MASK]] * 2


def test_names_in_metadata_are_blacked_out_with_it() -> None:
    exchange = called(answer="", body='{"metadata": {"customer_alice": "1"}, "choices": []}')
    value = archive.dump(exchange)
    value["call"]["body"]["metadata"] = {"customer_alice": 1}
    exchange = archive.load(value, DIALECTS)

    assert "metadata" in [part.id for part in parts(exchange)]
    assert _is_gone("customer_alice", black_out(exchange, ["metadata"]), ["metadata"])


@pytest.mark.parametrize(
    "name", ["system", "metadata", "an own header", "a received header", "a status", "a failure"]
)
def test_a_short_text_is_no_word_elsewhere(name: str) -> None:
    value = archive.dump(recorded("messages"))
    value["call"]["body"]["messages"] = [{"role": "user", "content": "hunter2"}]
    if name == "an own header":
        for headers in (value["call"].setdefault("headers", []), value["sent"]["headers"]):
            headers.append(["X-Note", "it is hunter2"])
    elif name == "a received header":
        value["received"]["headers"].append(["X-Input", "hunter2!"])
    elif name == "a status":
        value["received"]["reason"] = "OK, hunter2"
    elif name == "a failure":
        value["failure"] = {"kind": "cut_off", "host": "h", "detail": "after hunter2", "limit": None}
    else:
        value["call"]["body"][name] = {"note": "hunter2, as ever"} if name == "metadata" else "It is hunter2."
    chosen = ["messages.0"]
    try:
        left = black_out(archive.load(value, DIALECTS), chosen)
    except BlackoutError:
        left = black_out(archive.load(value, DIALECTS), [*chosen, name])

    assert "hunter2" not in json.dumps(archive.dump(left))


def test_names_in_a_schema_are_texts_too() -> None:
    schema = {"type": "object", "properties": {"price_of_acme": {"type": "number"}}}
    value = archive.dump(called(answer='{"price_of_acme": 48}'))
    value["call"]["body"]["response_format"] = {"type": "json_schema", "json_schema": {"schema": schema}}
    exchange = archive.load(value, DIALECTS)

    left = black_out(exchange, ["response_format"])

    assert left.choices[0].text == f'{{"{MASK}": 48}}'
    assert "price_of_acme" not in json.dumps(archive.dump(left))


def test_a_text_that_is_the_name_of_a_field_leaves_the_field() -> None:
    left = black_out(called(_ask("messages")), ["messages.1"])

    assert json.loads(left.sent.body)["messages"] == [_ask()[0], {"role": "user", "content": MASK}]


def test_each_of_many_lines_is_looked_for() -> None:
    lines = [f"{number}: clause of the contract, {'x' * (400 - number)}" for number in range(400)]
    exchange = called(_ask("\n".join(lines)), f"It says “{lines[-1]}”.")

    with pytest.raises(BlackoutError):
        black_out(exchange, ["messages.1"])
    assert lines[-1] not in json.dumps(archive.dump(black_out(exchange, ["messages.1", ANSWER])))


def test_the_time_grows_with_the_size_also_for_lines_that_begin_alike() -> None:
    def black_out_lines(size: int) -> None:
        lines = [f"{'a' * size}{number}" for number in range(size // 5)]
        with suppress(BlackoutError):
            black_out(called(_ask("\n".join(lines)), "a" * size * 10), ["messages.1"])

    black_out_lines(100)
    assert seconds(lambda: black_out_lines(1000)) < 20


def test_a_short_text_within_words_stays() -> None:
    left = black_out(called(_ask("Hi"), "This is a chill answer"), ["messages.1"])

    assert left.choices[0].text == "This is a chill answer"


@pytest.mark.parametrize("name", ["completion", "stream", "messages", "responses"])
def test_an_answer_is_nowhere_and_its_numbers_stay(name: str) -> None:
    exchange = recorded(name)
    text = exchange.choices[0].text or ""

    left = black_out(exchange, [ANSWER])

    assert left.received is not None
    assert text not in "".join([*left.choices[0].texts, left.received.text])
    assert left.usage == exchange.usage
    assert left.choices[0].finish_reason == exchange.choices[0].finish_reason
    assert left.timings == exchange.timings
    assert left.stream is None or len(left.stream.events) == len(exchange.stream.events)  # type: ignore[union-attr]
    assert MASK in (left.choices[0].text or "")


def test_an_answer_is_gone_from_logprobs_calls_and_unknown_fields() -> None:
    secret = "paris"
    choice = {
        "index": 0, "finish_reason": "tool_calls", "surprise": secret, "numbers": [*secret.encode()],
        "logprobs": {"content": [{"token": secret, "bytes": [*secret.encode()], "logprob": -0.1}]},
        "message": {
            "role": "assistant", "content": secret, "reasoning_content": secret, secret: secret,
            "tool_calls": [{"id": "c", "function": {"name": secret, "arguments": secret}}],
        },
    }  # fmt: skip
    exchange = called(body=json.dumps({"id": "x", "model": "m", "choices": [choice]}))

    left = black_out(exchange, [ANSWER])

    assert left.received is not None
    assert secret not in left.received.text
    assert "112" not in left.received.text
    assert left.choices[0].finish_reason == "tool_calls"


@pytest.mark.parametrize("body", ["<html>Sorry, My answer", '{"cut": "My answ', "data: My answer\n\n"])
def test_an_answer_that_is_not_json_goes_as_a_whole(body: str) -> None:
    left = black_out(called(body=body), [ANSWER])

    assert left.received is not None
    assert left.received.text == MASK


def test_a_response_that_is_not_utf_8_can_only_go_as_a_whole() -> None:
    exchange = recorded("no-utf8")

    with pytest.raises(BlackoutError):
        black_out(exchange, ["messages.0"])
    assert black_out(exchange, ["messages.0", ANSWER])


def test_parts_with_images_files_and_calls_are_removed_whole() -> None:
    content = [
        {"type": "text", "text": "What is on this picture of my passport?"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgoAAAANSUhEUg"}},
    ]

    left = black_out(called(_ask(content)), ["messages.1"])

    assert json.loads(left.sent.body)["messages"][1] == {"role": "user", "content": MASK}
    assert _is_gone("iVBORw0KGgoAAAANSUhEUg", left, ())


@pytest.mark.parametrize("name", ["completion", "stream", "messages", "responses", "error", "failure"])
def test_each_part_of_each_api_can_be_blacked_out(name: str) -> None:
    exchange = recorded(name)

    for part in parts(exchange):
        left = black_out(exchange, [part.id, ANSWER])
        assert archive.load(archive.dump(left), {left.dialect.id: left.dialect}) == left
        assert part.id == ANSWER or MASK in left.sent.text


def test_a_header_of_ones_own_can_be_blacked_out() -> None:
    value = archive.dump(called(body='{"echo": "tenant-4711-blue"}'))
    for headers in (value["call"].setdefault("headers", []), value["sent"]["headers"]):
        headers.append(["X-Tenant", "tenant-4711-blue"])
    exchange = archive.load(value, DIALECTS)

    left = black_out(exchange, ["headers.X-Tenant"])

    assert "headers.X-Tenant" in [part.id for part in parts(exchange)]
    assert _is_gone("tenant-4711-blue", left, ())
    assert ("X-Tenant", MASK) in left.sent.headers


def test_a_call_that_is_too_large_is_refused() -> None:
    with pytest.raises(BlackoutError):
        black_out(called(answer="long " * 500_000), ["messages.0"])


@given(
    st.text(st.characters(codec="utf-8"), min_size=1, max_size=60), st.sampled_from(["{}", "<{}>", "a {} b"])
)
def test_whatever_the_text_is_it_is_nowhere(text: str, around: str) -> None:
    exchange = called(_ask(text), around.format(text))
    try:
        left = black_out(exchange, ["messages.1"])
    except BlackoutError:
        left = black_out(exchange, ["messages.1", ANSWER])

    if len(letters := _letters(text)) >= 8:
        assert left.received is not None
        assert letters not in _letters("\n".join([left.sent.text, left.received.text]))
    assert json.loads(left.sent.body)["messages"][1]["content"] == MASK
