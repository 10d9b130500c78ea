"""Collect the texts of a page; replies and requests that make pages show most of their texts."""

import re
from html.parser import HTMLParser
from typing import Any

from playground.dialects import DEFAULT, DIALECTS
from playground.dialects.chat_completions.parameters import PARAMETERS
from playground.dialects.chat_completions.request import ROLES
from tests.upstreams.scripted import Answer, Reply, completion, completion_body, json_answer, models

# Elements with code, data or user input, which is not ours to translate.
_NOT_OURS = {"script", "style", "pre", "code", "kbd", "textarea", "blockquote"}
NAMES = {
    "/admin/",
    "X-Title: Docs",
    *ROLES,
    *(parameter.name for parameter in PARAMETERS),
    *(name for target in DEFAULT.targets for name in (target.label, target.note)),
    *(dialect.label for dialect in DIALECTS.values()),
}
# Numbers with units, the provider's status line, times, URLs, and JSON.
DATA = re.compile(r"[\d.,]+ m?s|\d{3} \w+|[\d: -]+UTC|https?://\S+|[{\[].*[}\]]")
_SPOKEN = re.compile("aria-label|aria-description|title|placeholder|alt|data-(?!field|error|model|keys).*")


class Texts(HTMLParser):
    """All texts of a page, including attributes that are read out, shown, or inserted by a script."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self._within: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = [value or "" for name, value in attrs if _SPOKEN.fullmatch(name)]
        self.found += [value for value in values if " " in value or value[:1].isupper()]
        if tag in _NOT_OURS:
            self._within.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._within and self._within[-1] == tag:
            self._within.pop()

    def handle_data(self, data: str) -> None:
        if not self._within:
            self.found.append(data)


def data_of(exchange: dict[str, Any]) -> set[str]:
    """Return what a page shows of an Exchange unchanged: headers, method and URL."""
    parts = [exchange["request"], exchange["response"] or {"headers": {}}]
    shown = {text for part in parts for pair in part["headers"].items() for text in pair}
    return shown | {exchange["request"]["method"], exchange["request"]["url"]}


def _message(**message: Any) -> Reply:
    return completion(choices=[{"index": 0, "message": message, "finish_reason": "length"}])


REPLIES: dict[str, Reply] = {
    "completion": completion("42"),
    "two choices": completion(choices=completion_body("42")["choices"] * 2),
    "reasoning": _message(content="42", reasoning="42"),
    "null": _message(content=None),
    "empty text": _message(content=""),
    "refusal": _message(content=None, refusal="42"),
    "tool calls": _message(content=None, tool_calls=[{"id": "1"}]),
    "no usage": completion("42", usage=None),
    "cached": completion("42", usage={"prompt_tokens": 9, "prompt_tokens_details": {"cached_tokens": 3}}),
    "huge": completion("4" * 1_100_000),
    "fix": json_answer({"error": {"message": "max_tokens is unsupported"}}, 400),
    "wait": json_answer({}, 429, Retry_After="5"),
    "redirect": Answer(302, headers={"Location": "42"}),
    "nothing": b"",
    "no completion": json_answer({}),
    "no choices": json_answer({"choices": []}),
    "no JSON": Answer(body=b"42 42"),
    "no body": Answer(204),
    **{
        str(status): json_answer({}, status)
        for status in (400, 401, 402, 403, 404, 405, 413, 500, 502, 503, 504)
    },
}
# Replies to a request for the list of models.
LISTS: dict[str, Reply] = {"some": models("a"), "none": models(), "error": json_answer({}, 401)}
# Changes that make the form invalid, so that it is not sent.
REFUSED: list[dict[str, Any]] = [
    {"temperature": "hot", "n": "0", "stop": "[", "more": "{", "model": ""},
    {"role": ["tool"]},
    {"role": ["42"]},
    {"provider": "nobody"},
    {"provider": "openai"},
    {"provider": "", "base_url": "ftp://42"},
    {"provider": "", "base_url": "http://127.0.0.9"},
    {"api_key": "4 2"},
]
