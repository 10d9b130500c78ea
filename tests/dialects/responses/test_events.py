"""Streams of the Responses API are put together, whatever a server leaves out."""

import json
from collections.abc import Callable
from typing import Any, get_args

import pytest
from openai.types.responses import ResponseStreamEvent

from playground.dialects import DEFAULT
from playground.exchange.answer import Finish
from playground.exchange.dialect import Dialect
from playground.exchange.stream import StreamReader
from playground.text.redact import Redactor
from tests.dialects.responses.streams import RESPONSES, answer, call, event, message, response, stream, wire
from tests.growth import costs_at_most, is_linear
from tests.upstreams.scripted import chunk

PLACE = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
OPENING = (
    event("response.created", sequence_number=0, response=response(status="in_progress")),
    event("response.in_progress", sequence_number=1, response=response(status="in_progress")),
)


def delta(text: str, stem: str = "output_text", **place: Any) -> dict[str, Any]:
    return event(f"response.{stem}.delta", delta=text, **(place or PLACE))


def usage(read: int, written: int, **details: Any) -> dict[str, Any]:
    return {"input_tokens": read, "output_tokens": written, "total_tokens": read + written} | details


TEXT = (
    *OPENING,
    event("response.output_item.added", output_index=0, item=message(status="in_progress")),
    event("response.content_part.added", part={"type": "output_text", "text": ""}, **PLACE),
    delta("Hel", logprobs=[], obfuscation="xYz1", **PLACE),
    delta("lo, é👍!", logprobs=[], obfuscation="xY", **PLACE),
    event("response.output_text.done", text="Hello, é👍!", **PLACE),
    event("response.content_part.done", part={"type": "output_text", "text": "Hello, é👍!"}, **PLACE),
    event("response.output_item.done", output_index=0, item=message("Hello, é👍!")),
    event("response.completed", response=response(message("Hello, é👍!"), usage=usage(9, 3))),
)


@pytest.mark.parametrize("size", [0, 1, 7])
def test_a_text_is_put_together_and_ends_the_call(size: int) -> None:
    found = stream(*TEXT, size=size)

    read = answer(found.completion)
    assert (found.done, found.is_finished, found.error) == (True, True, None)
    assert found.completion == response(message("Hello, é👍!"), usage=usage(9, 3))
    assert (read.choices[0].text, read.choices[0].finish, read.model) == ("Hello, é👍!", Finish.STOP, "m")
    assert read.usage is not None
    assert (read.usage.prompt_tokens, read.usage.completion_tokens, read.usage.total_tokens) == (9, 3, 12)
    assert [item.brought for item in found.events if item.brought] == ["Hel", "lo, é👍!"]


@pytest.mark.parametrize("end", range(2, len(TEXT)))
def test_a_stream_that_stops_keeps_what_came(end: int) -> None:
    found = stream(*TEXT[:end])

    said = "".join(item.brought for item in found.events)
    assert found.ended_early
    assert (answer(found.completion).choices[0].text or "") == said
    assert answer(found.completion).choices[0].finish is None


@pytest.mark.parametrize("stem", ["reasoning_text", "reasoning", "reasoning_summary_text"])
def test_reasoning_grows_under_each_name_that_its_events_have(stem: str) -> None:
    """`response.reasoning.delta` is the name in the Open Responses specification."""
    place = {"item_id": "rs_1", "output_index": 0, "content_index": 0}
    item = {"type": "reasoning", "id": "rs_1", "summary": []}
    events = (
        *OPENING,
        event("response.output_item.added", output_index=0, item=item),
        delta("Say ", stem, **place),
        delta("hello.", stem, **place),
        event(f"response.{stem}.done", text="Say hello.", **place),
    )
    whole, by_bytes = stream(*events), stream(*events, size=1)

    assert [found.brought for found in whole.events if found.brought] == ["Say ", "hello."]
    assert answer(whole.completion).choices[0].reasoning == "Say hello."
    assert by_bytes.completion == whole.completion


