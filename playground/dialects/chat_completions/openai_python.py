"""Python code with the openai SDK."""

from playground.dialects.openai_client import code
from playground.exchange.call import Call, Target

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


# The last chunk of a stream has no choices, and a delta's content can be null.
_PRINT_STREAM = """\
for chunk in stream:
    for choice in chunk.choices:
        if choice.delta and choice.delta.content:
            print(choice.delta.content, end="", flush=True)
print()"""


def render(call: Call) -> str:
    shown = "message" if call.body.get("tools") else "message.content"  # tool calls are next to the content
    if call.streams:
        printing = _PRINT_STREAM
    elif call.body.get("n") in (None, 1):
        printing = f"print(response.choices[0].{shown})"
    else:
        printing = f"for choice in response.choices:\n    print(choice.{shown})"
    return code(call, "chat.completions.create", KEYWORDS, printing)


OPENAI_PYTHON = Target("python", "Python", "openai SDK", "python", render)
