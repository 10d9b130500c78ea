"""What one call may ask for when the server pays for it.

A list of what is allowed rather than of what is not: providers add parameters, and some of them cost money.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from playground.dialects.chat_completions.request import ChatRequest
from playground.exchange.fix import Fix
from playground.exchange.refusal import FieldProblem
from playground.text.sentence import Sentence, gettext_noop, say

ANY_MODEL = "*"
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


@dataclass(frozen=True, slots=True)
class Caps:
    """The most that a call may ask for. `models` with `ANY_MODEL` in it, or empty, takes any.

    `allow` names what else may be asked for: `tools`, `images`, or a parameter such as `logit_bias`.
    """

    models: tuple[str, ...] = ()
    max_tokens: int = 1024
    n: int = 2
    request_bytes: int = 65_536
    allow: tuple[str, ...] = ()

    def allows_model(self, model: str) -> bool:
        return not self.models or ANY_MODEL in self.models or model in self.models

    def errors(self, request: ChatRequest) -> list[FieldProblem]:
        """All that the request asks for and may not, each with the cap that says so."""
        return [
            *self._model(request.model),
            *self._tokens(request.body),
            *self._choices(request.body),
            *self._size(request),
            *self._parameters(request.body),
            *self._parts(request.body["messages"]),
        ]

    def fix(self, errors: list[FieldProblem]) -> Fix | None:
        """The change that keeps a request to the caps, as far as leaving out and lowering does."""
        most = {"model": next(iter(self.models), None), "n": self.n} | dict.fromkeys(_TOKENS, self.max_tokens)
        fields = [error.field for error in errors]
        changes = {
            name: most.get(name) for name in fields if name != "request" and not name.startswith("messages.")
        }
        return Fix(say(gettext_noop("Keep to what the server's key allows")), changes) if changes else None

    def _model(self, model: str) -> Iterator[FieldProblem]:
        if not self.allows_model(model):
            yield FieldProblem(
                "model",
                say(gettext_noop("With the server's key, only %(models)s."), models=", ".join(self.models)),
            )

    def _tokens(self, body: Mapping[str, Any]) -> Iterator[FieldProblem]:
        given = [name for name in _TOKENS if body.get(name) is not None]
        if not given:
            yield FieldProblem(
                "max_tokens",
                say(gettext_noop("With the server's key, set this: %(most)s or less."), most=self.max_tokens),
            )
        for name in given:
            if body[name] > self.max_tokens:
                yield FieldProblem(
                    name, say(gettext_noop("With the server's key, %(most)s at most."), most=self.max_tokens)
                )

    def _choices(self, body: Mapping[str, Any]) -> Iterator[FieldProblem]:
        if (body.get("n") or 1) > self.n:
            yield FieldProblem(
                "n", say(gettext_noop("With the server's key, %(most)s at most."), most=self.n)
            )

    def _size(self, request: ChatRequest) -> Iterator[FieldProblem]:
        if (size := len(request.encoded)) > self.request_bytes:
            yield FieldProblem(
                "request",
                say(
                    gettext_noop(
                        "The request has %(size)s bytes; with the server's key, %(most)s at most are sent."
                    ),
                    size=size,
                    most=self.request_bytes,
                ),
                status=413,
            )

    def _parameters(self, body: Mapping[str, Any]) -> Iterator[FieldProblem]:
        for name, value in body.items():
            if value is not None and name not in _FREE and _GROUPS.get(name, name) not in self.allow:
                yield FieldProblem(name, _not_allowed(name))

    def _parts(self, messages: list[dict[str, Any]]) -> Iterator[FieldProblem]:
        for index, message in enumerate(messages):
            content = message.get("content")
            for part in content if isinstance(content, list) else []:
                kind = str(part.get("type")) if isinstance(part, dict) else "text"
                if kind not in _FREE_PARTS and _PART_GROUPS.get(kind, kind) not in self.allow:
                    yield FieldProblem(f"messages.{index}.content", _not_allowed(kind))
                    break


def _not_allowed(name: str) -> Sentence:
    return say(gettext_noop("“%(name)s” may not be asked for with the server's key."), name=name[:60])
