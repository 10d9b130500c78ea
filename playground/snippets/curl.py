"""A cURL command for a POSIX shell."""

import json
import re
import shlex

from playground.exchange.call import Call, Target
from playground.snippets.visible import show
from playground.text import jsontext

# Linux accepts no argument over 128 KiB; a longer body goes through standard input.
_LONGEST_ARGUMENT = 100_000
# To a shell, within double quotes; `!` where commands are typed or pasted.
_SPECIAL = re.compile(r'["$`\\!]')


def render(call: Call) -> str:
    unbuffered = "-N " if call.streams else ""
    lines = [f"curl {unbuffered}{_url(call.url)}", '  -H "Content-Type: application/json"']
    if call.key_variable:
        auth = call.auth
        lines.append(f'  -H "{auth.header}: {auth.prefix}${call.key_variable}"')
    lines += [f"  -H {_quoted(f'{name}: {value}')}" for name, value in call.headers]
    body = _json(call)
    if len(body.encode()) <= _LONGEST_ARGUMENT:
        # --data-raw: plain --data would read a leading @ as a file name.
        lines.append(f"  --data-raw {shlex.quote(body)}")
        return " \\\n".join(lines) + "\n"
    # No line of the JSON can be the heredoc's end word: strings contain no line breaks.
    return " \\\n".join([*lines, "  --data-binary @- <<'JSON'"]) + f"\n{body}\nJSON\n"


def _quoted(header: str) -> str:
    return shlex.quote(header) if _SPECIAL.search(header) else f'"{header}"'


def _url(url: str) -> str:
    # curl would expand brackets and braces.
    globs = "--globoff " if set(url) & set("[]{}") else ""
    return globs + shlex.quote(url)


def _json(call: Call) -> str:
    lines = jsontext.pretty(call.wire).split("\n")
    return "\n".join(show(line, _escaped) for line in lines)


def _escaped(character: str) -> str:
    """Escape as JSON does: `\\u202e`."""
    return json.dumps(character)[1:-1]


CURL = Target("curl", "cURL", "", "bash", render)
