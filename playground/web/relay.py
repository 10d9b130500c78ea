"""A live exchange as server-sent events of fragments, which htmx puts into the page.

The first event is `result/_live.html`, the last one `result/_finished.html`. Those between bring what came
since the one before: they are many, so they are put together here by hand, and cost what they bring.
"""

import json
import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from html import escape

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext

from playground.exchange.stream import EVENT_STREAM, StreamEvent, StreamReader
from playground.network import alarm
from playground.network.head import Head
from playground.text import jsontext
from playground.text.pieces import Pieces
from playground.upstream.reading import Live, Reading
from playground.web.present import (
    EVENTS_A_GROUP,
    LONGEST_SHOWN,
    MOST_CHOICES,
    MOST_EVENTS,
    EventBudget,
    Result,
    event_item,
)
from playground.web.tags import duration

HEARTBEAT = b":\n\n"
# Tokens a second over less than this say nothing; more often than this nobody reads them.
_SHORTEST_MS = 300
_NUMBERS_MS = 200
_EVENTS_A_MESSAGE = 100
_LAST_WORDS_SECONDS = 5


def relay(request: HttpRequest, steps: Live) -> HttpResponseBase:
    """Raises what the first of `client.stream`'s steps raises: then nothing has been sent."""
    reading = next(steps)
    if reading.exchange:  # it has come to nothing already
        steps.close()
        return render(request, "result/_outcome.html", {"result": Result(reading.exchange)})
    return StreamingHttpResponse(
        _events(request, reading, steps, translation.get_language() or ""),
        content_type=f"{EVENT_STREAM}; charset=utf-8",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},  # the latter is for nginx
    )


def _events(request: HttpRequest, reading: Reading, steps: Live, language: str) -> Iterator[bytes]:
    # A browser that does not read holds this thread in a write, where no other limit reaches it.
    longest = settings.LIMITS.exchange_seconds + _LAST_WORDS_SECONDS
    hang_up = partial(_hang_up, request.META.get("gunicorn.socket"))
    with translation.override(language), alarm.clock().after(longest, hang_up):
        try:
            yield _message(render_to_string("result/_live.html", {"reading": reading}, request))
            patches = Patches(reading)
            for _ in steps:
                if reading.exchange:
                    context = {"result": Result(reading.exchange)}
                    finished = render_to_string("result/_finished.html", context, request)
                    yield patches.following() + _message(finished)
                else:
                    yield patches.following() or HEARTBEAT
        finally:
            steps.close()


def _hang_up(browser: socket.socket | None) -> None:
    if browser:
        with suppress(OSError):  # it has left
            browser.shutdown(socket.SHUT_RDWR)


def _message(html: str) -> bytes:
    # A bare CR would end a line of the event, and with it the fragment.
    lines = html.replace("\r", "&#13;").split("\n")
    return "".join([*(f"data: {line}\n" for line in lines), "\n"]).encode() if html else b""


@dataclass
class _Shown:
    """What of one choice is in the page: characters of its texts, its calls."""

    lengths: dict[str, int] = field(default_factory=dict)
    calls: str = ""


