"""The examples for Chat Completions."""

from playground.exchange.parameter import Preset
from playground.text.sentence import gettext_noop

PRESETS = (
    Preset(
        "greeting",
        gettext_noop("Greeting"),
        {"messages": [{"role": "user", "content": "Hello!"}], "max_tokens": 150},
    ),
    Preset(
        "system",
        gettext_noop("System prompt"),
        {
            "messages": [
                {"role": "system", "content": "You are a patient teacher. Answer in two short sentences."},
                {"role": "user", "content": "Why is the sky blue?"},
            ],
            "temperature": 0.7,
            "max_tokens": 150,
        },
    ),
    Preset(
        "streaming",
        gettext_noop("Streaming"),
        {
            "messages": [{"role": "user", "content": "Tell me a story of the sea."}],
            "max_tokens": 300,
            "stream": True,
            "stream_options": {"include_usage": True},
        },
    ),
    Preset(
        "translation",
        gettext_noop("Translation at temperature 0"),
        {
            "messages": [
                {
                    "role": "system",
                    "content": "Translate what the user writes into French. Give only the translation.",
                },
                {"role": "user", "content": "It's a lovely morning, isn't it?"},
            ],
            "temperature": 0,
            "max_tokens": 100,
        },
    ),
    Preset(
        "json",
        gettext_noop("Answer as JSON"),
        {
            "messages": [{"role": "user", "content": "Name a fruit and its colour."}],
            "temperature": 0,
            "max_tokens": 100,
            "response_format": {
                "type": "json_schema",
                "json_schema": {
                    "name": "fruit",
                    "strict": True,
                    "schema": {
                        "type": "object",
                        "properties": {"name": {"type": "string"}, "colour": {"type": "string"}},
                        "required": ["name", "colour"],
                        "additionalProperties": False,
                    },
                },
            },
        },
    ),
    Preset(
        "tools",
        gettext_noop("Tool call"),
        {
            "messages": [{"role": "user", "content": "What is the weather in Paris?"}],
            "temperature": 0,
            "max_tokens": 150,
            "tools": [
                {
                    "type": "function",
                    "function": {
                        "name": "get_weather",
                        "description": "The weather in a city now",
                        "parameters": {
                            "type": "object",
                            "properties": {"city": {"type": "string"}},
                            "required": ["city"],
                        },
                    },
                }
            ],
        },
    ),
    Preset(
        "conversation",
        gettext_noop("Conversation of several turns"),
        {
            "messages": [
                {"role": "system", "content": "You are a helpful assistant."},
                {"role": "user", "content": "What is the capital of France?"},
                {"role": "assistant", "content": "The capital of France is Paris."},
                {"role": "user", "content": "And what is it known for?"},
            ],
            "temperature": 0.7,
            "max_tokens": 150,
        },
    ),
)
