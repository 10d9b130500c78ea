"""Black out parts of an exchange before it is saved: messages, fields, headers, the answer.

A part is replaced in its place, so those bytes are no longer the original. Then the rest is searched for its
text: as it is, in any case, escaping, and encoding, and joined from pieces, such as the events of a stream.
What is found as it is, in one piece, is masked. If any of it is left, raise `BlackoutError` rather than save
a text that should be gone.
"""

import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from playground import amounts
from playground.dialects import DIALECTS
from playground.dialects.blanked import blanked, has_token_ids
from playground.exchange import archive
from playground.exchange.dialect import Dialect
from playground.exchange.parameter import Row
from playground.exchange.record import Exchange
from playground.proof.hidden import MASK, Hidden
from playground.proof.readings import gathered
from playground.text import event_data, jsontext
from playground.text.sentence import SentenceError, gettext_noop, say
from playground.text.sse import EventParser

ANSWER = "answer"
_HEADER = "headers."
# People choose the names in these: JSON schemas, as of tools, name what the answer then repeats as names.
_WITH_CHOSEN_NAMES = ("properties", "$defs", "definitions", "metadata")
# Searching takes longer the larger the exchange and the texts are.
MOST_BYTES = 2 * 1024 * 1024
# Headers that tell the length or the hash of a body, from which a short text can be guessed.
_TELLING = re.compile(r"content-length|etag|md5|sha\d|digest|hash|checksum|crc|signature", re.IGNORECASE)


class BlackoutError(SentenceError):
    """The parts can't be blacked out; `sentence` says why."""


@dataclass(frozen=True)
class Part:
    """What can be blacked out: a message (`messages.0`), a field of the request, a header, or `answer`.

    `role` is empty unless it is a message.
    """

    id: str
    role: str
    text: str


def parts(exchange: Exchange) -> list[Part]:
    """Return what can be blacked out, in the order in which it is shown."""
    body, dialect = exchange.call.body, exchange.dialect
    prompt = dialect.fields.prompt
    found = [
        Part(name, "", value if isinstance(value, str) else jsontext.pretty(value))
        for name, value in body.items()
        if name not in (prompt, dialect.fields.model)
        and name in dialect.wire(body)
        and any(_strings({name: value}))
    ]
    found += [Part(_HEADER + name, "", text) for name, text in _headers(exchange)]
    rows = dialect.rows(body.get(prompt))
    if rows is None:
        found.append(Part(prompt, "", jsontext.pretty(body.get(prompt))))
    else:
        found += [Part(f"{prompt}.{number}", row.role, _said(row)) for number, row in enumerate(rows)]
    if exchange.received and exchange.received.body:
        found.append(Part(ANSWER, "", "\n\n".join(_answer_texts(exchange)) or exchange.received.text[:2000]))
    return found


def black_out(exchange: Exchange, chosen: Collection[str]) -> Exchange:
    """Return the exchange without these parts. Raises `BlackoutError`."""
    if not chosen:
        return exchange
    value = archive.dump(exchange)
    if len(json.dumps(value)) > MOST_BYTES:
        raise BlackoutError(
            say(
                gettext_noop("Parts of a call over %(most)s can’t be blacked out. Clear the checkboxes."),
                most=amounts.size(MOST_BYTES),
            )
        )
    body = _without(exchange.dialect, exchange.call.body, chosen)
    asked = tuple(_asked(exchange, chosen))
    hidden = Hidden((*asked, *(_answer_texts(exchange) if ANSWER in chosen else ())), asked)
    value = _masked(value, hidden)
    # Its fields keep their names: a message may well be “messages”.
    value["call"]["body"] = {name: _each(item, hidden) for name, item in body.items()}
    own = {name for name, _ in _headers(exchange)}
    for pair in [*value["call"].get("headers", []), *value["sent"]["headers"]]:
        is_chosen = _HEADER + pair[0] in chosen
        if is_chosen or _TELLING.search(pair[0]) or (pair[0] in own and hidden.are_told_in(pair[1])):
            pair[1] = MASK
    value["sent"]["body"] = {"text": jsontext.dumps(exchange.dialect.wire(value["call"]["body"])).decode()}
    if exchange.received:
        for pair in value["received"]["headers"]:
            if _TELLING.search(pair[0]) or hidden.are_told_in(pair[1]):
                pair[1] = MASK
        value["received"]["body"] = {
            "text": _blank(exchange) if ANSWER in chosen else hidden.text(_utf8(exchange.received.body))
        }
    for part, name in (("received", "reason"), ("failure", "detail")):
        if value[part] and hidden.are_told_in(value[part][name]):
            value[part][name] = MASK
    try:
        left = archive.load(value, DIALECTS)
    except archive.ArchiveError as error:
        raise BlackoutError(_IN_PIECES) from error
    _check(left, hidden, is_answer_gone=ANSWER in chosen)
    return replace(left, id=exchange.id, dialect=exchange.dialect)


_IN_PIECES = say(gettext_noop("The answer contains blacked-out text. Black out the answer, too."))
_IN_REQUEST = say(
    gettext_noop("Another part of the request contains blacked-out text. Black out that part, too.")
)
_IN_URL = say(gettext_noop("The base URL contains blacked-out text. Clear that checkbox."))
_NOT_TEXT = say(gettext_noop("The response isn’t UTF-8 text. Black out the answer, too."))


