"""The `api-playground` fence, for places where a tag can't be used; its body is YAML or JSON.

```api-playground
provider: openai
request: {model: gpt-6-luna, messages: [{role: user, content: Hello!}]}
```
"""

from typing import Any

from playground.tags import yamltext
from playground.tags.tag import LiveCall, TagError, checked, name_of, value_of
from playground.text import jsontext
from playground.text.sentence import SentenceError, gettext_noop, say

LANGUAGE = "api-playground"


def read(text: str) -> LiveCall:
    """Parse a fence, which accepts what a tag accepts.

    Raises `TagError`; its line counts from the body's first line, which is 0.
    """
    found = _values(text)
    if not isinstance(found, dict):
        raise TagError(
            say(gettext_noop("The fence must contain fields, such as “provider: …” and “request: …”."))
        )
    values: dict[str, Any] = {}
    try:
        for written, value in found.items():
            if name := name_of(written, values):
                values[name] = value_of(name, value)
    except SentenceError as error:
        raise TagError(error.sentence) from error
    return LiveCall(**values)


def _values(text: str) -> object:
    try:
        return checked(_parsed(text))
    except yamltext.YAMLTextError as error:
        raise TagError(error.sentence, error.line) from error
    except SentenceError as error:
        raise TagError(error.sentence) from error


def _parsed(text: str) -> object:
    if text.lstrip().startswith("{"):
        try:
            return jsontext.loads(text)
        except jsontext.JSONTextError:
            pass  # {provider: openai} is YAML
    return yamltext.loads(text)
