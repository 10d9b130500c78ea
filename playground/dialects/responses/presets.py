"""The examples for Responses. None of them lets the provider keep the answer."""

from playground.exchange.parameter import Preset
from playground.text.sentence import gettext_noop

PRESETS = (
    Preset(
        "greeting",
        gettext_noop("Greeting"),
        {"input": "Hello!", "max_output_tokens": 150, "store": False},
    ),
    Preset(
        "instructions",
        gettext_noop("Instructions"),
        {
            "instructions": "You are a patient teacher. Answer in two short sentences.",
            "input": "Why is the sky blue?",
            "temperature": 0.7,
            "max_output_tokens": 150,
            "store": False,
        },
    ),
    Preset(
        "streaming",
        gettext_noop("Streaming"),
        {
            "input": "Tell me a story of the sea.",
            "max_output_tokens": 300,
            "store": False,
            "stream": True,
        },
    ),
    Preset(
        "translation",
        gettext_noop("Translation at temperature 0"),
        {
            "instructions": "Translate what the user writes into French. Give only the translation.",
            "input": "It's a lovely morning, isn't it?",
            "temperature": 0,
            "max_output_tokens": 100,
            "store": False,
        },
    ),
    Preset(
        "json",
        gettext_noop("Answer as JSON"),
        {
            "input": "Name a fruit and its colour.",
            "temperature": 0,
            "max_output_tokens": 100,
            "text": {
                "format": {
                    "type": "json_schema",
                    "name": "fruit",
                    "strict": True,
                    "schema": {
                        "type": "object",
                        "properties": {"name": {"type": "string"}, "colour": {"type": "string"}},
                        "required": ["name", "colour"],
                        "additionalProperties": False,
                    },
                }
            },
            "store": False,
        },
    ),
    Preset(
        "tools",
        gettext_noop("Tool call"),
        {
            "input": "What is the weather in Paris?",
            "temperature": 0,
            "max_output_tokens": 150,
            "tools": [
                {
                    "type": "function",
                    "name": "get_weather",
                    "description": "The weather in a city now",
                    "parameters": {
                        "type": "object",
                        "properties": {"city": {"type": "string"}},
                        "required": ["city"],
                    },
                }
            ],
            "store": False,
        },
    ),
    Preset(
        "reasoning",
        gettext_noop("Reasoning with a summary"),
        {
            "input": "A bat and a ball cost 11. The bat costs 10 more than the ball. What is the ball?",
            "max_output_tokens": 1000,
            "reasoning": {"effort": "low", "summary": "auto"},
            "include": ["reasoning.encrypted_content"],
            "store": False,
        },
    ),
    Preset(
        "conversation",
        gettext_noop("Conversation of several turns"),
        {
            "instructions": "You are a helpful assistant.",
            "input": [
                {"type": "message", "role": "user", "content": "What is the capital of France?"},
                {"type": "message", "role": "assistant", "content": "The capital of France is Paris."},
                {"type": "message", "role": "user", "content": "And what is it known for?"},
            ],
            "temperature": 0.7,
            "max_output_tokens": 150,
            "store": False,
        },
    ),
)
