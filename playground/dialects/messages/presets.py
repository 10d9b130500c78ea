"""The examples for Messages."""

from itertools import cycle
from typing import Any

from playground.dialects import examples
from playground.dialects.messages.version import NAME, NEWER
from playground.exchange.parameter import Preset
from playground.text.sentence import Sentence, gettext_noop


def _preset(id_: str, label: str, *talk: Sentence, **fields: Any) -> Preset:
    """Return an example in which the user and the assistant take turns."""
    turns = zip(cycle(("user", "assistant")), talk, strict=False)
    messages = [{"role": role, "content": content} for role, content in turns]
    return Preset(id_, label, {NAME: NEWER, "messages": messages} | fields)


PRESETS = (
    _preset("greeting", gettext_noop("Greeting"), examples.HELLO, max_tokens=150),
    _preset("system", gettext_noop("System prompt"), examples.SKY, system=examples.TEACHER, max_tokens=150),
    _preset("streaming", gettext_noop("Streaming"), examples.STORY, max_tokens=300, stream=True),
    _preset(
        "json",
        gettext_noop("Structured output (JSON)"),
        examples.FRUIT,
        max_tokens=100,
        output_config={"format": {"type": "json_schema", "schema": examples.FRUIT_SCHEMA}},
    ),
    _preset(
        "tools",
        gettext_noop("Tool calling"),
        examples.WEATHER,
        max_tokens=150,
        tools=[
            {
                "name": "get_weather",
                "description": examples.GET_WEATHER,
                "input_schema": examples.CITY_SCHEMA,
            }
        ],
    ),
    _preset(
        "thinking",
        gettext_noop("Thinking"),
        examples.CHESSBOARD,
        max_tokens=1000,
        thinking={"type": "adaptive", "display": "summarized"},
        stream=True,
    ),
    _preset(
        "conversation",
        gettext_noop("Multi-turn conversation"),
        examples.CAPITAL,
        examples.PARIS,
        examples.KNOWN_FOR,
        system=examples.ASSISTANT,
        max_tokens=150,
    ),
)
