"""Playgrounds in MkDocs pages: turns the tag and the fence into the element <api-playground>.

    # mkdocs.yml
    hooks: [api_playground_hook.py]
    extra:
      api_playground: {src: "https://playground.example.org/", embed: docs}

Needs `pip install json5`, to parse the tag's request, a JavaScript literal; nothing is executed. A tag that
can't be read is reported with its file and line, in the page and as a warning (an error with --strict).
"""

import html
import json
import logging
import re
from typing import Any
from urllib.parse import urlencode

import json5
import yaml

log = logging.getLogger("mkdocs.hooks.api_playground")

# Some servers cut off longer URLs.
LONGEST_LINK = 7000
# The link where no playground runs, unless the tag has its own text.
WORDS = "Open in the API Playground"

# A fence, a comment, inline code, or a tag. Tags in the first three are left alone.
_PARTS = re.compile(
    r"""
    ^(?P<indent>[ \t]*)(?P<fence>`{3,}|~{3,})[ \t]*(?P<language>[^\s`]*)[^\n]*\n
        (?P<body>.*?)(?:^[ \t]*(?P=fence)[`~]*[ \t]*$|\Z)
    | <!--.*?-->
    | (?<![`\\])(?P<ticks>`+)(?!`)(?:(?!\n[ \t]*\n).)*?[^`](?P=ticks)(?!`)
    | (?P<before>^[ \t]*)?<(?P<name>ApiPlayground|api-playground)(?P<attributes>
        (?:\s+[^\s"'<>/=]+(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'=<>`]+))?)*
      )\s*(?:/>|>(?P<words>[^<]*)</(?P=name)\s*>)(?P<after>[ \t]*$)?
    | <(?P<endless>ApiPlayground)(?=[\s/>])
    """,
    re.MULTILINE | re.DOTALL | re.VERBOSE,
)
_ATTRIBUTE = re.compile(
    r"""\s+([^\s"'<>/=]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'=<>`]+)))?""",
)
_PASSED = ("provider", "api", "embed", "theme", "label", "lang")
_KNOWN = "“provider”, “api”, “embed”, “request”, “theme”, “label”, or “lang”"
_REQUEST = ("request", "defaultrequest", "default-request")
# Attributes for the component's element or for Vue itself.
_IGNORED = re.compile(
    r":?(?:class|style|id|key|ref|title|src|aria-.*|data-.*)|v-pre|v-once|v-cloak", re.IGNORECASE
)


class _ProblemError(Exception):
    pass


def on_page_markdown(markdown: str, *, page: Any, config: Any, **_: Any) -> str:
    options = config.extra.get("api_playground") or {}
    if not options.get("src"):
        raise SystemExit("mkdocs.yml needs extra.api_playground.src, the URL of your playground")
    base = options["src"].rstrip("/") + "/"
    # Front matter is cut off by now.
    first_line = (page.file.content_string or "").count("\n") - markdown.count("\n") + 1
    count = 0

    def replace(part: re.Match[str]) -> str:
        nonlocal count
        is_fence = part["language"] == "api-playground"
        if not (part["name"] or is_fence or part["endless"]):
            return part[0]
        try:
            if part["endless"]:
                raise _ProblemError("the tag isn’t closed: put each value in quotes, and end with “/>”")
            values = _read_fence(part["body"]) if is_fence else _read_tag(part["attributes"])
        except (_ProblemError, ValueError, RecursionError) as problem:
            line = max(first_line, 1) + markdown.count("\n", 0, part.start())
            where = f"{page.file.src_uri}:{line}: {problem or 'nested too deeply'}"
            log.warning("API Playground: %s", where)
            element = f"<strong>API Playground: {_inert(where)}</strong>"
            if part["endless"]:
                return f"{element} &lt;{part['endless']}"  # the rest of it stays text
        else:
            count += 1
            ours = {"embed": _embed_of(options, values), "theme": options.get("theme")}
            ours = {name: value for name, value in ours.items() if value}
            element = _element(base, ours | values, (part["words"] or "").strip() or WORDS)
        indent = part["indent"] if is_fence else part["before"]
        if is_fence or (indent is not None and part["after"] is not None):
            return f"{indent}<div>{element}</div>"  # a block of its own
        return f"{indent or ''}{element}{part['after'] or ''}"

    markdown = _PARTS.sub(replace, markdown)
    if count:
        markdown += f'\n\n<script src="{html.escape(base)}embed.js" defer></script>\n'
    return markdown