def test_no_text_is_lost_in_an_event_named_like_its_item() -> None:
    item = {"type": "dream", "id": "d_1", "status": "in_progress"}
    found = stream(
        *OPENING,
        event("response.output_item.added", output_index=0, item=item),
        event("response.dream.delta", item_id="d_1", output_index=0, delta="é"),
    )

    assert [told.brought for told in found.events if told.brought] == ["é"]
    assert "é" in str(answer(found.completion).choices[0].others)


def test_what_is_live_is_what_is_read_in_the_end() -> None:
    collector = RESPONSES.collector()

    for item in TEXT:
        collector.add(item)

    (live,) = collector.live
    assert {name: str(text) for name, text in live.texts.items()} == {"text": "Hello, é👍!"}
    assert collector.tokens == 2


def test_reasoning_and_refusals_and_calls_have_their_own_places() -> None:
    thought = {
        "type": "reasoning", "id": "rs_1", "encrypted_content": "gAAA",
        "summary": [{"type": "summary_text", "text": "First."}, {"type": "summary_text", "text": "Then."}],
    }  # fmt: skip
    events = (
        *OPENING,
        event("response.output_item.added", output_index=0, item=thought | {"summary": []}),
        *(
            item
            for number, text in enumerate(("First.", "Then."))
            for item in (
                event(
                    "response.reasoning_summary_part.added",
                    output_index=0,
                    summary_index=number,
                    part={"type": "summary_text", "text": ""},
                ),
                delta(text, "reasoning_summary_text", item_id="rs_1", output_index=0, summary_index=number),
                event(
                    "response.reasoning_summary_text.done", output_index=0, summary_index=number, text=text
                ),
            )
        ),
        event("response.output_item.done", output_index=0, item=thought),
        delta("I ca", "refusal", item_id="msg_1", output_index=1, content_index=0),
        delta("n't.", "refusal", item_id="msg_1", output_index=1, content_index=0),
        event("response.output_item.added", output_index=2, item=call(arguments="")),
        event("response.output_item.added", output_index=3, item=call(arguments="", id="fc_2", call_id="c2")),
        delta('{"ci', "function_call_arguments", item_id="fc_1", output_index=2),
        delta("{", "function_call_arguments", item_id="fc_2", output_index=3),
        delta('ty":"Paris"}', "function_call_arguments", item_id="fc_1", output_index=2),
        delta("}", "function_call_arguments", item_id="fc_2", output_index=3),
    )

    cut = answer(stream(*events).completion).choices[0]
    whole = response(
        thought,
        message(content=[{"type": "refusal", "refusal": "I can't."}]),
        call(),
        call(arguments="{}", id="fc_2", call_id="c2"),
    )
    ended = answer(stream(*events, event("response.completed", response=whole)).completion).choices[0]

    for choice in (cut, ended):
        assert (choice.reasoning, choice.refusal, choice.text) == ("First.\n\nThen.", "I can't.", None)
        assert [(item.id, item.arguments) for item in choice.tool_calls] == [
            ("call_1", '{"city":"Paris"}'),
            ("c2", "{}"),
        ]
    assert ended.finish is Finish.TOOL_CALLS


def test_indexes_and_ids_may_be_missing() -> None:
    """llama.cpp sends no indexes; what has no id either belongs to the last item."""
    named = {"item_id": "msg_1"}
    without_index = (
        event("response.created", response={"id": "resp_1", "object": "response", "status": "in_progress"}),
        event("response.output_item.added", item=message(status="in_progress")),
        event("response.content_part.added", part={"type": "output_text", "text": ""}, **named),
        delta("Hel", **named),
        delta("lo", **named),
        event("response.content_part.added", part={"type": "output_text", "text": ""}, **named),
        delta("!", **named),
    )
    without_id = [
        {name: value for name, value in item.items() if name != "item_id"} for item in without_index
    ]

    for events in (without_index, without_id, [delta("Hel", x=1), delta("lo!", x=1)]):
        found = stream(*events)
        assert answer(found.completion).choices[0].text == "Hello!"
        assert found.completion is not None
        assert len(found.completion["output"]) == 1