class Patches:
    """The changes of the page that a reading asks for, each time since the last."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._shown: list[_Shown] = []
        self._facts: dict[str, str] = {}
        self._head: Head | None = None
        self._next_numbers_ms = 0.0
        self._budget = EventBudget()
        self._folds = 1  # the first stands in the page from the start

    def following(self) -> bytes:
        """As messages: htmx looks up every place before it fills one, so new ones come first."""
        stream, places, fillings, events = self._reading.stream, [], [], []
        if (head := self._reading.head) and head is not self._head:  # its reason may be a megabyte
            self._head = head
            status = f"{head.status} {head.reason}".strip()
            fillings.append(self._fact("status", self._reading.redactor.text(status)))
        if stream:
            fresh = stream.take_fresh()
            places = [*self._new_folds(stream), *self._new_choices(stream)]
            fillings += [*self._answers(stream), *self._numbers(stream)]
            events = [*self._events(fresh)]
        return b"".join(map(_message, ["".join(places), "".join(fillings), *events]))

    def _new_folds(self, stream: StreamReader) -> Iterator[str]:
        while self._folds * EVENTS_A_GROUP < min(len(stream.times_ms), MOST_EVENTS):
            context = {"group": self._folds, "first": self._folds * EVENTS_A_GROUP + 1}
            self._folds += 1
            yield _patch("more-events", render_to_string("result/_event_group.html", context))

    def _events(self, fresh: list[StreamEvent]) -> Iterator[str]:
        """A message for every so many: a browser that gets thousands at once is stuck with them."""
        group, items = 0, ""
        for event in fresh:
            place = self._budget.taken
            if items and (place % EVENTS_A_GROUP == 0 or place % _EVENTS_A_MESSAGE == 0):
                yield _patch(f"events-{group}", items)
                items = ""
            if not self._budget.take(event):
                break
            group = place // EVENTS_A_GROUP
            items += event_item(place + 1, event)
        if items:
            yield _patch(f"events-{group}", items)

    def _new_choices(self, stream: StreamReader) -> Iterator[str]:
        for position in range(len(self._shown), min(len(stream.collector.messages), MOST_CHOICES)):
            self._shown.append(_Shown())
            context = {"position": position, "number": stream.collector.indexes[position] + 1}
            yield _patch("live-choices", render_to_string("result/_live_choice.html", context))

    def _answers(self, stream: StreamReader) -> Iterator[str]:
        for position, (shown, message) in enumerate(
            zip(self._shown, stream.collector.messages, strict=False)
        ):
            for place, pieces in message.texts.items():
                if pieces.length > (length := shown.lengths.get(place, 0)):
                    shown.lengths[place] = pieces.length
                    if text := stream.held.add((position, place), pieces.since(length)):
                        yield _patch(f"live-{place}-{position}", escape(text))
            if message.calls:
                yield self._calls(stream, shown, position, message.calls)

    def _calls(self, stream: StreamReader, shown: _Shown, position: int, calls: list[object]) -> str:
        lines = [_call(call) for call in calls[:MOST_CHOICES] if isinstance(call, dict)]
        text = "\n".join(lines)
        if len(text) > LONGEST_SHOWN // 50:  # the end shows it whole
            return ""
        settled = stream.held.instead(text)
        if settled == shown.calls:
            return ""
        shown.calls = settled
        return _patch(f"live-calls-{position}", escape(settled), "innerHTML")

    def _numbers(self, stream: StreamReader) -> Iterator[str]:
        first, tokens = stream.first_token_ms, stream.collector.tokens
        if first is None or (last := stream.times_ms[-1]) < self._next_numbers_ms:
            return
        passed = last - first
        self._next_numbers_ms = last + _NUMBERS_MS
        yield self._fact("first", duration(first))
        yield self._fact("tokens", f"≈ {tokens}")
        if passed >= _SHORTEST_MS:
            yield self._fact("rate", f"≈ {(tokens - 1) * 1000 / passed:.1f}")

    def _fact(self, name: str, text: str) -> str:
        if self._facts.get(name) == text:
            return ""
        self._facts[name] = text
        return _patch(f"live-{name}", escape(text), "innerHTML")


def _call(call: dict[str, object]) -> str:
    function = call.get("function")
    name, arguments = (
        (function.get("name"), function.get("arguments")) if isinstance(function, dict) else (None, None)
    )
    called = _joined(name) or gettext("call")
    return f"{called}({_joined(arguments)})"


def _joined(value: object) -> str:
    if isinstance(value, dict | list):
        return jsontext.mended_text(json.dumps(value, ensure_ascii=False))
    return str(value) if isinstance(value, str | Pieces) else ""


def _patch(target: str, html: str, swap: str = "beforeend") -> str:
    return f'<hx-partial hx-target="#{target}" hx-swap="{swap}">{html}</hx-partial>'