def _without(dialect: Dialect, body: Mapping[str, Any], chosen: Collection[str]) -> dict[str, Any]:
    prompt = dialect.fields.prompt
    changed = {name: MASK if name in chosen else value for name, value in body.items()}
    rows = dialect.rows(body.get(prompt)) or []
    messages = body.get(prompt)
    for number, row in enumerate(rows):
        if f"{prompt}.{number}" in chosen:
            masked = Row(row.role, MASK, row.call)
            if not isinstance(messages, list):
                changed[prompt] = dialect.prompt([masked])
            else:  # render two: a single one can become a string instead of a list
                messages = [*messages[:number], dialect.prompt([masked, masked])[0], *messages[number + 1 :]]
                changed[prompt] = messages
    return changed


def _asked(exchange: Exchange, chosen: Collection[str]) -> Iterator[str]:
    """Yield the texts of the chosen parts of the request."""
    body, prompt = exchange.call.body, exchange.dialect.fields.prompt
    for name, value in body.items():
        if name in chosen:
            yield from _strings({name: value})
    for number, row in enumerate(exchange.dialect.rows(body.get(prompt)) or []):
        if f"{prompt}.{number}" in chosen:
            yield row.content
            yield from _strings(dict(row.rest))
    yield from (text for name, text in _headers(exchange) if _HEADER + name in chosen)


def _headers(exchange: Exchange) -> Iterator[tuple[str, str]]:
    """Yield the headers that the API doesn't require: those that people enter, and the provider list's."""
    own = exchange.dialect.headers(exchange.call.body)
    yield from (pair for pair in exchange.call.headers if pair not in own)


def _answer_texts(exchange: Exchange) -> Iterator[str]:
    for choice in exchange.choices:
        yield from choice.texts
        yield from (call.arguments for call in choice.tool_calls)


def _said(row: Row) -> str:
    return "\n".join([row.content, *_strings(dict(row.rest))]).strip() or jsontext.pretty(dict(row.rest))


def _strings(value: Any) -> Iterator[str]:
    """Yield the texts in a JSON value, also those that are names, but not the names of types and roles."""
    waiting = [value]
    while waiting:
        match waiting.pop():
            case str() as text if text:
                yield text
            case dict() as fields:
                waiting.extend(
                    item for name, item in reversed(fields.items()) if name not in ("type", "role")
                )
                waiting.extend(
                    list(item)
                    for name, item in fields.items()
                    if name in _WITH_CHOSEN_NAMES and isinstance(item, dict)
                )
            case list() as items:
                waiting.extend(reversed(items))


# Fields that the archive itself sets. All others come from outside.
_OWN = ("format", "version", "id", "dialect", "provider", "started", "timings_ms", "events_ms")


def _masked(value: dict[str, Any], hidden: Hidden) -> dict[str, Any]:
    return {name: item if name in _OWN else _each(item, hidden) for name, item in value.items()}


def _each(value: Any, hidden: Hidden) -> Any:
    if isinstance(value, str):
        return hidden.text(value)
    if isinstance(value, list):
        return [_each(item, hidden) for item in value]
    if isinstance(value, dict):
        return {hidden.text(name): _each(item, hidden) for name, item in value.items()}
    return value


def _blank(exchange: Exchange) -> str:
    """Return the received body with every text masked, and as many events as before."""
    received = exchange.received
    body = received.body if received else b""
    if exchange.stream is None:
        try:
            return jsontext.dumps(blanked(exchange.value, MASK)).decode()
        except jsontext.JSONTextError:
            return MASK
    parser, lines = EventParser(), list[str]()
    for event in [*parser.feed(body), *parser.close()]:
        if event.name != "message":
            lines.append(f"event: {event.name if event.name.isidentifier() else MASK}")
        lines += [f"data: {_blank_event(event.data, event.value, exchange.dialect)}", ""]
    return "\n".join([*lines, ""])


def _blank_event(data: str, value: Any, dialect: Dialect) -> str:
    if isinstance(value, dict | list):
        return jsontext.dumps(jsontext.mended(blanked(value, MASK))).decode()
    return data if data.strip() == dialect.end_mark else MASK


def _utf8(body: bytes) -> str:
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise BlackoutError(_NOT_TEXT) from error
    if "\0" in text:  # UTF-16 passes for UTF-8
        raise BlackoutError(_NOT_TEXT)
    return text


def _check(left: Exchange, hidden: Hidden, *, is_answer_gone: bool) -> None:
    """Raise `BlackoutError` if one of the texts is left."""
    body = dict(left.call.body)
    model = left.dialect.fields.model
    texts = _strings({name: value for name, value in body.items() if name != model})
    if any(map(hidden.are_in, _strings(body))) or any(map(hidden.are_words_in, texts)):
        raise BlackoutError(_IN_REQUEST)
    if left.provider is None and hidden.are_told_in(left.call.base_url):
        raise BlackoutError(_IN_URL)
    value = archive.dump(left)
    if hidden.are_in(json.dumps([value["received"], value["failure"]], ensure_ascii=False)):
        raise BlackoutError(_IN_PIECES)
    if is_answer_gone:
        return
    # Here, texts that a stream sent in pieces are whole.
    answers = [*_strings(left.completion or {}), *_answer_texts(left)]
    if not left.completion and left.received:
        answers.append(left.received.text)
    values = _values(left)
    if any(map(has_token_ids, values)):
        raise BlackoutError(_IN_PIECES)
    answers += gathered(values)
    if any(hidden.are_told_in(text) for text in answers):
        raise BlackoutError(_IN_PIECES)


def _values(exchange: Exchange) -> list[Any]:
    """Return the JSON that was received; of a stream, what each event has."""
    if exchange.stream is None:
        return [] if exchange.received is None else [event_data.read(exchange.received.text)]
    parser = EventParser()
    events = [*parser.feed(exchange.stream.body), *parser.close()]
    texts = (event.data if isinstance(event.value, int | float | None) else event.value for event in events)
    return [*texts, *({"event": event.name, "id": event.id} for event in events)]