def test_an_id_may_change_with_each_event() -> None:
    """As GitHub Copilot's do."""
    events = [
        event("response.output_item.added", output_index=0, item=call(arguments="", id="a")),
        delta('{"a"', "function_call_arguments", item_id="b", output_index=0),
        delta(":1}", "function_call_arguments", item_id="c", output_index=0),
        event("response.output_item.done", output_index=0, item=call(arguments='{"a":1}', id="d")),
    ]

    found = stream(*events)

    assert [item.arguments for item in answer(found.completion).choices[0].tool_calls] == ['{"a":1}']


def test_items_of_one_index_are_told_apart_by_their_ids() -> None:
    events = [
        event("response.output_item.added", output_index=0, item=call("f", arguments="", id="a")),
        event("response.output_item.done", output_index=0, item=call("f", arguments="{}", id="a")),
        event("response.output_item.added", output_index=0, item=call("g", arguments="", id="b")),
        delta("{}", "function_call_arguments", item_id="b", output_index=0),
    ]

    found = stream(*events)

    assert [item.name for item in answer(found.completion).choices[0].tool_calls] == ["f", "g"]


@pytest.mark.parametrize(
    "events",
    [
        [event("response.completed", response=response(message("Hello!")))],
        [event("response.output_item.done", output_index=0, item=message("Hello!"))],
        [event("response.output_text.done", text="Hello!", **PLACE)],
        [event("response.content_part.done", part={"type": "output_text", "text": "Hello!"}, **PLACE)],
        [response(message("Hello!"))],
    ],
)
def test_a_text_without_deltas_is_brought_once(events: list[dict[str, Any]]) -> None:
    collector = RESPONSES.collector()

    brought = [collector.add(item) for item in events]

    assert brought == ["Hello!"]
    assert str(collector.live[0].texts["text"]) == "Hello!"
    assert answer(collector.completion).choices[0].text == "Hello!"


def test_a_last_event_without_items_keeps_those_that_came() -> None:
    found = stream(*TEXT[:-1], event("response.completed", response=response(usage=usage(1, 2))))

    assert answer(found.completion).choices[0].text == "Hello, é👍!"
    assert answer(found.completion).choices[0].finish is Finish.STOP


def test_the_whole_response_wins_over_what_was_collected() -> None:
    found = stream(*TEXT[:-1], event("response.completed", response=response(message("Something else."))))

    assert answer(found.completion).choices[0].text == "Something else."


@pytest.mark.parametrize(
    ("reason", "finish"),
    [("max_output_tokens", Finish.LENGTH), ("content_filter", Finish.FILTER), ("steered", None)],
)
def test_an_incomplete_response_says_why(reason: str, finish: Finish | None) -> None:
    whole = response(message("Hel"), status="incomplete", incomplete_details={"reason": reason})

    found = stream(*TEXT[:5], event("response.incomplete", response=whole))

    choice = answer(found.completion).choices[0]
    assert found.done
    assert (choice.text, choice.finish, choice.finish_reason) == ("Hel", finish, reason)
    assert choice.finish_note is not None


@pytest.mark.parametrize(
    "failing",
    [
        event(
            "response.failed",
            response=response(status="failed", error={"code": "server_error", "message": "Down."}),
        ),
        event("error", code="server_error", message="Down.", param=None, sequence_number=5),
    ],
)
def test_a_failure_ends_the_call_and_is_the_error(failing: dict[str, Any]) -> None:
    found = stream(*TEXT[:5], failing)

    assert found.done
    assert (found.error["code"], found.error["message"]) == ("server_error", "Down.")
    assert answer(found.completion).choices[0].text == "Hel"


def test_an_error_of_a_gateway_without_a_type_is_one() -> None:
    assert stream(*TEXT[:5], '{"error": {"message": "Down."}}').error == {"message": "Down."}


def test_done_is_tolerated() -> None:
    assert stream(*TEXT, "[DONE]").unread is None
    assert stream(*TEXT[:5], "[DONE]").done


