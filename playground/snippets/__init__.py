"""Code for a call, made from the very body that is sent, never from text.

To add a language, add a file beside this one and a row in `TARGETS`.
"""

from collections.abc import Callable
from dataclasses import dataclass

from playground.exchange.call import Call
from playground.snippets import curl, python

__all__ = ["TARGETS", "Target", "render"]


@dataclass(frozen=True, slots=True)
class Target:
    """A language or tool to write the call in. `lexer` is Pygments' name of the language."""

    id: str
    label: str
    note: str
    lexer: str
    render: Callable[[Call], str]


TARGETS = (
    Target("python", "Python", "openai SDK", "python", python.render),
    Target("curl", "cURL", "", "bash", curl.render),
)


def render(call: Call) -> dict[str, str]:
    """Return `{target id: code}`."""
    return {target.id: target.render(call) for target in TARGETS}
