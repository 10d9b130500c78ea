"""The examples for Responses. None of them lets the provider store the answer."""

from playground.dialects import examples
from playground.exchange.parameter import Preset
from playground.text.sentence import gettext_noop

PRESETS = (
    Preset(
        "greeting",
        gettext_noop("Greeting"),
        {"input": examples.HELLO, "max_output_tokens": 150, "store": False},
    ),
    Preset(
        "instructions",
        gettext_noop("System prompt"),
        {
            "instructions": examples.TEACHER,
            "input": examples.SKY,
            "temperature": 0.7,
            "max_output_tokens": 150,
            "store": False,
        },
    ),
    Preset(
        "streaming",
        gettext_noop("Streaming"),
        {"input": examples.STORY, "max_output_tokens": 300, "store": False, "stream": True},
    ),
    Preset(
        "translation",
        gettext_noop("Translation (temperature 0)"),
        {
            "instructions": examples.TRANSLATOR,
            "input": examples.MORNING,
            "temperature": 0,
            "max_output_tokens": 100,
            "store": False,
        },
    ),
    Preset(
        "json",
        gettext_noop("Structured output (JSON)"),
        {
            "input": examples.FRUIT,
            "temperature": 0,
            "max_output_tokens": 100,
            "text": {
                "format": {
                    "type": "json_schema",
                    "name": "fruit",
                    "strict": True,
                    "schema": examples.FRUIT_SCHEMA,
                }
            },
            "store": False,
        },
    ),
    Preset(
        "tools",
        gettext_noop("Tool calling"),
        {
            "input": examples.WEATHER,
            "temperature": 0,
            "max_output_tokens": 150,
            "tools": [
                {
                    "type": "function",
                    "name": "get_weather",
                    "description": examples.GET_WEATHER,
                    "parameters": examples.CITY_SCHEMA,
                }
            ],
            "store": False,
        },
    ),
    Preset(
        "reasoning",
        gettext_noop("Reasoning summary"),
        {
            "input": examples.BALL,
            "max_output_tokens": 1000,
            "reasoning": {"effort": "low", "summary": "auto"},
            "include": ["reasoning.encrypted_content"],
            "store": False,
        },
    ),
    Preset(
        "conversation",
        gettext_noop("Multi-turn conversation"),
        {
            "instructions": examples.ASSISTANT,
            "input": [
                {"type": "message", "role": "user", "content": examples.CAPITAL},
                {"type": "message", "role": "assistant", "content": examples.PARIS},
                {"type": "message", "role": "user", "content": examples.KNOWN_FOR},
            ],
            "temperature": 0.7,
            "max_output_tokens": 150,
            "store": False,
        },
    ),
)
