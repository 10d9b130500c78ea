"""What the local model cannot take, said before anything is sent.

Its server answers an image with a 500, as if it were broken, and drops tools without a word, for which its
template has no place.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any

from playground.exchange.chat_request import ChatRequest, FieldError
from playground.exchange.fixes import Fix
from playground.exchange.text import Sentence, gettext_noop, say
from playground.upstream.local_model.life import Life
from playground.upstream.providers import LOCAL_MODEL
from playground.upstream.route import Route

_TOOLS = ("tools", "tool_choice", "parallel_tool_calls", "functions", "function_call")
_MODALITIES = {
    "image_url": ("vision", gettext_noop("The local model reads text only, no images.")),
    "input_audio": ("audio", gettext_noop("The local model reads text only, no audio.")),
}


def errors(route: Route, request: ChatRequest) -> list[FieldError]:
    """All that the request asks of the local model in vain; [] for every other provider."""
    asks = [*_tools(request.body), *_parts(request.body["messages"])]
    if not asks or route.provider != LOCAL_MODEL:
        return []
    lacks = _lacks(route.endpoint.base_url.removesuffix("/v1"), route.key)
    return [FieldError(name, sentence) for name, ability, sentence in asks if ability in lacks]


def fix(errors: list[FieldError]) -> Fix | None:
    names = [error.field for error in errors if error.field in _TOOLS]
    return Fix(say(gettext_noop("Send without tools")), dict.fromkeys(names)) if names else None


def _tools(body: Any) -> Iterator[tuple[str, str, Sentence]]:
    for name in _TOOLS:
        if body.get(name):
            yield (
                name,
                "tools",
                say(gettext_noop("The local model cannot call tools. Choose another provider for them.")),
            )


def _parts(messages: list[dict[str, Any]]) -> Iterator[tuple[str, str, Sentence]]:
    for index, message in enumerate(messages):
        content = message.get("content")
        for part in content if isinstance(content, list) else []:
            kind = part.get("type") if isinstance(part, dict) else None
            if isinstance(kind, str) and kind in _MODALITIES:
                ability, words = _MODALITIES[kind]
                yield f"messages.{index}.content", ability, say(words)
                break


def _lacks(base: str, key: str) -> frozenset[str]:
    """What it says that it lacks. A server that does not say is asked again, and may lack nothing."""
    try:
        return _said(base, key)
    except LookupError:
        return frozenset()


@cache
def _said(base: str, key: str) -> frozenset[str]:
    """Raises `LookupError` when it does not answer."""
    props = Life(base, key).props()
    if props is None:
        raise LookupError
    modalities, template = props.get("modalities"), props.get("chat_template_caps")
    modalities = modalities if isinstance(modalities, dict) else {}
    template = template if isinstance(template, dict) else {}
    lacks = {name for name in ("vision", "audio") if modalities.get(name) is False}
    return frozenset(lacks | ({"tools"} if template.get("supports_tools") is False else set()))
