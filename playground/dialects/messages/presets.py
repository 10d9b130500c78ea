"""The examples for Messages."""

from itertools import cycle
from typing import Any

from playground.dialects.messages.version import NAME, NEWER
from playground.exchange.parameter import Preset
from playground.text.sentence import gettext_noop


def _preset(id_: str, label: str, *talk: str, **fields: Any) -> Preset:
    """Return the example of what the user and the assistant say by turns."""
    turns = zip(cycle(("user", "assistant")), talk, strict=False)
    messages = [{"role": role, "content": content} for role, content in turns]
    return Preset(id_, label, {NAME: NEWER, "messages": messages} | fields)


PRESETS = (
    _preset("greeting", gettext_noop("Greeting"), "Hello!", max_tokens=150),
    _preset(
        "system",
        gettext_noop("System prompt"),
        "Why is the sky blue?",
        system="You are a patient teacher. Answer in two short sentences.",
        max_tokens=150,
    ),
    _preset(
        "streaming",
        gettext_noop("Streaming"),
        "Tell me a story of the sea.",
        max_tokens=300,
        stream=True,
    ),
    _preset(
        "json",
        gettext_noop("Answer as JSON"),
        "Name a fruit and its colour.",
        max_tokens=100,
        output_config={
            "format": {
                "type": "json_schema",
                "schema": {
                    "type": "object",
                    "properties": {"name": {"type": "string"}, "colour": {"type": "string"}},
                    "required": ["name", "colour"],
                    "additionalProperties": False,
                },
            }
        },
    ),
    _preset(
        "tools",
        gettext_noop("Tool call"),
        "What is the weather in Paris?",
        max_tokens=150,
        tools=[
            {
                "name": "get_weather",
                "description": "The weather in a city now",
                "input_schema": {
                    "type": "object",
                    "properties": {"city": {"type": "string"}},
                    "required": ["city"],
                },
            }
        ],
    ),
    _preset(
        "thinking",
        gettext_noop("Thinking"),
        "How many squares of any size are on a chessboard?",
        max_tokens=1000,
        thinking={"type": "adaptive", "display": "summarized"},
        stream=True,
    ),
    _preset(
        "conversation",
        gettext_noop("Conversation of several turns"),
        "What is the capital of France?",
        "The capital of France is Paris.",
        "And what is it known for?",
        system="You are a helpful assistant.",
        max_tokens=150,
    ),
)
