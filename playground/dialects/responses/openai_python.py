"""Python code with the openai SDK."""

from playground.dialects.openai_client import extra_headers, opening
from playground.exchange.call import Call, Target
from playground.snippets.python import literal

# The keyword arguments of the SDK's `responses.create`, as far as versions have had them for long; other
# fields go into `extra_body`.
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
# Calls of tools are beside the text.
_PRINT_ITEMS = """\
for item in response.output:
    print(item)"""


def render(call: Call) -> str:
    arguments = [
        f"    {name}={literal(value, 4, len(name) + 1)},"
        for name, value in call.body.items()
        if name in KEYWORDS
    ]
    if extra := {name: value for name, value in call.body.items() if name not in KEYWORDS}:
        arguments.append(f"    extra_body={literal(extra, 4, len('extra_body='))},")
    if call.streams:
        shown = _PRINT_STREAM
    else:
        shown = _PRINT_ITEMS if call.body.get("tools") else "print(response.output_text)"
    return "\n".join(
        [
            *opening(call),
            f"{'stream' if call.streams else 'response'} = client.responses.create(",
            *arguments,
            *extra_headers(call),
            ")",
            "",
            shown,
            "",
        ]
    )


OPENAI_PYTHON = Target("python", "Python", "openai SDK", "python", render)