def test_built_in_tools_pass_through_with_their_status() -> None:
    search = {"type": "web_search_call", "id": "ws_1", "status": "in_progress"}
    events = [
        event("response.output_item.added", output_index=0, item=search),
        event("response.web_search_call.in_progress", output_index=0, item_id="ws_1"),
        event("response.web_search_call.searching", output_index=0, item_id="ws_1"),
    ]
    done = search | {"status": "completed", "action": {"type": "search", "query": "q"}}

    cut = answer(stream(*events).completion).choices[0]
    ended = answer(
        stream(*events, event("response.output_item.done", output_index=0, item=done)).completion
    ).choices[0]

    assert cut.others == {"web_search_call": [search | {"status": "searching"}]}
    assert ended.others == {"web_search_call": [done]}


@pytest.mark.parametrize(
    ("stem", "type_", "field"),
    [
        ("mcp_call_arguments", "mcp_call", "arguments"),
        ("code_interpreter_call_code", "code_interpreter_call", "code"),
        ("custom_tool_call_input", "custom_tool_call", "input"),
    ],
)
def test_what_tools_are_called_with_grows(stem: str, type_: str, field: str) -> None:
    place = {"output_index": 0, "item_id": "t_1"}
    found = stream(
        event("response.output_item.added", output_index=0, item={"type": type_, "id": "t_1", field: ""}),
        delta("pri", stem, **place),
        delta("nt()", stem, **place),
        event(f"response.{stem}.done", **place, **{field: "print()"}),
    )

    assert found.completion is not None
    assert found.completion["output"] == [{"type": type_, "id": "t_1", field: "print()"}]


def test_an_image_is_shown_while_it_is_made() -> None:
    png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    found = stream(
        event(
            "response.output_item.added", output_index=0, item={"type": "image_generation_call", "id": "i"}
        ),
        event("response.image_generation_call.generating", output_index=0, item_id="i"),
        event(
            "response.image_generation_call.partial_image",
            output_index=0,
            item_id="i",
            partial_image_b64=png,
            partial_image_index=0,
        ),
    )

    (image,) = answer(found.completion).choices[0].images
    assert image.type == "image/png"


def test_annotations_are_sources() -> None:
    cited = {"type": "url_citation", "url": "https://example.org/", "title": "Example"}
    found = stream(
        *TEXT[:5],
        event("response.output_text.annotation.added", annotation=cited, annotation_index=0, **PLACE),
        event(
            "response.output_text.annotation.added",
            annotation={"type": "file_citation", "file_id": "f", "filename": "a.pdf"},
            **PLACE,
        ),
    )

    sources = list(answer(found.completion).choices[0].sources)
    assert [(source.title, source.link) for source in sources] == [
        ("Example", "https://example.org/"),
        ("a.pdf", None),
    ]


def test_logprobs_are_kept() -> None:
    one, two = {"token": "Hel", "logprob": -0.1}, {"token": "lo", "logprob": -0.2}
    found = stream(delta("Hel", logprobs=[one], **PLACE), delta("lo", logprobs=[two], **PLACE))

    assert found.completion is not None
    assert found.completion["output"][0]["content"][0]["logprobs"] == [one, two]


def test_audio_and_its_transcript_are_heard_and_read() -> None:
    found = stream(
        *OPENING,
        event("response.audio.delta", delta="AAAA"),
        event("response.audio.transcript.delta", delta="Hel"),
        event("response.audio.transcript.delta", delta="lo"),
    )

    choice = answer(found.completion).choices[0]
    assert choice.transcript == "Hello"
    assert [sound.type for sound in choice.audio] == ["audio/wav"]


