"""Python code with the openai SDK."""

from playground.dialects.openai_client import code
from playground.exchange.call import Call, Target

# The keyword arguments of the SDK's `responses.create` that older versions have, too; other fields go into
# `extra_body`.
# fmt: off
KEYWORDS = frozenset((
    "background", "conversation", "include", "input", "instructions", "max_output_tokens", "max_tool_calls",
    "metadata", "model", "parallel_tool_calls", "previous_response_id", "prompt", "prompt_cache_key",
    "reasoning", "safety_identifier", "service_tier", "store", "stream", "stream_options", "temperature",
    "text", "tool_choice", "tools", "top_logprobs", "top_p", "truncation", "user",
))
# fmt: on
_PRINT_STREAM = """\
for event in stream:
    if event.type == "response.output_text.delta":
        print(event.delta, end="", flush=True)
print()"""
# Tool calls are next to the text.
_PRINT_ITEMS = """\
for item in response.output:
    print(item)"""


def render(call: Call) -> str:
    shown = _PRINT_ITEMS if call.body.get("tools") else "print(response.output_text)"
    return code(call, "responses.create", KEYWORDS, _PRINT_STREAM if call.streams else shown)


OPENAI_PYTHON = Target("python", "Python", "openai SDK", "python", render)
