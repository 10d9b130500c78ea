"""Requests of each API for Hypothesis, in which every value is another: `leaf12e`, 9000012."""

import json
import re
from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any

from hypothesis import strategies as st

_TEXT, _NUMBER = "?", 7777777
_text, _number = st.just(_TEXT), st.just(_NUMBER)
_anything = st.recursive(
    st.sampled_from([_TEXT, _NUMBER, True, None]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=6,
)
_unknown = st.dictionaries(st.sampled_from(["cache_control", "odd", "id"]), _anything, max_size=1)


def _object(needed: Mapping[str, Any], **optional: Any) -> st.SearchStrategy[Any]:
    """Make objects with the needed fields, some of the others, and rarely one that nobody knows."""
    fields = {
        name: value if isinstance(value, st.SearchStrategy) else st.just(value)
        for name, value in needed.items()
    }
    known = st.fixed_dictionaries(fields, optional=optional)
    return st.one_of(known, known, st.builds(lambda one, other: {**other, **one}, known, _unknown))


def _content(*parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return _text | st.lists(st.one_of(*parts), min_size=1, max_size=3)


_schema = _object({"type": "object"}, description=_text, default=_anything)
_data = st.just("data:image/png;base64,?")
_arguments = st.sampled_from(['{"a": "?"}', '{"a": {"b": 7777777}}', "?", "", '["?"]'])

# --- Chat Completions ---

_chat_text = _object({"type": "text", "text": _text})
_chat_image = _object({"type": "image_url", "image_url": _object({"url": _text | _data}, detail=_text)})
_chat_audio = _object({"type": "input_audio", "input_audio": _object({"data": _text, "format": _text})})
_chat_file = _object(
    {
        "type": "file",
        "file": _object({}, filename=_text, file_data=_text | st.just("data:application/pdf;base64,?")),
    }
)
_chat_function = _object({"name": _text}, description=_text, parameters=_schema, strict=st.booleans())
_chat_call = _object(
    {"id": _text, "type": "function", "function": _object({"name": _text, "arguments": _arguments})}
)
_chat_message = st.one_of(
    _object({"role": st.sampled_from(["system", "developer"]), "content": _content(_chat_text)}, name=_text),
    _object({"role": "user", "content": _content(_chat_text, _chat_image, _chat_audio, _chat_file)}),
    _object(
        {"role": "assistant"},
        content=st.none() | _content(_chat_text, _object({"type": "refusal", "refusal": _text})),
        reasoning_content=_text,
        refusal=_text,
        tool_calls=st.lists(_chat_call, max_size=2),
        audio=_object({"id": _text}),
    ),
    _object({"role": "tool", "tool_call_id": _text, "content": _content(_chat_text)}),
)
_json_schema = _object({"name": _text, "schema": _schema}, strict=st.booleans(), description=_text)
CHAT = _object(
    {"model": _text, "messages": st.lists(_chat_message, min_size=1, max_size=5)},
    max_tokens=_number,
    max_completion_tokens=_number,
    temperature=_number,
    top_p=_number,
    top_k=_number,
    n=_number,
    seed=_number,
    stop=_text | st.lists(_text, max_size=2),
    stream=st.booleans(),
    stream_options=_object({}, include_usage=st.booleans() | _text, include_obfuscation=_text),
    user=_text,
    metadata=_object({}, a=_text),
    store=st.booleans(),
    response_format=st.one_of(
        st.just({"type": "json_object"}), _object({"type": "json_schema", "json_schema": _json_schema})
    ),
    reasoning_effort=st.just("high") | _text,
    verbosity=_text,
    service_tier=st.just("auto") | _text,
    logprobs=st.booleans(),
    top_logprobs=_number,
    tools=st.lists(
        _object({"type": "function", "function": _chat_function})
        | _object({"type": "custom", "custom": _object({"name": _text})}),
        max_size=2,
    ),
    tool_choice=st.sampled_from(["auto", "required", "none"])
    | _object({"type": "function", "function": _object({"name": _text})})
    | _anything,
    parallel_tool_calls=st.booleans(),
    logit_bias=_object({}, a=_number),
)

# --- Messages ---

_block_text = _object({"type": "text", "text": _text}, citations=_anything)
_source = st.one_of(
    _object({"type": "url", "url": _text}),
    _object(
        {"type": "base64", "media_type": st.sampled_from(["image/png", "application/pdf"]), "data": _text}
    ),
    _object({"type": "file", "file_id": _text}),
    _object({"type": "text", "media_type": "text/plain", "data": _text}),
)
_block_media = _object({"type": st.sampled_from(["image", "document"]), "source": _source}, title=_text)
_block_use = _object({"type": "tool_use", "id": _text, "name": _text, "input": _anything})
_block_result = _object(
    {"type": "tool_result", "tool_use_id": _text},
    content=_content(_block_text, _block_media),
    is_error=st.booleans() | _text,
)
_block_thinking = st.one_of(
    _object({"type": "thinking", "thinking": _text}, signature=_text),
    _object({"type": "redacted_thinking", "data": _text}),
)
MESSAGES = _object(
    {
        "model": _text,
        "max_tokens": _number,
        "messages": st.lists(
            _object({"role": "user", "content": _content(_block_text, _block_media, _block_result)})
            | _object({"role": "assistant", "content": _content(_block_text, _block_use, _block_thinking)}),
            min_size=1,
            max_size=4,
        ),
    },
    **{"anthropic-version": _text},
    system=_content(_block_text),
    temperature=_number,
    top_k=_number,
    stop_sequences=st.lists(_text, max_size=2),
    stream=st.booleans(),
    metadata=_object({}, user_id=_text),
    service_tier=st.just("standard_only") | _text,
    thinking=_object({"type": "enabled", "budget_tokens": _number}),
    output_config=_object({}, effort=_text, format=_object({"type": "json_schema", "schema": _schema})),
    tools=st.lists(
        _object({"name": _text, "input_schema": _schema}, description=_text, strict=st.booleans())
        | _object({"type": "web_search_20260209", "name": _text}),
        max_size=2,
    ),
    tool_choice=_object(
        {"type": st.sampled_from(["auto", "any", "none"])}, disable_parallel_tool_use=st.booleans() | _text
    )
    | _object({"type": "tool", "name": _text}),
)

# --- Responses ---

_input_text = _object({"type": "input_text", "text": _text})
_input_image = _object({"type": "input_image"}, image_url=_text | _data, file_id=_text, detail=_text)
_input_file = _object({"type": "input_file"}, file_url=_text, file_data=_text, file_id=_text, filename=_text)
_output_text = _object({"type": "output_text", "text": _text}, annotations=_anything)
_item = st.one_of(
    _object(
        {"role": st.sampled_from(["system", "developer", "user"])},
        content=_content(_input_text, _input_image, _input_file),
        type=st.just("message"),
    ),
    _object(
        {
            "role": "assistant",
            "content": _content(_output_text, _object({"type": "refusal", "refusal": _text})),
        },
        id=_text,
        status=_text,
        type=st.just("message"),
    ),
    _object(
        {"type": "function_call", "call_id": _text, "name": _text, "arguments": _arguments}, status=_text
    ),
    _object(
        {"type": "function_call_output", "call_id": _text, "output": _content(_input_text, _input_image)}
    ),
    _object({"type": "reasoning", "summary": _anything}, encrypted_content=_text),
    _object({"type": "item_reference", "id": _text}),
)
RESPONSES = _object(
    {"model": _text, "input": _text | st.lists(_item, min_size=1, max_size=5)},
    instructions=_text,
    max_output_tokens=_number,
    temperature=_number,
    previous_response_id=_text,
    store=st.booleans(),
    include=st.lists(_text | st.just("message.output_text.logprobs"), max_size=2),
    reasoning=_object({}, effort=_text, summary=_text),
    text=_object(
        {},
        verbosity=_text,
        format=_object({"type": "json_schema", "name": _text, "schema": _schema}, strict=st.booleans())
        | st.just({"type": "json_object"}),
    ),
    tools=st.lists(
        _object({"type": "function", "name": _text, "parameters": _schema}, strict=st.booleans())
        | _object({"type": "web_search"}, filters=_anything),
        max_size=2,
    ),
    tool_choice=st.just("auto") | _object({"type": st.sampled_from(["function", "mcp"]), "name": _text}),
    parallel_tool_calls=st.booleans(),
    stream=st.booleans(),
    stream_options=_object({}, include_obfuscation=_text),
    truncation=_text,
)


# --- what is in a request ---


def numbered(value: Any) -> Any:
    """Return the value with a text or a number of its own in place of each that was generated."""
    numbers = count()
    text = re.sub(r"\?", lambda _: f"leaf{next(numbers)}e", json.dumps(value))
    return json.loads(re.sub(str(_NUMBER), lambda _: str(9_000_000 + next(numbers)), text))


def leaves(value: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """Yield the place and the mark of each value that was generated."""
    if isinstance(value, Mapping | list):
        items = value.items() if isinstance(value, Mapping) else enumerate(value)
        for name, item in items:
            yield from leaves(item, f"{place}.{name}" if place else str(name))
    else:
        yield from ((place, mark) for mark in re.findall(r"leaf\d+e|9\d{6}", str(value)))


@st.composite
def odd(draw: st.DrawFn, bodies: st.SearchStrategy[Any]) -> Any:
    """Make bodies of which one value is any JSON."""
    body = json.loads(json.dumps(draw(bodies)))
    at, strange = body, draw(_anything)
    while True:
        keys = list(at) if isinstance(at, dict) else list(range(len(at)))
        if not keys:
            return body
        key = draw(st.sampled_from(keys))
        if not isinstance(at[key], dict | list) or draw(st.booleans()):
            at[key] = strange
            return body
        at = at[key]
