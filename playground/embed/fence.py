"""The fence that makes a live playground where a tag cannot stand: its body is YAML or JSON.

```api-playground
provider: openai
request: {model: gpt-4, messages: [{role: user, content: Hello!}]}
```
"""

from playground.embed import yamltext
from playground.embed.tag import NO_EMBED, NO_PROVIDER, LiveCall, TagError, checked
from playground.exchange import jsontext
from playground.exchange.text import SentenceError, gettext_noop, say

LANGUAGE = "api-playground"
_REQUEST_NAMES = ("request", "defaultRequest", "default-request")


def read(text: str) -> LiveCall:
    """Raises `TagError`, whose line counts from the body's first line, which is 0."""
    values = _values(text)
    if not isinstance(values, dict):
        raise TagError(say(gettext_noop("The fence takes “provider: …” and “request: …”.")))
    if unknown := sorted(set(values) - {"provider", "embed", *_REQUEST_NAMES}):
        raise TagError(
            say(
                gettext_noop("The fence takes “provider”, “embed” and “request”, not “%(name)s”."),
                name=unknown[0][:60],
            )
        )
    provider, embed = values.get("provider") or "", values.get("embed") or ""
    if not isinstance(provider, str):
        raise TagError(say(NO_PROVIDER))
    if not isinstance(embed, str):
        raise TagError(say(NO_EMBED))
    given = [values[name] for name in _REQUEST_NAMES if name in values]
    if len(given) > 1:
        raise TagError(say(gettext_noop("“%(name)s” stands there twice."), name="request"))
    body = given[0] if given else None
    if body is not None and not isinstance(body, dict):
        raise TagError(say(gettext_noop("The request must be an object: {…}.")))
    return LiveCall(provider.strip(), body, embed.strip())


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
