"""The openai SDK in Python code: what the code of its APIs has in common."""

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
        f"    api_key={_key(call)},",
        ")",
        "",
    ]


def extra_headers(call: Call) -> list[str]:
    """Return the argument of a call with its headers, none if the SDK sends all of them by itself.

    The SDK sends its key as a bearer token. A key for another header is sent in that one only; the SDK lets
    leave out its own only here.
    """
    headers = [(name, quoted(value)) for name, value in call.headers]
    if _has_own_header(call):
        value = f"{quoted(call.auth.prefix)} + {_key(call)}" if call.auth.prefix else _key(call)
        headers = [("Authorization", "Omit()"), (call.auth.header, value), *headers]
    lines = [f"        {quoted(name)}: {value}," for name, value in headers]
    return ["    extra_headers={", *lines, "    },"] if lines else []


def _has_own_header(call: Call) -> bool:
    return call.key_variable is not None and call.auth != BEARER


def _key(call: Call) -> str:
    if call.key_variable:
        return f"os.environ[{quoted(call.key_variable)}]"
    return '"none"'  # the server takes no key, but the SDK requires one
