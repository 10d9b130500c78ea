"""Code for a call, made from the very body that is sent, never from text.

The targets here write the HTTP call, so that they fit every API. Code for the SDK of one API is in the folder
of its dialect.
"""

from collections.abc import Sequence

from playground.exchange.call import Call, Target
from playground.snippets.curl import CURL

__all__ = ["HTTP_TARGETS", "render"]

HTTP_TARGETS = (CURL,)


def render(call: Call, targets: Sequence[Target]) -> dict[str, str]:
    """Return `{target id: code}`."""
    return {target.id: target.render(call) for target in targets}
