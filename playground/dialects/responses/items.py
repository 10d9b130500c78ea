"""The names of the Responses API that several modules read."""

from collections.abc import Iterator
from typing import Any

from playground.dialects.values import listed

_OF_SHELL = {"stdout": "", "stderr": "", "outcome": {"type": "exit", "exit_code": 0}}
# The calls that the caller answers with a separate item, and that item, empty.
RESULTS: dict[str, dict[str, Any]] = {
    "function_call": {"type": "function_call_output", "output": ""},
    "custom_tool_call": {"type": "custom_tool_call_output", "output": ""},
    "computer_call": {
        "type": "computer_call_output", "output": {"type": "computer_screenshot", "image_url": ""},
    },
    "shell_call": {"type": "shell_call_output", "output": [_OF_SHELL]},
    "apply_patch_call": {"type": "apply_patch_call_output", "status": "completed", "output": ""},
    "local_shell_call": {"type": "local_shell_call_output", "output": ""},
    "tool_search_call": {"type": "tool_search_output", "execution": "client", "tools": []},
    "mcp_approval_request": {"type": "mcp_approval_response", "approve": False},
}  # fmt: skip
# The results that are known to need the `call_id` of their call.
ANSWERED = {
    RESULTS[call]["type"]: call
    for call in ("function_call", "custom_tool_call", "computer_call", "shell_call", "apply_patch_call")
}
# Calls of tools that the caller runs, and the field with their arguments.
CALLS = {"function_call": "arguments", "custom_tool_call": "input"}
# How a response ends.
ENDS = ("completed", "incomplete", "failed", "cancelled")
# The last event is named after the status; OpenRouter always calls it `done`.
END_EVENTS = frozenset(f"response.{end}" for end in (*ENDS, "done"))


def type_of(item: Any) -> str:
    """Return an item's type; it is optional for a message. "" if the type is not a string."""
    if not isinstance(item, dict):
        return ""
    type_ = item.get("type")
    if type_ is None and ("role" in item or isinstance(item.get("content"), list)):
        return "message"
    return type_ if isinstance(type_, str) else ""


def awaited(items: list[Any], names: set[Any]) -> list[dict[str, Any]]:
    """Return the calls that await a result: the provider has not given it, and does not run them itself.

    `names` are those of the known tools.
    """
    given = {(type_of(item), str(item.get("call_id"))) for item in items if isinstance(item, dict)}
    calls = [item for item in items if type_of(item) in RESULTS and not is_run_there(item, names)]
    return [call for call in calls if (RESULTS[type_of(call)]["type"], str(call.get("call_id"))) not in given]


def names_of(tools: Any) -> Iterator[Any]:
    """Yield the names of tools, and of those in their namespaces; "None" for the provider's own."""
    for tool in listed(tools):
        if isinstance(tool, dict):
            yield from (str(tool.get("name")), *names_of(tool.get("tools")))


def is_run_there(call: dict[str, Any], names: set[Any]) -> bool:
    """Whether the provider runs the call. xAI reports its own tools (`x_keyword_search`) as custom ones."""
    if type_of(call) == "custom_tool_call" and names:
        return str(call.get("name")) not in names
    place = call.get("environment")
    is_hosted = isinstance(place, dict) and place.get("type") == "container_reference"
    return is_hosted or call.get("execution") == "server"


def error_of(response: dict[str, Any]) -> Any:
    """Return the error of a failed response; None if it did not fail."""
    if response.get("error"):
        return response["error"]
    return {"status": "failed"} if response.get("status") == "failed" else None
