"""The examples for Messages."""

from typing import Any

from playground.dialects.messages.version import NAME, NEWER
from playground.exchange.parameter import Preset
from playground.text.sentence import gettext_noop


def _preset(id_: str, label: str, question: str, **fields: Any) -> Preset:
    body = {NAME: NEWER, "messages": [{"role": "user", "content": question}]}
    return Preset(id_, label, body | fields)


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
        "",
        system="You are a helpful assistant.",
        messages=[
            {"role": "user", "content": "What is the capital of France?"},
            {"role": "assistant", "content": "The capital of France is Paris."},
            {"role": "user", "content": "And what is it known for?"},
        ],
        max_tokens=150,
    ),
)
