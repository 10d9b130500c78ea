"""What the local model does not support, reported before anything is sent.

Its server responds to an image with a 500, as if it were broken. It silently drops tools that its template
doesn't support, and a schema in the Messages API. It is asked for its abilities in the background, when a
page is shown or a call is sent, so that no call waits for them.
"""

from collections.abc import Collection

from playground.catalogue.providers import LOCAL_MODEL, catalogue
from playground.dialects import DEFAULT
from playground.exchange.demands import Extra
from playground.exchange.fix import Fix
from playground.exchange.refusal import FieldProblem, InvalidRequestError
from playground.exchange.request import Request
from playground.text.sentence import gettext_noop, say
from playground.upstream.local_model.life import Life
from playground.upstream.question import Question
from playground.upstream.route import Route

_HOLDS_SECONDS = 5.0
_SENTENCES = {
    "tools": gettext_noop("The local model can’t call tools. Choose another provider, or remove the tools."),
    "vision": gettext_noop("The local model reads text, not images. Choose another provider."),
    "audio": gettext_noop("The local model reads text, not audio. Choose another provider."),
    "schema": gettext_noop(
        "The local model ignores a JSON schema in this API. Remove the schema, or choose Chat Completions."
    ),
}


class Probe:
    """What the local model lacks, as last reported. Asks with the server's key, never with a typed one."""

    def __init__(self) -> None:
        self.lacks: frozenset[str] = frozenset()
        self._question = Question(self._look, _HOLDS_SECONDS)

    def ask(self) -> None:
        self._question.put()

    def _look(self) -> None:
        local = catalogue().get(LOCAL_MODEL)
        if local is None or not local.endpoints:
            return
        endpoint = next(iter(local.endpoints.values()))
        props = Life(endpoint.base_url.removesuffix("/v1"), local.server_key).props()
        if props is None:
            return  # restarting or busy: the last report holds
        modalities, template = props.get("modalities"), props.get("chat_template_caps")
        modalities = modalities if isinstance(modalities, dict) else {}
        template = template if isinstance(template, dict) else {}
        lacks = {name for name in ("vision", "audio") if modalities.get(name) is False}
        lacks |= {"tools"} if template.get("supports_tools") is False else set()
        # In the APIs that use this ability, llama.cpp ignores a schema without an error.
        self.lacks = frozenset(lacks | {"schema"})


probe = Probe()


def check(request: Request, route: Route) -> None:
    """Raise `InvalidRequestError` naming everything that the local model does not support."""
    if route.provider != LOCAL_MODEL:
        return
    probe.ask()
    extras = request.dialect.extras(request.body)
    in_vain = {extra.field: extra for extra in extras if extra.ability in probe.lacks}
    if in_vain:
        problems = [FieldProblem(name, say(_SENTENCES[extra.ability])) for name, extra in in_vain.items()]
        raise InvalidRequestError(*problems, fix=_fix(in_vain.values()))


def _fix(in_vain: Collection[Extra]) -> Fix | None:
    names = [extra.field for extra in in_vain if extra.ability == "tools"]
    if names:
        return Fix(say(gettext_noop("Send without tools")), dict.fromkeys(names))
    if all(extra.ability == "schema" for extra in in_vain):
        return Fix(say(gettext_noop("Switch to %(api)s"), api=DEFAULT.label), {}, DEFAULT.id)
    return None
