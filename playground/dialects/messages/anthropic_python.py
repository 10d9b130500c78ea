"""Python code with the anthropic SDK."""

from collections.abc import Mapping
from typing import Any

from playground.exchange.call import BEARER, Call, Target
from playground.snippets.python import key_code, key_header, literal, quoted

# The keyword arguments of the SDK's `messages.create` that go into the body; other fields go into
# `extra_body`.
KEYWORDS = frozenset((
    "cache_control", "container", "diagnostics", "inference_geo", "max_tokens", "messages", "metadata",
    "model", "output_config", "service_tier", "speed", "stop_sequences", "stream", "system", "thinking",
    "tool_choice", "tools",
))  # fmt: skip
# The SDK appends this to its base URL, followed by the rest of the path.
_ROOT = "/v1"
# Above this limit, the SDK rejects a call without streaming unless it has a `timeout`. The limit is lower for
# some models.
_LONG = 8000
_SECONDS = 600


def render(call: Call) -> str:
    return "\n".join(
        [
            *(["import os", ""] if call.key_variable else []),
            *_imports(call),
            "",
            "client = Anthropic(",
            f"    base_url={quoted(call.base_url.removesuffix(_ROOT))},",
            f"    api_key={key_code(call)},",
            *_timeout(call),
            "    default_headers={",
            *(f"        {quoted(name)}: {value}," for name, value in _headers(call)),
            "    },",
            ")",
            "",
            f"{'stream' if call.streams else 'message'} = {_create(call)}",
            "",
            _PRINT_STREAM if call.streams else _PRINT,
            "",
        ]
    )


def _imports(call: Call) -> list[str]:
    names = ["Anthropic", *([] if _sends_bearer(call) else ["omit"])]
    if _fits(call):
        return [f"from anthropic import {', '.join(names)}"]
    if not call.streams:
        return [f"from anthropic import {', '.join(names)}", "from anthropic.types import Message"]
    return [
        f"from anthropic import {', '.join([*names, 'Stream'])}",
        "from anthropic.types import Message, RawMessageStreamEvent",
    ]


def _fits(call: Call) -> bool:
    """Whether the SDK's own method would post to the URL of this call."""
    return call.base_url.endswith(_ROOT)


def _sends_bearer(call: Call) -> bool:
    """Whether the SDK sends the key in the right header by itself."""
    return bool(call.key_variable) and call.auth == BEARER


def _headers(call: Call) -> list[tuple[str, str]]:
    """Return the headers besides the SDK's own, each with its value as code."""
    headers = [(name, quoted(value)) for name, value in call.headers]
    if _sends_bearer(call):
        return headers
    headers.append(("Authorization", "omit"))
    if call.key_variable:
        headers.append(key_header(call))
    return headers


def _timeout(call: Call) -> list[str]:
    most = call.wire.get("max_tokens")
    is_long = isinstance(most, int) and most > _LONG
    return [f"    timeout={_SECONDS},"] if is_long and not call.streams else []


def _create(call: Call) -> str:
    """Return the call of `messages.create`, or of `post` if the base URL does not end like the SDK's."""
    body = call.wire
    if not _fits(call):
        lines = [
            "client.post(",
            f"    {quoted(call.url.removeprefix(call.base_url))},",
            f"    body={literal(dict(body), 4, len('body='))},",
            "    cast_to=Message,",
        ]
        if call.streams:
            lines += ["    stream=True,", "    stream_cls=Stream[RawMessageStreamEvent],"]
        return "\n".join([*lines, ")"])
    return "\n".join(["client.messages.create(", *_arguments(body), ")"])


def _arguments(body: Mapping[str, Any]) -> list[str]:
    arguments = [
        f"    {name}={literal(value, 4, len(name) + 1)}," for name, value in body.items() if name in KEYWORDS
    ]
    if extra := {name: value for name, value in body.items() if name not in KEYWORDS}:
        arguments.append(f"    extra_body={literal(extra, 4, len('extra_body='))},")
    return arguments


# Other blocks are thinking, tool calls, and results of the provider's own tools.
_PRINT = """\
for block in message.content:
    if block.type == "text":
        print(block.text)
    elif block.type == "tool_use":
        print(block.name, block.input)"""
_PRINT_STREAM = """\
for event in stream:
    if event.type == "content_block_delta" and event.delta.type == "text_delta":
        print(event.delta.text, end="", flush=True)
print()"""

ANTHROPIC_PYTHON = Target("python", "Python", "anthropic SDK", "python", render)
