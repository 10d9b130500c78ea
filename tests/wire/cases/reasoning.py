"""Reasoning under every field name: shown once, even if several fields repeat it."""

from typing import Any

from tests.upstreams.scripted import completion_body
from tests.wire.case import STREAM, Case, answer, deltas

MESSAGE = "completion.choices.0.message"
FIRST, LAST = "Because it ", "is so."
WHOLE = FIRST + LAST
TWICE = (FIRST + FIRST, LAST + LAST)


def _shapes(text: str) -> dict[str, dict[str, Any]]:
    """Yield a delta, or a message, with this reasoning in each spelling."""
    detail = {"type": "reasoning.text", "text": text, "format": "x", "index": 0}
    summary = {"type": "reasoning.summary", "summary": text, "index": 0}
    block = {"type": "thinking", "thinking": [{"type": "text", "text": text}]}
    return {
        "reasoning": {"reasoning": text},
        "reasoning_content": {"reasoning_content": text},
        "reasoning_text": {"reasoning_text": text},
        "thinking": {"thinking": text},
        "reasoning_details": {"reasoning_details": [detail]},
        "a summary in reasoning_details": {"reasoning_details": [summary]},
        "thinking_blocks": {"thinking_blocks": [{"type": "thinking", "thinking": text}]},
        "an object": {"reasoning": {"content": text}},
        "content parts (Magistral)": {"content": [block]},
        "content parts of reasoning": {"content": [{"type": "reasoning", "text": text}]},
        "reasoning and reasoning_details": {"reasoning": text, "reasoning_details": [detail]},
        "reasoning and reasoning_content": {"reasoning": text, "reasoning_content": text},
        "reasoning_content and thinking_blocks": {
            "reasoning_content": text,
            "thinking_blocks": [{"type": "thinking", "thinking": text}],
        },
    }


_BOTH = zip(_shapes(FIRST).items(), _shapes(LAST).values(), strict=True)

CASES = [
    *[
        Case(
            f"reasoning in a stream: {name}",
            deltas(first, last, {"content": "42"}),
            request=STREAM,
            says={"error": None},
            shows=("Reasoning", WHOLE, "42"),
            hides=TWICE,
        )
        for (name, first), last in _BOTH
    ],
    *[
        Case(
            f"reasoning in a completion: {name}",
            answer(
                completion_body(choices=[{"message": {"content": "42"} | message, "finish_reason": "stop"}])
            ),
            says={"error": None},
            shows=("Reasoning", WHOLE),
            hides=(f"{WHOLE} {WHOLE}", f"{WHOLE}{WHOLE}", "has no text"),
        )
        for name, message in _shapes(WHOLE).items()
    ],
    Case(
        "reasoning details are put together by index and kind",
        deltas(
            {"reasoning_details": [{"type": "reasoning.text", "text": "Hm", "format": "f", "index": 0}]},
            {"reasoning_details": [{"type": "reasoning.text", "text": ". ", "format": "f", "index": 0}]},
            {"reasoning_details": [{"type": "reasoning.text", "signature": "c2ln", "index": 0}]},
            {"reasoning_details": [{"type": "reasoning.encrypted", "data": "ZW5j", "index": 0}]},
            {"content": "42"},
        ),
        request=STREAM,
        says={
            f"{MESSAGE}.reasoning_details": [
                {"type": "reasoning.text", "text": "Hm. ", "format": "f", "index": 0, "signature": "c2ln"},
                {"type": "reasoning.encrypted", "data": "ZW5j", "index": 0},
            ]
        },
        shows=("Reasoning", "Hm."),
        source="https://openrouter.ai/docs/use-cases/reasoning-tokens",
    ),
    Case(
        "thinking parts become one, texts another (Magistral)",
        deltas(
            {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm"}]}]},
            {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": ". "}]}]},
            {"content": "4"},
            {"content": "2"},
        ),
        request=STREAM,
        says={
            f"{MESSAGE}.content": [
                {"type": "thinking", "thinking": [{"type": "text", "text": "Hm. "}]},
                {"type": "text", "text": "42"},
            ]
        },
        shows=("Reasoning", "Hm.", "42"),
        source="https://docs.mistral.ai/capabilities/reasoning/",
    ),
    Case(
        "two spellings of different texts are both shown",
        deltas({"reasoning": "First this."}, {"reasoning_content": "Then that."}, {"content": "42"}),
        request=STREAM,
        says={"error": None},
        shows=("First this.", "Then that."),
    ),
    Case(
        "reasoning and nothing else",
        deltas({"reasoning_content": "Hm"}, finish="length"),
        request=STREAM,
        says={"error": None},
        shows=("Reasoning", "Hm", "only its reasoning", "Finish reason: length"),
        hides=("has no text",),
    ),
    Case(
        "encrypted reasoning and nothing else is shown as it came",
        deltas({"reasoning_details": [{"type": "reasoning.encrypted", "data": "ZW5jcnlwdGVk", "index": 0}]}),
        request=STREAM,
        says={"error": None},
        shows=("Other fields reasoning_details", "ZW5jcnlwdGVk"),
        hides=("has no text",),
    ),
    Case(
        "think tags stay in the text",
        deltas({"content": "<think>Hm</think>"}, {"content": "42"}),
        request=STREAM,
        says={f"{MESSAGE}.content": "<think>Hm</think>42"},
        shows=("<think>Hm</think>42",),
    ),
    Case(
        "reasoning of null and of an empty text",
        deltas({"reasoning": None, "content": "4"}, {"reasoning_content": "", "content": "2"}),
        request=STREAM,
        says={f"{MESSAGE}.content": "42"},
        shows=("42",),
    ),
]
