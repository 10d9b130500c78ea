"""The examples for Responses. None of them lets the provider store the answer."""

from typing import Any

from playground.dialects import examples
from playground.exchange.parameter import Preset
from playground.text.sentence import gettext_noop


def _preset(id_: str, label: str, **fields: Any) -> Preset:
    return Preset(id_, label, fields | {"store": False})


PRESETS = (
    _preset("greeting", gettext_noop("Greeting"), input=examples.HELLO, max_output_tokens=150),
    _preset(
        "instructions",
        gettext_noop("System prompt"),
        instructions=examples.TEACHER,
        input=examples.SKY,
        temperature=0.7,
        max_output_tokens=150,
    ),
    _preset("streaming", gettext_noop("Streaming"), input=examples.STORY, max_output_tokens=300, stream=True),
    _preset(
        "translation",
        gettext_noop("Translation (temperature 0)"),
        instructions=examples.TRANSLATOR,
        input=examples.MORNING,
        temperature=0,
        max_output_tokens=100,
    ),
    _preset(
        "json",
        gettext_noop("Structured output (JSON)"),
        input=examples.FRUIT,
        temperature=0,
        max_output_tokens=100,
        text={"format": {"type": "json_schema", **examples.NAMED_FRUIT}},
    ),
    _preset(
        "tools",
        gettext_noop("Tool calling"),
        input=examples.WEATHER,
        temperature=0,
        max_output_tokens=150,
        tools=[{"type": "function", **examples.WEATHER_FUNCTION}],
    ),
    _preset(
        "reasoning",
        gettext_noop("Reasoning summary"),
        input=examples.BALL,
        max_output_tokens=1000,
        reasoning={"effort": "low", "summary": "auto"},
        include=["reasoning.encrypted_content"],
    ),
    _preset(
        "conversation",
        gettext_noop("Multi-turn conversation"),
        instructions=examples.ASSISTANT,
        input=[
            {"type": "message", "role": "user", "content": examples.CAPITAL},
            {"type": "message", "role": "assistant", "content": examples.PARIS},
            {"type": "message", "role": "user", "content": examples.KNOWN_FOR},
        ],
        temperature=0.7,
        max_output_tokens=150,
    ),
)
