"""What a message says, in the form that all APIs share."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.dialects.messages.dialect import MESSAGES
from playground.exchange.answer import Choice, Finish, Source
from playground.exchange.usage import Usage
from tests.exchange.strategies import json_values

TEXT = {"type": "text", "text": "Hello!"}
THOUGHT = {"type": "thinking", "thinking": "Hm.", "signature": "sig=="}
CALL = {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {"city": "Paris"}}
PNG = "iVBORw0KGgoAAAANSUhEUg=="
IMAGE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}}


def _message(*blocks: Any, **changes: Any) -> dict[str, Any]:
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-m",
        "content": list(blocks),
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 9, "output_tokens": 3},
    } | changes


def _choice(*blocks: Any, **changes: Any) -> Choice:
    (choice,) = MESSAGES.answer(_message(*blocks, **changes), {}).choices
    return choice


def test_a_message_is_an_answer_of_one_choice() -> None:
    answer = MESSAGES.answer(_message(THOUGHT, TEXT, CALL), {})

    (choice,) = answer.choices
    assert answer.model == "claude-m"
    assert (choice.text, choice.reasoning, choice.refusal, choice.transcript) == ("Hello!", "Hm.", None, None)
    (call,) = choice.tool_calls
    assert (call.id, call.name, json.loads(call.arguments), call.raw) == (
        "toolu_1", "f", {"city": "Paris"}, CALL,
    )  # fmt: skip
    assert choice.others == {}


def test_a_call_is_shown_with_its_caller_if_that_is_code() -> None:
    program = {"type": "code_execution_20260120", "tool_id": "srvtoolu_1"}

    assert _choice(CALL | {"caller": {"type": "direct"}}).others == {}
    assert _choice(CALL | {"caller": program}).others == {
        "content": [{"type": "tool_use", "caller": program}]
    }


def test_no_text_differs_from_an_empty_one() -> None:
    assert _choice(CALL).text is None
    assert _choice({"type": "text", "text": ""}).text == ""
    assert _choice(content="Hi").text == "Hi"
    assert _choice(content=None).is_empty


@pytest.mark.parametrize(
    ("reason", "word"),
    [
        ("end_turn", Finish.STOP),
        ("stop_sequence", Finish.STOP),
        ("max_tokens", Finish.LENGTH),
        ("model_context_window_exceeded", Finish.LENGTH),
        ("tool_use", Finish.TOOL_CALLS),
        ("pause_turn", Finish.PAUSED),
        ("compaction", Finish.PAUSED),
        ("refusal", Finish.REFUSAL),
        ("reason_of_next_year", None),
        (None, None),
    ],
)
def test_every_stop_reason_has_its_common_word_and_its_own(reason: str | None, word: Finish | None) -> None:
    choice = _choice(TEXT, stop_reason=reason)

    assert (choice.finish, choice.finish_reason) == (word, reason)
    assert (choice.finish_note is None) == (reason in ("end_turn", "stop_sequence", None))


def test_each_note_says_what_is_to_be_done_here() -> None:
    reasons = ("max_tokens", "model_context_window_exceeded", "tool_use", "pause_turn", "refusal", "x")

    notes = {str(_choice(TEXT, stop_reason=reason).finish_note) for reason in reasons}

    assert len(notes) == len(reasons)


@pytest.mark.parametrize("reason", ["stop_sequence", "end_turn"])  # llama.cpp says end_turn
def test_the_stop_sequence_that_was_met_is_named(reason: str) -> None:
    note = _choice(TEXT, stop_reason=reason, stop_sequence="\n\n").finish_note

    assert note is not None
    assert note.params["stop"] == '"\\n\\n"'


def test_a_refusal_says_why() -> None:
    details = {"type": "refusal", "category": "cyber", "explanation": "It could do harm."}

    explained = _choice(TEXT, stop_reason="refusal", stop_details=details)
    category = _choice(stop_reason="refusal", stop_details=details | {"explanation": None})
    unknown = _choice(stop_reason="end_turn", stop_details={"type": "new", "level": 3})

    assert (explained.refusal, explained.others) == ("It could do harm.", {})
    assert explained.finish_note is not None
    assert explained.finish_note.params["category"] == "cyber"
    assert (category.refusal, category.others) == (None, {})
    assert _choice(TEXT, stop_details=details).others == {"stop_details": details}
    assert unknown.others == {"stop_details": {"type": "new", "level": 3}}


def test_thinking_that_is_only_a_signature_is_shown_as_it_came() -> None:
    omitted = THOUGHT | {"thinking": ""}

    choice = _choice(omitted, TEXT)

    assert choice.reasoning is None
    assert choice.others == {"content": [omitted]}


@pytest.mark.parametrize(
    ("citation", "source"),
    [
        (
            {"type": "web_search_result_location", "url": "https://a.example/x", "title": "A"},
            Source("A", "https://a.example/x"),
        ),
        (
            {"type": "web_search_result_location", "url": "https://a.example/x", "title": None},
            Source("https://a.example/x", "https://a.example/x"),
        ),
        ({"type": "search_result_location", "source": "kb/7", "title": "Seven"}, Source("Seven", None)),
        ({"type": "search_result_location", "source": "javascript:x"}, Source("javascript:x", None)),
        ({"type": "char_location", "document_title": "Book", "cited_text": "q"}, Source("Book", None)),
        ({"type": "page_location", "document_title": None, "file_id": "file_1"}, Source("file_1", None)),
        ({"type": "content_block_location", "cited_text": "q" * 100}, Source("q" * 80, None)),
    ],
)  # fmt: skip
def test_citations_are_sources(citation: Any, source: Source) -> None:
    choice = _choice(TEXT | {"citations": [citation, citation]})

    assert list(choice.sources) == [source]
    assert choice.others == {}


def test_a_citation_of_nothing_is_shown_as_it_came() -> None:
    choice = _choice(TEXT | {"citations": [{"type": "new_location"}]})

    assert list(choice.sources) == []
    assert choice.others == {"content": [{"type": "text", "citations": [{"type": "new_location"}]}]}


def test_images_are_shown() -> None:
    linked = {"type": "image", "source": {"type": "url", "url": "https://a.example/i.png"}}

    images = _choice(IMAGE, linked, {"type": "image", "source": {"type": "file", "file_id": "f"}}).images

    assert [(image.type, image.link) for image in images] == [
        ("image/png", None),
        (None, "https://a.example/i.png"),
    ]


# --- usage ---


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        ({"input_tokens": 9, "output_tokens": 3}, Usage(9, 3, 12)),
        (
            {
                "input_tokens": 9,
                "cache_creation_input_tokens": 100,
                "cache_read_input_tokens": 1000,
                "output_tokens": 30,
                "output_tokens_details": {"thinking_tokens": 20},
                "service_tier": "standard",
            },
            Usage(1109, 30, 1139, 1000, 20, cache_write_tokens=100),
        ),
        ({"cache_read_input_tokens": 5}, Usage(5, None, None, 5)),
        ({"output_tokens": 3}, Usage(None, 3, None)),
        ({"input_tokens": -1, "output_tokens": "3"}, None),
        ({"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12}, Usage(9, 3, 12)),
        ({}, None),
        (None, None),
    ],
)
def test_all_input_is_the_sum_of_the_three(usage: Any, expected: Usage | None) -> None:
    assert MESSAGES.answer(_message(TEXT, usage=usage), {}).usage == expected


# --- the next call ---


def test_a_plain_text_goes_back_as_a_text() -> None:
    parts = [{"type": "text", "text": "Hel", "citations": None}, {"type": "text", "text": "lo"}]

    assert _choice(*parts).following(media=True) == [
        {"role": "assistant", "content": "Hello"},
        {"role": "user", "content": ""},
    ]


def test_thinking_goes_back_with_its_signature_and_results_are_asked_for() -> None:
    other = CALL | {"id": "toolu_2"}
    redacted = {"type": "redacted_thinking", "data": "EmwK"}
    choice = _choice(redacted, THOUGHT, TEXT, CALL, other, stop_reason="tool_use")

    answer, results = choice.following(media=True)

    assert answer == {"role": "assistant", "content": [redacted, THOUGHT, TEXT, CALL, other]}
    assert results == {
        "role": "user",
        "content": [
            {"type": "tool_result", "tool_use_id": "toolu_1", "content": ""},
            {"type": "tool_result", "tool_use_id": "toolu_2", "content": ""},
        ],
    }


def test_what_no_call_takes_is_left_out() -> None:
    unsigned = {"type": "thinking", "thinking": "Hm."}

    (answer, _) = _choice(unsigned, {"type": "text", "text": ""}, TEXT).following(media=True)

    assert answer == {"role": "assistant", "content": "Hello!"}
    assert _choice().following(media=True) == []


def test_thinking_that_was_cut_off_before_its_signature_stays_behind() -> None:
    unsigned = {"type": "thinking", "thinking": "Hm.", "signature": ""}

    assert _choice(unsigned).following(media=True) == []
    (answer, _) = _choice(unsigned, TEXT).following(media=True)
    assert answer["content"] == [unsigned, TEXT]


def test_a_paused_answer_goes_on_without_a_message() -> None:
    search = {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}}

    assert _choice(search, stop_reason="pause_turn").following(media=True) == [
        {"role": "assistant", "content": [search]}
    ]


SEARCH = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "Paris"}}
FOUND = {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []}


@pytest.mark.parametrize("stop_reason", ["pause_turn", "tool_use"])
@pytest.mark.parametrize(
    ("asked", "sent"),
    [
        ({}, "container_1"),
        ({"container": {"skills": ["pdf"]}}, {"skills": ["pdf"], "id": "container_1"}),
    ],
)
def test_code_that_waits_goes_on_in_its_container(stop_reason: str, asked: dict[str, Any], sent: Any) -> None:
    """Otherwise Anthropic answers: container_id is required when there are pending tool uses."""
    message = _message(SEARCH, stop_reason=stop_reason, container={"id": "container_1", "expires_at": "…"})

    (choice,) = MESSAGES.answer(message, asked).choices

    assert choice.next_fields == {"container": sent}
    assert choice.following(media=True)[0]["content"] == [SEARCH]


def test_an_answer_that_ended_needs_no_container() -> None:
    assert _choice(TEXT, container={"id": "container_1"}).next_fields == {}
    assert _choice(CALL, stop_reason="tool_use").next_fields == {}


@pytest.mark.parametrize("stop_reason", ["max_tokens", None])
@pytest.mark.parametrize("cut", [SEARCH, SEARCH | {"input": '{"que'}, SEARCH | {"type": "mcp_tool_use"}])
def test_a_call_that_the_provider_did_not_get_to_run_stays_behind(
    stop_reason: str | None, cut: dict[str, Any]
) -> None:
    assert _choice(TEXT, cut, stop_reason=stop_reason).following(media=True)[0]["content"] == "Hello!"
    kept = _choice(SEARCH, FOUND, TEXT, stop_reason=stop_reason).following(media=True)
    assert kept[0]["content"] == [SEARCH, FOUND, TEXT]


def test_a_text_that_another_model_continues_is_one() -> None:
    fallback = {"type": "fallback", "from": {"model": "a"}, "to": {"model": "b"}}

    assert _choice({"type": "text", "text": "Hel"}, fallback, {"type": "text", "text": "lo"}).text == "Hello"


def test_what_a_refusal_says_besides_its_reason_is_shown() -> None:
    told = {"type": "refusal", "category": "cyber", "explanation": None, "recommended_model": "claude-n"}

    others = _choice(stop_reason="refusal", stop_details=told).others

    assert others == {"stop_details": {"recommended_model": "claude-n"}}


def test_images_go_back_only_with_the_media() -> None:
    choice = _choice(TEXT, IMAGE)

    assert choice.following(media=True)[0]["content"] == [TEXT, IMAGE]
    assert choice.following(media=False)[0]["content"] == "Hello!"


def test_what_follows_an_answer_may_be_sent() -> None:
    asked = [{"role": "user", "content": "What is the weather?"}]
    following = _choice(THOUGHT, CALL).following(media=True)
    body = {"model": "m", "max_tokens": 9, "messages": [*asked, *following]}

    assert MESSAGES.problems(body, 100) == []


# --- whatever comes ---


@given(st.dictionaries(st.sampled_from(sorted(_message())), json_values))
def test_any_json_may_come_as_a_message(changes: dict[str, Any]) -> None:
    value = _message(TEXT) | changes

    answer = MESSAGES.answer(value, {})

    (choice,) = answer.choices
    assert json.dumps([choice.following(media=False), choice.others, choice.texts])
    assert all(isinstance(call.arguments, str) for call in choice.tool_calls)
    for found in (choice.images, choice.sources, MESSAGES.texts(value)):
        list(found)
    assert MESSAGES.masked(value, set()) == value
    MESSAGES.error(value)


@given(json_values)
def test_any_json_may_come_in_place_of_a_message(value: Any) -> None:
    completion = MESSAGES.completion(value)

    assert completion is None or MESSAGES.answer(completion, {}).choices
    assert MESSAGES.counted(value) is None or isinstance(value, dict)
    list(MESSAGES.texts(value))
    MESSAGES.models(value)
    MESSAGES.error(value)
