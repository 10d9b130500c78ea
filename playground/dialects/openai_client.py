"""The client of the openai SDK, as Python code: what its APIs have in common."""

from playground.exchange.call import BEARER, Call
from playground.snippets.python import quoted


def opening(call: Call) -> list[str]:
    """Return the lines that import the SDK and make the `client`.

    The SDK sends its key as a bearer token. A key for another header is sent in that one only.
    """
    has_own_header = call.key_variable is not None and call.auth != BEARER
    lines = ["import os", ""] if call.key_variable else []
    lines += [f"from openai import {'Omit, ' if has_own_header else ''}OpenAI", "", "client = OpenAI("]
    lines.append(f"    base_url={quoted(call.base_url)},")
    key = f"os.environ[{quoted(call.key_variable)}]" if call.key_variable else ""
    if has_own_header:
        value = f"{quoted(call.auth.prefix)} + {key}" if call.auth.prefix else key
        lines += [
            '    api_key="none",',
            "    default_headers={",
            f"        {quoted(call.auth.header)}: {value},",
            '        "Authorization": Omit(),',
            "    },",
        ]
    else:
        # Without a key: the server takes none, but the SDK requires one.
        lines.append(f"    api_key={key or quoted('none')},")
    return [*lines, ")", ""]
