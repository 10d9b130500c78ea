"""Usage wherever a provider puts it, and counts that are not numbers."""

from typing import Any

from tests.upstreams.scripted import chunk, completion_body
from tests.wire.case import STREAM, Case, answer, sse

COUNTS = {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12}
ZEROS = dict.fromkeys(COUNTS, 0)
ABSURD = {
    "negative": -5,
    "10^30": 10**30,
    "2^63-1": 2**63 - 1,
    "1e300": 1e300,
    "a text": "12",
    "true": True,
    "2.5": 2.5,
}


def _streamed(name: str, *events: Any, usage: Any = COUNTS, **case: Any) -> Case:
    reply = sse(chunk({"content": "Hello"}), *events)
    return Case(
        name, reply, request=STREAM, says={"usage": usage, "error": None} | case.pop("says", {}), **case
    )


def _whole(name: str, usage: Any, reads: Any, **case: Any) -> Case:
    return Case(name, answer(completion_body(usage=usage)), says={"usage": reads, "error": None}, **case)


END = chunk({}, finish_reason="stop")
ONLY: dict[str, Any] = {"choices": []}

CASES = [
    _streamed("usage in a chunk of its own", END, ONLY | {"usage": COUNTS}, shows=("12", "9 prompt")),
    _streamed("usage in the last chunk", END | {"usage": COUNTS}),
    _streamed(
        "usage in choices[0]",
        chunk({}, finish_reason="stop", usage=COUNTS),
        shows=("9 prompt", "3 completion"),
        source="https://platform.moonshot.ai/docs/api/chat",
    ),
    _streamed(
        "usage in x_groq",
        END | {"x_groq": {"id": "req_1", "usage": COUNTS}},
        shows=("9 prompt",),
        source="https://github.com/groq/groq-python/issues/90",
    ),
    _streamed(
        "real usage, then all zeros", END | {"usage": COUNTS}, ONLY | {"usage": ZEROS}, shows=("9 prompt",)
    ),
    _streamed(
        "all zeros, then real usage", chunk({"content": "!"}) | {"usage": ZEROS}, END | {"usage": COUNTS}
    ),
    _streamed("real usage, then null", END | {"usage": COUNTS}, ONLY | {"usage": None}),
    _streamed(
        "zeros at the top, counts in the choice",
        chunk({}, finish_reason="stop", usage=COUNTS) | {"usage": ZEROS},
    ),
    _streamed(
        "usage that grows with each chunk is not added up",
        chunk({"content": "!"}) | {"usage": {"prompt_tokens": 9, "completion_tokens": 1, "total_tokens": 10}},
        END | {"usage": COUNTS},
    ),
    _streamed(
        "usage in two halves",
        chunk({"content": "!"}) | {"usage": {"prompt_tokens": 9}},
        END | {"usage": {"completion_tokens": 3}},
        usage={"prompt_tokens": 9, "completion_tokens": 3},
        shows=("total: not reported",),
    ),
    Case(
        "a usage for each of several answers (llama.cpp)",
        sse(
            chunk({"content": "a"}, index=0),
            chunk({"content": "b"}, index=1),
            chunk({}, index=1, finish_reason="stop"),
            ONLY | {"usage": {"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 13}},
            chunk({}, index=0, finish_reason="length"),
            ONLY | {"usage": {"prompt_tokens": 9, "completion_tokens": 7, "total_tokens": 16}},
        ),
        request=STREAM | {"n": 2},
        says={"usage": {"prompt_tokens": 9, "completion_tokens": 11, "total_tokens": 20}},
        shows=("9 prompt", "11 completion"),
    ),
    Case(
        "one usage for several answers",
        sse(
            chunk({"content": "a"}, index=0, finish_reason="stop"),
            chunk({"content": "b"}, index=1, finish_reason="stop"),
            ONLY | {"usage": COUNTS},
        ),
        request=STREAM | {"n": 2},
        says={"usage": COUNTS},
    ),
    Case(
        "the usage of the first of several answers (llama.cpp)",
        answer(
            completion_body(
                choices=[
                    {"index": at, "message": {"content": "a"}, "finish_reason": "stop"} for at in range(3)
                ],
                timings={"predicted_n": 3},
            )
        ),
        request={"n": 3},
        says={"usage": {"prompt_tokens": 9}},
        shows=("9 prompt", "completion: not reported"),
    ),
    _whole(
        "input_tokens and output_tokens",
        {"input_tokens": 9, "output_tokens": 3},
        {"prompt_tokens": 9, "completion_tokens": 3},
    ),
    _whole(
        "details of input and output tokens",
        {
            "input_tokens": 9,
            "output_tokens": 3,
            "total_tokens": 12,
            "input_tokens_details": {"cached_tokens": 4},
            "output_tokens_details": {"reasoning_tokens": 2},
        },
        COUNTS | {"cached_tokens": 4, "reasoning_tokens": 2},
        shows=("4 cached", "2 reasoning"),
    ),
    _whole("both names, one of them 0", COUNTS | {"input_tokens": 0, "output_tokens": 0}, COUNTS),
    _whole("both names, the usual one 0", {"prompt_tokens": 0, "input_tokens": 9}, {"prompt_tokens": 9}),
    _whole(
        "prompt_cache_hit_tokens",
        COUNTS | {"prompt_cache_hit_tokens": 4, "prompt_cache_miss_tokens": 5},
        COUNTS | {"cached_tokens": 4},
        shows=("4 cached",),
        source="https://api-docs.deepseek.com/guides/kv_cache",
    ),
    _whole("cached_tokens beside the counts", COUNTS | {"cached_tokens": 4}, COUNTS | {"cached_tokens": 4}),
    _whole(
        "reasoning beside the completion, in the total only",
        COUNTS | {"total_tokens": 20, "completion_tokens_details": {"reasoning_tokens": 8}},
        {"prompt_tokens": 9, "completion_tokens": 11, "total_tokens": 20, "reasoning_tokens": 8},
        source="https://github.com/vercel/ai/pull/12425",
    ),
    _streamed(
        "reasoning beside the completion, in a stream",
        END,
        ONLY | {"usage": COUNTS | {"total_tokens": 20, "completion_tokens_details": {"reasoning_tokens": 8}}},
        usage={"prompt_tokens": 9, "completion_tokens": 11, "total_tokens": 20, "reasoning_tokens": 8},
    ),
    _whole(
        "thoughts that only the total has (Gemini)",
        {"prompt_tokens": 35, "completion_tokens": 12, "total_tokens": 109},
        {"prompt_tokens": 35, "completion_tokens": 74, "total_tokens": 109},
        source="https://github.com/pydantic/pydantic-ai",
    ),
    _whole(
        "a recording that only the total has (Mistral)",
        {"prompt_tokens": 4, "completion_tokens": 635, "total_tokens": 3264, "prompt_audio_seconds": 203},
        {"prompt_tokens": 4, "completion_tokens": 635, "total_tokens": 3264},
    ),
    _whole(
        "a total that has the cache, too, which the prompt has not",
        {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 512, "cache_read_input_tokens": 500},
        {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 512, "cached_tokens": 500},
    ),
    _whole(
        "reasoning in the completion, and more in the total",
        {"prompt_tokens": 9, "completion_tokens": 8, "total_tokens": 30, "reasoning_tokens": 5},
        {"prompt_tokens": 9, "completion_tokens": 8, "total_tokens": 30, "reasoning_tokens": 5},
    ),
    _whole("whole floats", {"prompt_tokens": 9.0, "completion_tokens": 3.0, "total_tokens": 12.0}, COUNTS),
    _whole(
        "details of null", COUNTS | {"prompt_tokens_details": None, "completion_tokens_details": None}, COUNTS
    ),
    _whole("no usage", None, None, shows=("Not reported",)),
    _whole("a usage that is a text", "12 tokens", None, shows=("Not reported",)),
    *[
        _whole(
            f"a count that is none: {name}",
            COUNTS | {"completion_tokens": value},
            {"prompt_tokens": 9, "total_tokens": 12},
            shows=("completion: not reported",),
        )
        for name, value in ABSURD.items()
    ],
    *[
        _streamed(
            f"a count in a stream that is none: {name}",
            END | {"usage": COUNTS | {"total_tokens": value}},
            usage={"prompt_tokens": 9, "completion_tokens": 3},
            says={"completion.usage.total_tokens": value},
            shows=("total: not reported",),
        )
        for name, value in ABSURD.items()
    ],
]
