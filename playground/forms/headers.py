"""Extra request headers as people type them: one per line, `Name: value`."""

from collections.abc import Iterator, Mapping
from typing import Any

from playground.catalogue.headers import Wrong, wrong_with
from playground.catalogue.providers import catalogue
from playground.exchange.call import Call, Headers
from playground.exchange.dialect import Dialect
from playground.exchange.refusal import FieldProblem, InvalidRequestError
from playground.text.sentence import Sentence, gettext_noop, say

_MOST = 50
_LONGEST = 8_000
_LONGEST_NAME_SHOWN = 60
_NO_COLON = gettext_noop("Line %(number)s: enter a name, a colon, and a value, such as %(example)s.")
_TOO_MANY = gettext_noop("Enter at most %(most)s headers, with %(longest)s characters in total.")
_TWICE = gettext_noop("“%(name)s” appears twice. Keep one.")
_SENTENCES = {
    Wrong.NAME: gettext_noop("“%(name)s” isn’t a valid header name."),
    Wrong.NOT_EXTRA: gettext_noop(
        "Remove %(name)s. The playground sets this header, or it carries a key, which belongs in “API key”."
    ),
    Wrong.VALUE: gettext_noop("Use only printable ASCII characters in the value of %(name)s."),
}


def headers_of(text: str, errors: list[FieldProblem]) -> Headers:
    """Parse the lines. Problems are added to `errors`."""
    headers = []
    for number, line in enumerate(text.splitlines(), 1):
        name, colon, value = line.partition(":")
        if colon:
            headers.append((name.strip(), value.strip()))
        elif line.strip():
            errors.append(_problem(say(_NO_COLON, number=number, example="X-Title: Docs")))
    errors.extend(map(_problem, _problems(headers)))
    return tuple(headers)


def headers_in(value: Any) -> Headers:
    """Read `{"Name": "value"}` of a JSON request. Raises `InvalidRequestError`."""
    if value is None:
        return ()
    if not isinstance(value, Mapping):
        raise InvalidRequestError(_problem(say(gettext_noop("Enter an object or null."))))
    headers = tuple(value.items())
    if problems := list(_problems(headers)):
        raise InvalidRequestError(*map(_problem, problems))
    return headers


def extra_headers(call: Call, dialect: Dialect, provider: str) -> Headers:
    """Return the headers of a call that neither its API nor its provider adds."""
    known = catalogue().get(provider)
    own = (*dialect.headers(call.body), *(known.headers if known else ()))
    return tuple(pair for pair in call.headers if pair not in own)


def headers_text(headers: Headers) -> str:
    """Return the lines that `headers_of` parses to these headers."""
    return "\n".join(f"{name}: {value}" for name, value in headers)


def _problems(headers: Any) -> Iterator[Sentence]:
    if len(headers) > _MOST or sum(len(str(part)) for pair in headers for part in pair) > _LONGEST:
        yield say(_TOO_MANY, most=_MOST, longest=_LONGEST)
        return
    seen = set()
    for name, value in headers:
        shown = name[:_LONGEST_NAME_SHOWN]
        if wrong := wrong_with(name, value):
            yield say(_SENTENCES[wrong], name=shown)
        elif name.lower() in seen:
            yield say(_TWICE, name=shown)
        seen.add(name.lower())


def _problem(sentence: Sentence) -> FieldProblem:
    return FieldProblem("headers", sentence)
