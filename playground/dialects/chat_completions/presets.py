"""The examples for Chat Completions."""

from playground.dialects import examples
from playground.exchange.parameter import Preset
from playground.text.sentence import gettext_noop

PRESETS = (
    Preset(
        "greeting",
        gettext_noop("Greeting"),
        {"messages": [{"role": "user", "content": examples.HELLO}], "max_tokens": 150},
    ),
    Preset(
        "system",
        gettext_noop("System prompt"),
        {
            "messages": [
                {"role": "system", "content": examples.TEACHER},
                {"role": "user", "content": examples.SKY},
            ],
            "temperature": 0.7,
            "max_tokens": 150,
        },
    ),
    Preset(
        "streaming",
        gettext_noop("Streaming"),
        {
            "messages": [{"role": "user", "content": examples.STORY}],
            "max_tokens": 300,
            "stream": True,
            "stream_options": {"include_usage": True},
        },
    ),
    Preset(
        "translation",
        gettext_noop("Translation (temperature 0)"),
        {
            "messages": [
                {
                    "role": "system",
                    "content": examples.TRANSLATOR,
                },
                {"role": "user", "content": examples.MORNING},
            ],
            "temperature": 0,
            "max_tokens": 100,
        },
    ),
    Preset(
        "json",
        gettext_noop("Structured output (JSON)"),
        {
            "messages": [{"role": "user", "content": examples.FRUIT}],
            "temperature": 0,
            "max_tokens": 100,
            "response_format": {"type": "json_schema", "json_schema": examples.NAMED_FRUIT},
        },
    ),
    Preset(
        "tools",
        gettext_noop("Tool calling"),
        {
            "messages": [{"role": "user", "content": examples.WEATHER}],
            "temperature": 0,
            "max_tokens": 150,
            "tools": [{"type": "function", "function": examples.WEATHER_FUNCTION}],
        },
    ),
    Preset(
        "conversation",
        gettext_noop("Multi-turn conversation"),
        {
            "messages": [
                {"role": "system", "content": examples.ASSISTANT},
                {"role": "user", "content": examples.CAPITAL},
                {"role": "assistant", "content": examples.PARIS},
                {"role": "user", "content": examples.KNOWN_FOR},
            ],
            "temperature": 0.7,
            "max_tokens": 150,
        },
    ),
)