def test_unknown_events_items_parts_and_fields_pass_through() -> None:
    item = {"type": "dream", "id": "d_1", "content": [{"type": "cloud", "shape": "cat"}]}
    odd = message(content=[{"type": "hologram", "text": 1}], mood="good")
    found = stream(
        *OPENING,
        event("response.steer.accepted", steer={"id": "s"}, sequence_number=4),
        event("response.dream.delta", delta="zz", depth=1),
        event("response.dream.delta", delta="Z", depth=1),
        event("response.completed", response=response(item, odd)),
        {"type": "billing.note", "cents": 3},
    )

    assert answer(found.completion).choices[0].others == {
        "dream": [item],
        "message": [{"mood": "good", "content": [{"type": "hologram", "text": 1}]}],
        "events": [
            {"type": "response.steer.accepted", "steer": {"id": "s"}},
            {"type": "response.dream.delta", "depth": 1, "delta": "zzZ"},
            {"type": "billing.note", "cents": 3},
        ],
    }


def test_unknown_fields_of_a_delta_and_beside_a_response_are_kept() -> None:
    timings = {"predicted_n": 3}
    found = stream(
        delta("Hel", mood="good", **PLACE),
        event("response.in_progress", response=response(status="in_progress"), timings=timings),
    )

    assert found.completion is not None
    assert found.completion["output"][0]["content"][0] == {
        "type": "output_text",
        "mood": "good",
        "text": "Hel",
    }
    assert found.completion["timings"] == timings


def test_events_of_another_api_are_foreign() -> None:
    found = stream(
        '{"id": "c", "object": "chat.completion.chunk", "choices": [{"delta": {"content": "Hi"}}]}'
    )

    assert (found.completion, found.is_foreign) == (None, True)


KEY = "sk-typed-canary-51c0de"


def test_a_key_in_pieces_is_in_no_view() -> None:
    for stem in ("output_text", "refusal", "reasoning_text", "function_call_arguments"):
        found = stream(*(delta(piece, stem, **PLACE) for piece in (KEY[:9], KEY[9:], " and more")), key=KEY)
        shown = [item.data for item in found.events] + [str(found.completion)]
        assert not [text for text in shown if KEY in text or KEY[9:] in text]


_PART = {"type": "output_text", "text": KEY[:9]}


@pytest.mark.parametrize(
    "events",
    [
        (event("response.content_part.added", part=_PART, **PLACE), delta(KEY[9:], **PLACE)),
        (event("response.output_item.added", item=message(KEY[:9]), **PLACE), delta(KEY[9:], **PLACE)),
        (
            event("response.output_item.added", item=call(arguments=KEY[:9]), output_index=0),
            delta(KEY[9:], "function_call_arguments", output_index=0),
        ),
        (
            delta(KEY[:9], **PLACE),
            event("response.output_text.done", text=KEY[9:], output_index=0, content_index=1),
        ),
        (delta(KEY[:9], **PLACE), event("response.completed", response=response(message(KEY[9:])))),
        (event("response.completed", response=response(message(KEY[:9]), message(KEY[9:]))),),
    ],
    ids=[
        "part and delta",
        "item and delta",
        "call and delta",
        "delta and text",
        "delta and end",
        "end alone",
    ],
)
def test_a_key_is_in_no_view_if_not_all_of_its_pieces_are_deltas(events: tuple[dict[str, Any], ...]) -> None:
    found = stream(*events, key=KEY)

    assert not [item for item in found.events if KEY[9:] in item.data or KEY[9:] in item.brought]
    assert KEY[9:] not in found.body.decode()


def test_a_key_in_the_parts_of_a_whole_response_is_masked() -> None:
    found = stream(event("response.completed", response=response(message(KEY[:9], KEY[9:]))), key=KEY)

    assert KEY[9:] not in str(found.completion)


def _known_events() -> list[dict[str, Any]]:
    """Build an event of every type that the SDK knows, with the fields that it has there."""
    made = []
    for model in get_args(get_args(ResponseStreamEvent)[0]):
        fields = {name: _sample(name) for name in model.model_fields if name != "type"}
        (type_,) = get_args(model.model_fields["type"].annotation)
        made.append({"type": type_, **fields})
    return made


