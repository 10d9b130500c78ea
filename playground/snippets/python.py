"""JSON values, and the key, as Python code."""

from typing import Any

from playground.exchange.call import Call
from playground.snippets.visible import show
from playground.text import jsontext

_WIDTH = 88
# Any deeper, indentation would far outweigh the rest.
_DEEPEST_INDENT = 4 * jsontext.DEEPEST_PRETTY


def literal(value: Any, indent: int = 0, taken: int = 0) -> str:
    """Write a JSON value as a Python literal: on one line if it fits, else one item per line.

    `indent` is that of the line on which the literal starts, `taken` the width of what precedes it there.
    """
    if not isinstance(value, dict | list) or not value or indent > _DEEPEST_INDENT:
        return _flat(value)
    room = _WIDTH - indent - taken
    objects = isinstance(value, list) and isinstance(value[0], dict)
    if not objects and _room_left(value, room) > 0 and len(flat := _flat(value)) < room:
        return flat
    inner, space = indent + 4, " " * (indent + 4)
    if isinstance(value, list):
        items = [literal(item, inner) for item in value]
    else:
        items = [
            f"{quoted(key)}: {literal(item, inner, len(quoted(key)) + 2)}" for key, item in value.items()
        ]
    opening, closing = "[]" if isinstance(value, list) else "{}"
    return "\n".join([opening, *(f"{space}{item}," for item in items), " " * indent + closing])


def _room_left(value: Any, room: int) -> int:
    """Return how many of `room` characters a one-line literal leaves; negative if it does not fit.

    Writing out each level before it is known to fit would take a second per megabyte and level.
    """
    if isinstance(value, str):
        return room - len(value) - 2
    if not isinstance(value, dict | list):
        return room - 1
    for item in value:
        room = _room_left(item, room)
        if isinstance(value, dict):
            room = _room_left(value[item], room)
        if room < 0:
            break
    return room - 2


def _flat(value: Any) -> str:
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, list):
        return f"[{', '.join(map(_flat, value))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{quoted(key)}: {_flat(item)}" for key, item in value.items()) + "}"
    return repr(value)  # None, True, False and numbers


def quoted(text: str) -> str:
    """Write a string literal in double quotes, with what a reader could not see escaped."""
    plain = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{show(plain, _escaped)}"'


_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def _escaped(character: str) -> str:
    code = ord(character)
    if code < 0x100:
        return _SHORT.get(character) or f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def key_code(call: Call) -> str:
    """Return the code of the key. A server that takes none gets a word, because SDKs require one."""
    return f"os.environ[{quoted(call.key_variable)}]" if call.key_variable else '"none"'


def key_header(call: Call) -> tuple[str, str]:
    """Return the name of the header with the key, and its value as code."""
    code, prefix = key_code(call), call.auth.prefix
    return call.auth.header, f"{quoted(prefix)} + {code}" if prefix else code
