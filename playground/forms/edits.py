"""Apply the buttons of the form, and decide where the cursor goes.

A button's value says what to do: `add`, `first` (a message with instructions), `clear`, `remove:2`, `up:2`,
`down:2`, `version:0`, `dialect:ID`, `provider:ID` (the one before), `show` (nothing), and in the words of an
API, which may no longer be the form's: `fill:DIALECT:{body}`, `change:DIALECT:{parameters}`,
`append:DIALECT:[messages]` (or `{"add": [messages], "set": {parameters}, "run": "ID"}`, which replaces the
messages of that run, if any).

With scripts, the page adds, moves, and removes rows itself, without waiting for the server. Everything that
needs to know the request is done here.
"""

import re
from contextlib import suppress
from dataclasses import replace
from types import UnionType
from typing import Any

from django.core.exceptions import BadRequest

from playground.catalogue.providers import catalogue, dialect_of
from playground.dialects import DIALECTS
from playground.dialects.carrying import carried
from playground.exchange.conversation import Loss
from playground.exchange.dialect import Dialect
from playground.exchange.refusal import FieldProblem, InvalidRequestError
from playground.forms.form import STREAM, RequestForm
from playground.forms.incoming import check_count
from playground.forms.rows import MessageRow
from playground.forms.versions import Version, with_lost
from playground.text import jsontext
from playground.text.sentence import gettext_noop, say

# Two of them are done by the page's view.
_REPLACING = ("clear", "fill", "example", "open")
# These put the same messages into other words, or bring back what was replaced.
_WORDS_ANEW = ("dialect", "provider", "version")


def replaces(action: str) -> bool:
    """Whether the action puts another request in the place of the form's."""
    return action.partition(":")[0] in _REPLACING


def edit(form: RequestForm, action: str) -> None:
    """Change the form in place. Raises `BadRequest` for an action that no button has.

    Raises `InvalidRequestError` for a broken field or too many messages; then the form is unchanged.
    """
    verb, _, operand = action.partition(":")
    before = list(form.rows)
    _apply(form, verb, operand)
    if verb not in _WORDS_ANEW:
        form.versions = with_lost(form.versions, before, form.rows)


def _apply(form: RequestForm, verb: str, operand: str) -> None:
    match verb:
        case "add":
            check_count(form.dialect, len(form.messages) + 1)
            if form.composer is None:
                form.messages = [*_among_others(form), form.new_row]
                form.focus = len(form.messages) - 1
            else:
                form.commit()
                form.messages = _among_others(form)
                form.focus = len(form.messages)
        case "first" if form.dialect.fields.instructions:
            check_count(form.dialect, len(form.rows) + 1)
            form.messages.insert(0, MessageRow(form.dialect.fields.instructions))
            form.focus = 0
        case "clear":
            form.messages, form.focus = [form.new_row], 0
            if form.composer is not None:
                form.messages, form.composer = [], form.new_row
        case "remove":
            position = _position(form, operand)
            del form.messages[position]
            form.focus = min(position, len(form.messages) - 1) if form.messages else None
        case "up" | "down":
            _move(form, _position(form, operand), -1 if verb == "up" else 1)
        case "version":
            _turn(form, operand)
        case "fill":
            _fill(form, operand)
        case "append":
            _append(form, operand)
        case "change":
            _change(form, operand)
        case "dialect":
            form.speak(dialect_of(None, operand))
        case "provider":
            _follow_provider(form, operand)
        case "show":
            pass
        case _:
            raise BadRequest("no such action")


def converse(form: RequestForm, api: Dialect, answer: str | None) -> int:
    """Put the request's last message and its answer into the conversation. The composer is for the next one.

    `answer` is what `append` takes; None if there is none: then the messages that it was to replace stay.
    Returns the number of messages that were sent.
    """
    if form.composer is None:
        form.composer = form.new_row
    form.commit()
    asked = len(form.messages)
    before = [*form.messages, *form.later]
    if answer:
        with suppress(InvalidRequestError):  # too many messages, as the button in the answer says
            _append(form, f"{api.id}:{answer}")
    if len(form.messages) == asked:
        form.messages += form.later
    form.versions = with_lost(form.versions, before, form.messages)
    return asked


def _follow_provider(form: RequestForm, before: str) -> None:
    """Switch to an API of the new provider: the chosen one if it supports that, otherwise its default.

    For a custom base URL or an unknown provider, the API stays: nobody knows what it supports.
    """
    if known := catalogue().get(form.provider):
        chosen = form.dialect is not dialect_of(before, None) and form.dialect.id in known.dialects
        form.speak(form.dialect if chosen else DIALECTS[known.dialect])


def _fill(form: RequestForm, operand: str) -> None:
    """Fill in an example. One of another API, clicked while the form was being switched, is converted.

    In the playground, the answer still arrives as it did.
    """
    api, text = _api_and_text(operand)
    body, lost = carried(_read_body(api, text), api, form.dialect)
    _check_messages(form.dialect, body)
    streams = form.composer is not None and STREAM in form.ticks
    form.fill(body)
    form.lost = lost
    if streams:
        form.ticks.add(STREAM)


