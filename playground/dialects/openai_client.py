"""Python code with the openai SDK: what its APIs have in common."""

from collections.abc import Collection

from playground.exchange.call import BEARER, Call
from playground.snippets.python import key_code, key_header, literal, quoted


def code(call: Call, method: str, keywords: Collection[str], shown: str) -> str:
    """Return the code of a call. Fields that are not `keywords` of the method go into `extra_body`.

    `shown` are the lines that print the `response` or, if it is streamed, the `stream`.
    """
    arguments = {name: value for name, value in call.body.items() if name in keywords}
    if extra := {name: value for name, value in call.body.items() if name not in keywords}:
        arguments["extra_body"] = extra
    return "\n".join(
        [
            *_opening(call),
            f"{'stream' if call.streams else 'response'} = client.{method}(",
            *(f"    {name}={literal(value, 4, len(name) + 1)}," for name, value in arguments.items()),
            *_extra_headers(call),
            ")",
            "",
            shown,
            "",
        ]
    )


def _opening(call: Call) -> list[str]:
    """Return the lines that import the SDK and make the `client`."""
    return [
        *(["import os", ""] if call.key_variable else []),
        f"from openai import {'Omit, ' if _has_own_header(call) else ''}OpenAI",
        "",
        "client = OpenAI(",
        f"    base_url={quoted(call.base_url)},",
        f"    api_key={key_code(call)},",
        ")",
        "",
    ]


def _extra_headers(call: Call) -> list[str]:
    """Return the argument with the headers of a call; nothing if the SDK sends all of them by itself.

    The SDK sends its key as a bearer token. If the key belongs in another header, that token has to be
    removed, and only this argument can do it.
    """
    headers = [(name, quoted(value)) for name, value in call.headers]
    if _has_own_header(call):
        headers = [("Authorization", "Omit()"), key_header(call), *headers]
    lines = [f"        {quoted(name)}: {value}," for name, value in headers]
    return ["    extra_headers={", *lines, "    },"] if lines else []


def _has_own_header(call: Call) -> bool:
    return call.key_variable is not None and call.auth != BEARER
