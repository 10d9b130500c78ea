import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Call:
    base_url: str
    url: str
    key_variable: str | None
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Target:
    id: str
    label: str
    lexer: str
    note: str
    render: Callable[[Call], str]


TARGETS = (
    Target("python", "Python", "python", "openai SDK", lambda call: "import os\nx = " + repr(call.body)),
    Target("curl", "cURL", "bash", "", lambda call: "curl " + json.dumps(call.body)),
)


def render(call: Call) -> dict[str, str]:
    return {target.id: target.render(call) for target in TARGETS}
