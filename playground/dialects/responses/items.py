"""The names of the Responses API that several modules read."""

from typing import Any

# The calls that a request answers with a separate item, which has the same `call_id`.
ANSWERED = {
    "function_call_output": "function_call",
    "custom_tool_call_output": "custom_tool_call",
    "computer_call_output": "computer_call",
    "shell_call_output": "shell_call",
    "apply_patch_call_output": "apply_patch_call",
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


def error_of(response: dict[str, Any]) -> Any:
    """Return the error of a failed response; None if it did not fail."""
    if response.get("error"):
        return response["error"]
    return {"status": "failed"} if response.get("status") == "failed" else None
