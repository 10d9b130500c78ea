"""The client of the openai SDK, as Python code: what its APIs have in common.

The SDK sends its key as a bearer token. A key for another header goes there with each call, and nowhere else.
"""

from playground.exchange.call import BEARER, Call
from playground.snippets.python import quoted


def opening(call: Call) -> list[str]:
    """Return the lines that import the SDK and make the `client`."""
    return [
        *(["import os", ""] if call.key_variable else []),
        f"from openai import {'Omit, ' if _has_own_header(call) else ''}OpenAI",
        "",
        "client = OpenAI(",
        f"    base_url={quoted(call.base_url)},",
        # The SDK requires a key, also for a server that takes none.
        f"    api_key={_key(call) if call.key_variable and not _has_own_header(call) else quoted('none')},",
        ")",
        "",
    ]


def header_arguments(call: Call) -> list[str]:
    """Return the lines of the call's arguments that send the key, if it is not a bearer token."""
    if not _has_own_header(call):
        return []
    prefix = f"{quoted(call.auth.prefix)} + " if call.auth.prefix else ""
    return [
        "    extra_headers={",
        f"        {quoted(call.auth.header)}: {prefix}{_key(call)},",
        '        "Authorization": Omit(),',
        "    },",
    ]


def _has_own_header(call: Call) -> bool:
    return call.key_variable is not None and call.auth != BEARER


def _key(call: Call) -> str:
    return f"os.environ[{quoted(call.key_variable or '')}]"