def _sample(name: str) -> Any:
    if name.endswith("index"):
        return 0
    samples = {
        "sequence_number": 1,
        "response": response(status="in_progress"),
        "item": {"type": "dream", "id": "item_1"},
        "item_id": "item_1",
        "part": {"type": "output_text", "text": "é"},
        "annotation": {"type": "file_path", "file_id": "f"},
        "logprobs": [{"token": "é", "logprob": -0.5}],
    }
    return samples.get(name, "é")


KNOWN = [item for item in _known_events() if item["type"] not in ("error", "response.failed")]


@pytest.mark.parametrize("item", KNOWN, ids=lambda item: item["type"])
def test_every_event_that_the_sdk_knows_is_read_byte_by_byte(item: dict[str, Any]) -> None:
    whole, by_bytes = stream(item), stream(item, size=1)

    assert whole.completion is not None
    assert by_bytes.completion == whole.completion
    assert (whole.error, whole.unread) == (None, None)
    assert whole.done == (item["type"] in ("response.completed", "response.incomplete"))


def test_the_text_of_every_delta_is_brought_and_kept() -> None:
    deltas = [item for item in KNOWN if item["type"].endswith(".delta")]

    assert len(deltas) > 10
    for item in deltas:
        (found,) = stream(item).events
        assert found.brought in ("é", "[audio]"), item["type"]
        assert "é" in str(stream(item).completion), item["type"]


@pytest.mark.thorough
def test_an_event_costs_no_more_than_a_chunk_of_chat_completions() -> None:
    """Measures CPU time, because other tests run in parallel."""
    words = [f"word{number % 97} " for number in range(5000)]
    chunks = b"".join(b"data: " + json.dumps(chunk({"content": word})).encode() + b"\n\n" for word in words)
    events = wire(
        *(delta(word, sequence_number=3, logprobs=[], obfuscation="a1B2", **PLACE) for word in words)
    )

    def read(dialect: Dialect, body: bytes) -> Callable[[], object]:
        return lambda: StreamReader(dialect, Redactor("")).feed(body, 1.0)

    assert costs_at_most(1.1, read(RESPONSES, events), read(DEFAULT, chunks))


@pytest.mark.parametrize(
    "make",
    [
        lambda number: delta("x", logprobs=[{"token": "x"}], **PLACE),
        lambda number: delta("x", "function_call_arguments", item_id=f"fc_{number % 2}"),
        lambda number: delta("x", "reasoning_summary_text", item_id="rs", summary_index=number % 100),
        lambda number: delta("x", "dream", item_id="d_1"),
        lambda number: event(
            "response.output_text.annotation.added", annotation={"url": f"https://e.org/{number}"}, **PLACE
        ),
        lambda number: event("response.content_part.added", output_index=0, part={"type": "output_text"}),
        lambda number: delta("x", ("output_text", "refusal")[number % 2], output_index=0),
    ],
    ids=[
        "logprobs",
        "calls in turn",
        "parts in turn",
        "unknown",
        "annotations",
        "parts without an index",
        "texts in turn without an index",
    ],
)
def test_time_grows_with_the_events(make: Callable[[int], dict[str, Any]]) -> None:
    events = [make(number) for number in range(8000)]

    def read(count: int) -> None:
        collector = RESPONSES.collector()
        for item in events[:count]:
            collector.add(item)
        assert collector.completion

    assert is_linear(read, 2000)


def test_time_grows_with_the_parts_of_an_item() -> None:
    def read(count: int) -> None:
        item = {"type": "message", "content": [{"type": "output_text", "text": ""}] * count}
        RESPONSES.collector().add(event("response.output_item.added", output_index=0, item=item))

    assert is_linear(read, 2000)


def test_an_end_that_comes_twice_shows_nothing_twice() -> None:
    said = response(message("Hello!"), call())

    collector = RESPONSES.collector()
    brought = [
        collector.add(one)
        for one in (
            event("response.output_text.delta", output_index=0, content_index=0, delta="Hello!"),
            event("response.completed", response=said),
            event("response.done", response=said),
        )
    ]

    assert brought == ["Hello!", 'get_weather{"city":"Paris"}', ""]
    assert [str(text) for text in collector.live[0].texts.values()] == ["Hello!"]
