"""Normal answers, from which the other files' rows depart."""

from tests.upstreams.scripted import completion_body
from tests.wire.case import STREAM, Case, answer, deltas, sse

CASES = [
    Case(
        "a completion",
        answer(completion_body("Hello!")),
        says={"completion.choices.0.message.content": "Hello!", "error": None, "usage.total_tokens": 12},
        shows=("Hello!", "Finish reason: stop"),
    ),
    Case(
        "a stream",
        deltas({"role": "assistant", "content": ""}, {"content": "Hel"}, {"content": "lo!"}),
        request=STREAM,
        says={
            "completion.choices.0.message.content": "Hello!",
            "completion.choices.0.finish_reason": "stop",
            "error": None,
        },
        shows=("Hello!", "Finish reason: stop"),
    ),
    Case(
        "a stream although none was asked for",
        deltas({"content": "Hello!"}),
        says={"completion.choices.0.message.content": "Hello!", "error": None},
        shows=("Hello!",),
    ),
    Case(
        "an index of 4,300 digits",
        sse('{"choices":[{"index":%s,"delta":{"content":"Hello!"},"finish_reason":"stop"}]}' % ("9" * 4300)),
        request=STREAM,
        says={"completion.choices.0.message.content": "Hello!", "error": None},
        shows=("Hello!", "Finish reason: stop"),
    ),
]
