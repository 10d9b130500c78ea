"""What the local model cannot take, said before anything is sent.

Its server answers an image with a 500, as if it were broken, and drops tools without a word, for which its
template has no place. It is asked in the background, when a page is shown or something is sent: a call never
waits for it, and what is not known yet is found out by sending.
"""

from collections.abc import Iterator
from typing import Any

from playground.catalogue.providers import LOCAL_MODEL, catalogue
from playground.dialects.chat_completions.request import ChatRequest
from playground.exchange.fix import Fix
from playground.exchange.refusal import FieldProblem, InvalidRequestError
from playground.text.sentence import Sentence, gettext_noop, say
from playground.upstream.local_model.life import Life
from playground.upstream.question import Question
from playground.upstream.route import Route

_HOLDS_SECONDS = 5.0
_TOOLS = ("tools", "tool_choice", "parallel_tool_calls", "functions", "function_call")
_MODALITIES = {
    "image_url": ("vision", gettext_noop("The local model reads text only, no images.")),
    "input_audio": ("audio", gettext_noop("The local model reads text only, no audio.")),
}


class Probe:
    """What the local model said last that it lacks. Asked with the server's key, never with a typed one."""

    def __init__(self) -> None:
        self.lacks: frozenset[str] = frozenset()
        self._question = Question(self._look, _HOLDS_SECONDS)

    def ask(self) -> None:
        self._question.put()

    def _look(self) -> None:
        local = catalogue().get(LOCAL_MODEL)
        if local is None or local.endpoint is None:
            return
        props = Life(local.endpoint.base_url.removesuffix("/v1"), local.server_key).props()
        if props is None:
            return  # it starts again, or is busy: what it said before holds
        modalities, template = props.get("modalities"), props.get("chat_template_caps")
        modalities = modalities if isinstance(modalities, dict) else {}
        template = template if isinstance(template, dict) else {}
        lacks = {name for name in ("vision", "audio") if modalities.get(name) is False}
        self.lacks = frozenset(lacks | ({"tools"} if template.get("supports_tools") is False else set()))


probe = Probe()


def check(request: ChatRequest, route: Route) -> None:
    """Raises `InvalidRequestError` with all that the request asks of the local model in vain."""
    if route.provider != LOCAL_MODEL:
        return
    probe.ask()
    asks = [*_tools(request.body), *_parts(request.body["messages"])]
    if in_vain := [
        FieldProblem(name, sentence) for name, ability, sentence in asks if ability in probe.lacks
    ]:
        raise InvalidRequestError(*in_vain, fix=_fix(in_vain))


def _fix(in_vain: list[FieldProblem]) -> Fix | None:
    names = [problem.field for problem in in_vain if problem.field in _TOOLS]
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
