"""What an embed allows: the origins that may frame it, and the fields that readers may change."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from playground.dialects import DEFAULT
from playground.dialects.spelling import all_names, misspelled
from playground.exchange.demands import Fields
from playground.exchange.dialect import Dialect
from playground.exchange.refusal import FieldProblem, InvalidRequestError
from playground.forms.form import RequestForm
from playground.text import jsontext
from playground.text.sentence import SentenceError, gettext_noop, say

_LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_PORT = r"(?::(?P<port>[1-9][0-9]{0,4}))?"
# The only IP address that a Content Security Policy can match is 127.0.0.1 (CSP Level 3, 6.7.2.8).
_ORIGINS = (
    re.compile(rf"https://(?P<host>{_LABEL}(?:\.{_LABEL})*){_PORT}"),
    re.compile(rf"https://\*\.(?P<host>{_LABEL}(?:\.{_LABEL})+){_PORT}"),
    re.compile(rf"http://(?:localhost|127\.0\.0\.1){_PORT}"),
)
_FIELD = re.compile("[A-Za-z_][A-Za-z0-9_-]{0,63}")
_LOCKED = gettext_noop("“%(name)s” is locked. Keep its value or remove it.")
# Values that stand for an empty form field.
_EMPTY: tuple[object, ...] = (None, "", [])


class PolicyError(SentenceError):
    """An origin or a field name is invalid."""


def allowed_origin(text: str) -> str:
    """Return the origin in the form that a Content Security Policy takes. Raises `PolicyError`."""
    origin = text.lower()
    for pattern in _ORIGINS:
        if (found := pattern.fullmatch(origin)) and _is_usable(found.groupdict()):
            return origin
    raise PolicyError(
        say(
            gettext_noop(
                "“%(origin)s” isn’t a valid origin. Enter a scheme, a host name, and optionally a port, but "
                "no path: https://docs.example.org, https://*.example.org, or http://localhost:5173."
            ),
            origin=text[:100],
        )
    )


def _is_usable(parts: Mapping[str, str | None]) -> bool:
    last_label = (parts.get("host") or "").rpartition(".")[2]
    return int(parts["port"] or 443) < 65_536 and not last_label.isdigit()


def field_name(text: str) -> str:
    """Return the name if it is valid. Raises `PolicyError`."""
    outer, dot, _ = text.partition(".")
    if dot and _FIELD.fullmatch(outer):
        raise PolicyError(
            say(
                gettext_noop("“%(name)s” is part of “%(outer)s”. Lock “%(outer)s” instead."),
                name=text[:100],
                outer=outer,
            )
        )
    if not _FIELD.fullmatch(text):
        raise PolicyError(
            say(
                gettext_noop("“%(name)s” isn’t a valid field name. Enter one such as model or max_tokens."),
                name=text[:100],
            )
        )
    return text


def vain_locks(locked: Iterable[str], dialect: Dialect, request: str) -> list[FieldProblem]:
    """Return what is wrong with names that lock nothing: those of other APIs, and likely misspelled ones."""
    fields = dialect.fields
    foreign = (set(locked) & fields.foreign).difference(*fields.synonyms)
    told = dialect.problems(dict.fromkeys(sorted(foreign), True), most_messages=1)
    found = [problem for problem in told if problem.field in foreign]
    return found + misspelled([name for name in locked if f'"{name}"' not in request], dialect)


def allows(origins: Iterable[str], origin: str) -> bool:
    """Return whether a page of this origin may frame the embed, by a browser's rules (CSP Level 3, 6.7.2)."""
    # `http:` in a policy also matches `https:`.
    same = {origin.lower(), re.sub("^https:", "http:", origin.lower())}
    return any(_matches(allowed, one) for allowed in origins for one in same)


def _matches(allowed: str, origin: str) -> bool:
    scheme, wildcard, rest = allowed.partition("//*")
    return origin.startswith(f"{scheme}//") and origin.endswith(rest) if wildcard else allowed == origin


def offered(
    author: Mapping[str, Any], locked: frozenset[str], asked: Mapping[str, Any], fields: Fields
) -> dict[str, Any]:
    """Return what a link asks for, except in locked fields; null removes a field.

    The author's fields fill in what the link does not set under any name. A link without a request gets the
    author's; with a request, the answer is streamed only if that request says so.
    """
    said = all_names(asked, fields) | (fields.delivery if asked else frozenset())
    own = {
        name: value
        for name, value in author.items()
        if _is_locked(name, locked) or name in asked or name.casefold() not in said
    }
    changes = {name: value for name, value in asked.items() if not _is_locked(name, locked)}
    return {name: value for name, value in {**own, **changes}.items() if value is not None}


def overruled(
    author: Mapping[str, Any], locked: frozenset[str], asked: Mapping[str, Any], dialect: Dialect
) -> list[str]:
    """Return the locked fields that are asked to differ from the author's. An empty value asks nothing."""
    as_form = RequestForm.from_body("", "", author, dialect).body([])
    return [
        name
        for name, value in asked.items()
        if _is_locked(name, locked)
        and value not in _EMPTY
        and not any(name in body and jsontext.same(value, body[name]) for body in (author, as_form))
    ]


def digest(body: Mapping[str, Any], dialect: Dialect) -> str:
    """Hash what is asked: the same for a request and for the form filled from it, streamed or not."""
    errors: list[FieldProblem] = []
    as_form = RequestForm.from_body("", "", body, dialect).body(errors)
    asked = {
        name: _plain(value)
        for name, value in (body if errors else as_form).items()
        if name not in dialect.fields.delivery and value is not None
    }
    api = "" if dialect is DEFAULT else dialect.id
    return hashlib.sha256((api + json.dumps(asked, sort_keys=True)).encode()).hexdigest()[:32]


def _plain(value: Any) -> Any:
    """Turn 1.0 into 1, whose JSON differs."""
    match value:
        case float() if value.is_integer():
            return int(value)
        case dict():
            return {name: _plain(item) for name, item in value.items()}
        case list():
            return [_plain(item) for item in value]
    return value


def held(
    author: Mapping[str, Any], locked: frozenset[str], posted: Mapping[str, Any], dialect: Dialect
) -> dict[str, Any]:
    """Return what a reader posted, with the author's values in the locked fields.

    Raises `InvalidRequestError` naming each locked field with another value; an empty value is fine.
    """
    if changed := overruled(author, locked, posted, dialect):
        raise InvalidRequestError(*(FieldProblem(name, say(_LOCKED, name=name[:60])) for name in changed))
    values = {name: value for name, value in posted.items() if not _is_locked(name, locked)}
    values |= {name: value for name, value in author.items() if _is_locked(name, locked)}
    return {name: values[name] for name in [*author, *posted] if name in values}


def _is_locked(name: str, locked: frozenset[str]) -> bool:
    # A server written in Go reads `MODEL` as `model` (encoding/json).
    return name.casefold() in locked
