"""The texts in the examples of each API, translated with the page."""

from collections.abc import Callable
from typing import Any

from playground.text.sentence import Sentence, gettext_noop, say

HELLO = say(gettext_noop("Hello!"))
TEACHER = say(gettext_noop("You are a patient teacher. Answer in two short sentences."))
SKY = say(gettext_noop("Why is the sky blue?"))
STORY = say(gettext_noop("Tell me a story about the sea."))
TRANSLATOR = say(gettext_noop("Translate into French. Reply with only the translation."))
MORNING = say(gettext_noop("What a lovely morning!"))
FRUIT = say(gettext_noop("Name a fruit and its color. Answer as JSON."))
WEATHER = say(gettext_noop("What is the weather in Paris?"))
GET_WEATHER = say(gettext_noop("Get the current weather in a city"))
CHESSBOARD = say(gettext_noop("How many squares of all sizes are there on a chessboard?"))
BALL = say(
    gettext_noop(
        "A bat and a ball cost $11 together. The bat costs $10 more than the ball. How much is the ball?"
    )
)
ASSISTANT = say(gettext_noop("You are a helpful assistant."))
CAPITAL = say(gettext_noop("What is the capital of France?"))
PARIS = say(gettext_noop("The capital of France is Paris."))
KNOWN_FOR = say(gettext_noop("What is it known for?"))

FRUIT_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "color": {"type": "string"}},
    "required": ["name", "color"],
    "additionalProperties": False,
}
CITY_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
}
# As OpenAI's APIs take them.
NAMED_FRUIT: dict[str, Any] = {"name": "fruit", "strict": True, "schema": FRUIT_SCHEMA}
WEATHER_FUNCTION: dict[str, Any] = {
    "name": "get_weather",
    "description": GET_WEATHER,
    "parameters": CITY_SCHEMA,
}


def in_language(value: Any, translate: Callable[[Sentence], str] = str) -> Any:
    """Return the body of an example with its texts translated; English by default."""
    match value:
        case Sentence():
            return translate(value)
        case dict():
            return {name: in_language(inner, translate) for name, inner in value.items()}
        case list():
            return [in_language(inner, translate) for inner in value]
        case _:
            return value
