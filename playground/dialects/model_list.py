"""Read the IDs in a provider's model list, whatever its shape.

OpenAI's `{"data": [{"id"}]}`, a bare list (Together), `{"models": [{"name"}]}` (Gemini, Ollama, Cohere), bare
names, and one of these inside another.
"""

from typing import Any

from playground.exchange.dialect import ModelList

_LISTS = ("data", "models")
_NAMES = ("id", "name", "model")
_LONGEST = 300


def read_models(value: Any) -> ModelList | None:
    """Return the model ids; None if the value is not a list of models."""
    entries = _entries(value)
    if entries is None:
        return None
    ids = [_id(entry) for entry in entries]
    return ModelList(tuple(dict.fromkeys(id_ for id_ in ids if id_)), ids.count(None))


def _entries(answer: Any) -> list[Any] | None:
    for _ in range(3):
        if isinstance(answer, list):
            return answer
        named = [name for name in _LISTS if name in answer] if isinstance(answer, dict) else []
        if not named:
            return None
        answer = answer[named[0]]
        if answer is None:  # an empty list of a server written in Go
            return []
    return None


def _id(entry: Any) -> str | None:
    if isinstance(entry, str):
        names = [entry]
    elif isinstance(entry, dict):
        names = [entry[name] for name in _NAMES if isinstance(entry.get(name), str)]
    else:
        return None
    usable = [name for name in names if name and len(name) <= _LONGEST and name.isprintable()]
    # GitHub's ids are registry URLs (azureml://…); calls use the name next to it.
    return next((name for name in usable if "://" not in name), usable[0] if usable else None)
