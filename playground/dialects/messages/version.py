"""The version of the API and the workspace: fields of the body in the playground, sent as headers."""

import re
from collections.abc import Mapping
from typing import Any

from playground.exchange.call import Headers

NAME = "anthropic-version"
# A request without a version always means the older one: its meaning must not change.
OLDER, NEWER = "2023-06-01", "2026-10-21"
VERSIONS = (NEWER, OLDER)
# The newer version rejects them, even at their defaults.
GONE = ("temperature", "top_p", "top_k")
# Keys that are linked to a person or a service account, not to a workspace, need its ID.
WORKSPACE = "anthropic-workspace-id"
_WORKSPACE_ID = re.compile(r"[A-Za-z0-9_-]{1,100}")


def is_workspace(value: Any) -> bool:
    return isinstance(value, str) and bool(_WORKSPACE_ID.fullmatch(value))


def is_newer(body: Mapping[str, Any]) -> bool:
    return body.get(NAME) == NEWER


def headers(body: Mapping[str, Any]) -> Headers:
    workspace = ((WORKSPACE, body[WORKSPACE]),) if is_workspace(body.get(WORKSPACE)) else ()
    return ((NAME, NEWER if is_newer(body) else OLDER), *workspace)


def wire(body: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name: value for name, value in body.items() if name not in (NAME, WORKSPACE)}
