"""Python code with the openai SDK."""

from collections.abc import Mapping
from typing import Any

from playground.dialects.openai_client import extra_headers, opening
from playground.exchange.call import Call, Target
from playground.snippets.python import literal

# The keyword arguments of the SDK's `chat.completions.create`; other fields go into `extra_body`.
# fmt: off
KEYWORDS = frozenset((
    "audio", "frequency_penalty", "function_call", "functions", "logit_bias", "logprobs",
    "max_completion_tokens", "max_tokens", "messages", "metadata", "modalities", "model", "n",
    "parallel_tool_calls", "prediction", "presence_penalty", "prompt_cache_key", "reasoning_effort",
    "response_format", "safety_identifier", "seed", "service_tier", "stop", "store", "stream",
    "stream_options", "temperature", "tool_choice", "tools", "top_logprobs", "top_p", "user", "verbosity",
    "web_search_options",
))
# fmt: on


def render(call: Call) -> str:
    arguments = [
        f"    {name}={literal(value, 4, len(name) + 1)},"
        for name, value in call.body.items()
        if name in KEYWORDS
    ]
    if extra := {name: value for name, value in call.body.items() if name not in KEYWORDS}:
        arguments.append(f"    extra_body={literal(extra, 4, len('extra_body='))},")
    return "\n".join(
        [
            *opening(call),
            f"{'stream' if call.body.get('stream') else 'response'} = client.chat.completions.create(",
            *arguments,
            *extra_headers(call),
            ")",
            "",
            *_print(call.body),
            "",
        ]
    )


# The last chunk of a stream has no choices, and a delta's content can be null.
_PRINT_STREAM = """\
for chunk in stream:
    for choice in chunk.choices:
        if choice.delta and choice.delta.content:
            print(choice.delta.content, end="", flush=True)
print()"""


def _print(body: Mapping[str, Any]) -> list[str]:
    if body.get("stream"):
        return [_PRINT_STREAM]
    shown = "message" if body.get("tools") else "message.content"  # tool calls are beside the content
    if body.get("n") in (None, 1):
        return [f"print(response.choices[0].{shown})"]
    return ["for choice in response.choices:", f"    print(choice.{shown})"]


OPENAI_PYTHON = Target("python", "Python", "openai SDK", "python", render)
