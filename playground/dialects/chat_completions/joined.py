"""Find texts of a completion, or of chunks, that are read as one: a key split over them is whole there."""

from collections.abc import Iterator
from typing import Any

from playground.dialects.joining import masking, walk
from playground.exchange.dialect import Place
from playground.text.pieces import numbered

# Repeated in each event and never joined. The text in logprobs is in the content too.
_NEVER_JOINED = frozenset(("index", "finish_reason", "logprobs"))
# Most of a stream: following it at its own path too would find nothing more.
_ONLY_JOINED = (("delta", "content"), ("text",))
_CONTENT = (("all", "content", "text"),)


def texts(value: Any) -> Iterator[tuple[tuple[Place, ...], str]]:
    """Yield each text of the choices (or of the value, if it has none), and the places where it continues."""
    if not _has_choices(value):
        for path, text in walk((), value):
            yield tuple((None, *place) for place in _places(path)), text
        return
    for index, choice in numbered(value["choices"]):
        for name, item in choice.items():
            if name not in _NEVER_JOINED:
                for path, text in walk((name,), item):
                    yield tuple((index, *place) for place in _places(path)), text


def masked(completion: dict[str, Any], numbers: set[int]) -> dict[str, Any]:
    """Mask the texts with these numbers, counted in the order of `texts`."""
    mask = masking(numbers)
    if not _has_choices(completion):
        return {name: mask(item) for name, item in completion.items()}
    choices = [
        {name: item if name in _NEVER_JOINED else mask(item) for name, item in choice.items()}
        if isinstance(choice, dict)
        else mask(choice)
        if isinstance(choice, str)
        else choice
        for choice in completion["choices"]
    ]
    return completion | {"choices": choices}


def _has_choices(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("choices"), list)


def _places(path: Place) -> tuple[Place, ...]:
    """Return where a text continues: at its own path, and in texts that are read together with it.

    All content of a delta, a message, and its parts is one text; so is all reasoning; so are the arguments of
    tool calls, whatever their indexes.
    """
    if path in _ONLY_JOINED:
        return _CONTENT
    names = [name for name in path if isinstance(name, str)]
    if names and names[0] in ("delta", "message"):
        del names[0]
        if not names:  # some providers send the text itself as the delta
            return (*_CONTENT, path)
    if not names:
        return (path,)
    reasoning = any(name.startswith(("reasoning", "thinking")) for name in names)
    group = "reasoning" if reasoning else "content" if names[0] == "text" else names[0]
    said = names[-1] in ("content", "text") or (reasoning and names[-1].startswith(("reasoning", "thinking")))
    return ("all", group, "text" if said else names[-1]), path