def _embed_of(options: dict[str, Any], values: dict[str, Any]) -> Any:
    """Return the embed for this provider and API: an embed has one of each, so a site may have several.

    As in `embed: {openai: docs, openai/responses: docs-responses}`.
    """
    embed, provider, api = options.get("embed"), values.get("provider"), values.get("api")
    if not isinstance(embed, dict):
        return embed
    return embed.get("/".join(filter(None, (provider, api)))) or embed.get(provider)


def _read_tag(text: str) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for found in _ATTRIBUTE.finditer(text):
        written, value = found[1], html.unescape(found[2] or found[3] or found[4] or "")
        name = written.removeprefix("v-bind").removeprefix(":").lower()
        is_bound = written.startswith((":", "v-bind:"))
        if _IGNORED.fullmatch(written):
            continue
        key = "request" if name in _REQUEST else name
        if key in values:
            raise _ProblemError(f"“{name}” appears twice: keep one")
        if key == "request" and (is_bound or name == "request"):
            values[key] = _literal(value)
        elif key == "request":
            raise _ProblemError(f"put a colon before “{written}”: its value is an object, not a string")
        elif key in _PASSED:
            values[key] = _text(key, _literal(value) if is_bound else value)
        else:
            raise _ProblemError(f"unknown attribute “{written}”: use {_KNOWN}")
    return _checked(values)


def _read_fence(text: str) -> dict[str, Any]:
    try:
        read = json.loads(text)
    except ValueError:
        try:
            read = yaml.load(text, _Loader)  # noqa: S506 -- a SafeLoader
        except yaml.YAMLError as error:
            raise _ProblemError(f"invalid YAML: {getattr(error, 'problem', None) or error}") from error
    if not isinstance(read, dict):
        raise _ProblemError("the fence must contain fields, such as “provider: …” and “request: …”")
    values: dict[str, Any] = {}
    for name, value in read.items():
        key = "request" if str(name).lower() in _REQUEST else name
        if key in values:
            raise _ProblemError(f"“{name}” appears twice: keep one")
        if key != "request" and key not in _PASSED:
            raise _ProblemError(f"unknown field “{name}”: use {_KNOWN}")
        values[key] = value if key == "request" or value is None else _text(key, value)
    return _checked(values)


def _text(name: str, value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise _ProblemError(f"“{name}” must be a string")
    return value.strip()


def _checked(values: dict[str, Any]) -> dict[str, Any]:
    if not isinstance(values.get("request", {}), dict):
        raise _ProblemError("the request must be an object: {…}")
    return values


def _literal(text: str) -> Any:
    if not text.strip():
        raise _ProblemError("the request is empty")
    return json5.loads(text, object_pairs_hook=_object, parse_constant=_no_constant)


def _object(pairs: Any) -> dict[str, Any]:
    pairs = list(pairs)
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _ProblemError("an object has the same field twice: keep one")
    return found


def _no_constant(name: str) -> None:
    raise _ProblemError(f"{name} isn’t a JSON number")


class _Loader(yaml.SafeLoader):
    """YAML 1.2's core schema, where `no` and 2024-01-01 are strings."""

    yaml_implicit_resolvers: dict[str, Any] = {}


for _tag, _pattern, _first in (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?[0-9]+", list("-+0123456789")),
    ("float", r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", list("-+.0123456789")),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"(?:{_pattern})$"), _first)


def _element(base: str, values: dict[str, Any], words: str) -> str:
    request = None
    if values.get("request") is not None:
        request = json.dumps(values["request"], ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    attributes = {
        "theme": "auto",
        **{name: value for name, value in values.items() if value},
        "request": request,
    }
    asked = {"provider": "provider", "dialect": "api", "request": "request"}
    query = urlencode({name: attributes[ours] for name, ours in asked.items() if attributes.get(ours)})
    link = f"{base}?{query}" if query and len(query) <= LONGEST_LINK else base
    written = "".join(f' {name}="{_inert(value)}"' for name, value in attributes.items() if value)
    return (
        f"<api-playground{written}>"
        f'<a slot="fallback" href="{_inert(link)}">{_inert(html.unescape(words))}</a></api-playground>'
    )


def _inert(text: str) -> str:
    """Escape all characters that mean something in Markdown or HTML."""
    return re.sub(r"[!-+\-/:-@\[-`{-~]", lambda found: f"&#{ord(found[0])};", text)