def _change(form: RequestForm, operand: str) -> None:
    """Apply a fix. Raises `InvalidRequestError` if its result is from before the API was switched.

    Its field names mean nothing, or something else, in the new API.
    """
    api, text = _api_and_text(operand)
    if api is not form.dialect:
        sentence = gettext_noop(
            "This change is for a %(api)s request. Switch back to %(api)s, or send the request again."
        )
        raise InvalidRequestError(FieldProblem("dialect", say(sentence, api=api.label)))
    form.change(_read_body(api, text))


def _append(form: RequestForm, operand: str) -> None:
    """Add an answer and the messages it asks for. Without a composer, they replace an empty last message.

    An answer in another API, from before the form was switched, is put into the words of this one.
    """
    api, text = _api_and_text(operand)
    value = _read(text, list | dict)
    given = value if isinstance(value, dict) else {"add": value}
    told, fields, run = given.get("add"), given.get("set", {}), given.get("run", "")
    if not isinstance(told, list) or not isinstance(fields, dict) or not isinstance(run, str):
        raise BadRequest("no JSON of this kind")
    messages = [message for message in told if isinstance(message, dict)]
    is_unwritten = form.composer is None and form.messages[-1:] == [form.new_row]
    before = form.messages[:-1] if is_unwritten else _among_others(form)
    after: list[MessageRow] = []
    if places := [at for at, row in enumerate(before) if run and row.run == run]:
        before, after = before[: places[0]], [row for row in before[places[0] :] if row.run != run]
    check_count(form.dialect, len(before) + len(messages) + len(after))
    body, lost = carried({api.fields.prompt: messages}, api, form.dialect)
    form.lost = [loss for loss in lost if loss.loss is not Loss.ADDED]  # the form has these fields already
    found = form.dialect.rows(body.get(form.dialect.fields.prompt)) or []
    if form.composer and found and MessageRow.of(found[-1]) == form.new_row:
        found.pop()  # the composer is there for it
    check_count(form.dialect, len(before) + len(found) + len(after))
    if not found:
        return
    if form.dialect is api:
        form.change({name: fields[name] for name in fields if name != form.dialect.fields.prompt})
    forks = [form.messages[at].fork for at in places[:1]]
    added = [replace(MessageRow.of(row), run=run) for row in found]
    added[0].fork = "".join(forks)
    form.messages = before + added + after
    # The results of calls are to be filled in: each is an empty message, or all are in the JSON of one.
    asks = form.new_row.role
    is_wanted = [not row.content and (not row.extra or row.role == asks) for row in added]
    end = len(form.messages) - (form.composer is None)
    form.focus = len(before) + is_wanted.index(True) if any(is_wanted) else end


def _among_others(form: RequestForm) -> list[MessageRow]:
    """Return the messages, ready for more to follow: a single text needs no role, but several messages do."""
    if len(form.messages) == 1 and not form.messages[0].role and not form.messages[0].extra:
        return [replace(form.messages[0], role=form.new_row.role)]
    return form.messages


def _move(form: RequestForm, position: int, step: int) -> None:
    target = min(max(position + step, 0), len(form.messages) - 1)
    form.messages.insert(target, form.messages.pop(position))
    form.focus = target


def _turn(form: RequestForm, operand: str) -> None:
    """Bring back a version, and keep the one that it replaces in its place."""
    if not re.fullmatch("[0-9]", operand) or int(operand) >= len(form.versions):
        raise BadRequest("no such version")
    version = form.versions[int(operand)]
    tail = form.messages[version.at :]
    check_count(form.dialect, len(form.messages) - len(tail) + len(version.rows))
    form.messages = [*form.messages[: version.at], *version.rows]
    form.versions[int(operand) : int(operand) + 1] = [Version(version.at, tuple(tail))] if tail else []


def _position(form: RequestForm, operand: str) -> int:
    if not re.fullmatch("[0-9]{1,9}", operand) or int(operand) >= len(form.messages):
        raise BadRequest("no such message")
    return int(operand)


def _api_and_text(operand: str) -> tuple[Dialect, str]:
    api, _, text = operand.partition(":")
    if api not in DIALECTS:
        raise BadRequest("no such API")
    return DIALECTS[api], text


def _read_body(api: Dialect, text: str) -> dict[str, Any]:
    body: dict[str, Any] = _read(text, dict)
    _check_messages(api, body)
    return body


def _check_messages(api: Dialect, body: dict[str, Any]) -> None:
    messages = body.get(api.fields.prompt)
    check_count(api, len(messages) if isinstance(messages, list) else 0)


def _read(operand: str, kind: type | UnionType) -> Any:
    try:
        value = jsontext.loads(operand)
    except jsontext.JSONTextError as error:
        raise BadRequest("no JSON") from error
    if not isinstance(value, kind):
        raise BadRequest("no JSON of this kind")
    return value
