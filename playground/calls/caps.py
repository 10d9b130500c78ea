"""Holds a call that the server pays for to the caps.

A list of what is allowed rather than of what is not: providers add parameters, and some of them cost money.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from playground.catalogue.caps import Caps
from playground.dialects.chat_completions.request import ChatRequest
from playground.exchange.fix import Fix
from playground.exchange.refusal import FieldProblem, InvalidRequestError
from playground.text.sentence import Sentence, gettext_noop, say

# None of these costs more than its tokens, which have a cap of their own.
_FREE = frozenset((
    "frequency_penalty", "logprobs", "max_completion_tokens", "max_tokens", "messages", "min_p", "model", "n",
    "presence_penalty", "reasoning_effort", "repetition_penalty", "response_format", "safety_identifier",
    "seed", "stop", "stream", "stream_options", "temperature", "top_k", "top_logprobs", "top_p", "user",
    "verbosity",
))  # fmt: skip
# What goes by one name in `allow`.
_GROUPS = {
    "tool_choice": "tools",
    "parallel_tool_calls": "tools",
    "functions": "tools",
    "function_call": "tools",
}
_FREE_PARTS = ("text", "refusal")
_PART_GROUPS = {"image_url": "images", "image": "images", "input_image": "images"}
_TOKENS = ("max_tokens", "max_completion_tokens")


def check(request: ChatRequest, caps: Caps | None) -> None:
    """Raises `InvalidRequestError` with all that is beyond the caps; None allows everything."""
    if caps and (beyond := problems(request, caps)):
        raise InvalidRequestError(*beyond, fix=_fix(beyond, caps))


def problems(request: ChatRequest, caps: Caps) -> list[FieldProblem]:
    """All that the request asks for and may not, each with the cap that says so."""
    return [
        *_model(request.model, caps),
        *_tokens(request.body, caps),
        *_choices(request.body, caps),
        *_size(len(request.encoded), caps),
        *_parameters(request.body, caps),
        *_parts(request.body["messages"], caps),
    ]


def _fix(beyond: list[FieldProblem], caps: Caps) -> Fix | None:
    """The change that keeps a request to the caps, as far as leaving out and lowering does."""
    most = {"model": next(iter(caps.models), None), "n": caps.n} | dict.fromkeys(_TOKENS, caps.max_tokens)
    fields = [problem.field for problem in beyond]
    changes = {
        name: most.get(name) for name in fields if name != "request" and not name.startswith("messages.")
    }
    return Fix(say(gettext_noop("Keep to what the server's key allows")), changes) if changes else None


def _model(model: str, caps: Caps) -> Iterator[FieldProblem]:
    if not caps.allows_model(model):
        sentence = gettext_noop("With the server's key, only %(models)s.")
        yield FieldProblem("model", say(sentence, models=", ".join(caps.models)))


def _tokens(body: Mapping[str, Any], caps: Caps) -> Iterator[FieldProblem]:
    given = [name for name in _TOKENS if body.get(name) is not None]
    if not given:
        sentence = gettext_noop("With the server's key, set this: %(most)s or less.")
        yield FieldProblem("max_tokens", say(sentence, most=caps.max_tokens))
    for name in given:
        if body[name] > caps.max_tokens:
            yield FieldProblem(name, say(_AT_MOST, most=caps.max_tokens))


def _choices(body: Mapping[str, Any], caps: Caps) -> Iterator[FieldProblem]:
    if (body.get("n") or 1) > caps.n:
        yield FieldProblem("n", say(_AT_MOST, most=caps.n))


_AT_MOST = gettext_noop("With the server's key, %(most)s at most.")


def _size(size: int, caps: Caps) -> Iterator[FieldProblem]:
    if size > caps.request_bytes:
        sentence = gettext_noop(
            "The request has %(size)s bytes; with the server's key, %(most)s at most are sent."
        )
        yield FieldProblem("request", say(sentence, size=size, most=caps.request_bytes), status=413)


def _parameters(body: Mapping[str, Any], caps: Caps) -> Iterator[FieldProblem]:
    for name, value in body.items():
        if value is not None and name not in _FREE and _GROUPS.get(name, name) not in caps.allow:
            yield FieldProblem(name, _not_allowed(name))


def _parts(messages: list[dict[str, Any]], caps: Caps) -> Iterator[FieldProblem]:
    for index, message in enumerate(messages):
        content = message.get("content")
        for part in content if isinstance(content, list) else []:
            kind = str(part.get("type")) if isinstance(part, dict) else "text"
            if kind not in _FREE_PARTS and _PART_GROUPS.get(kind, kind) not in caps.allow:
                yield FieldProblem(f"messages.{index}.content", _not_allowed(kind))
                break


def _not_allowed(name: str) -> Sentence:
    return say(gettext_noop("“%(name)s” may not be asked for with the server's key."), name=name[:60])
