"""Relay a running call as server-sent events of fragments, which htmx puts into the page.

The first event is `result/_live.html`, the last ones are `result/_finished.html`, what was received, and the
answer. The events in between contain only what is new. There can be thousands, so they are built here
without templates. What is only text goes as JSON to `static/js/growth.js`, which takes a fraction of the time
that htmx does for a fragment.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from html import escape
from itertools import chain, takewhile

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext

from playground import amounts
from playground.database import let_go
from playground.exchange.stream import EVENT_STREAM, StreamEvent
from playground.network.pace import FEW
from playground.network.running import running
from playground.rendering.budget import Purse
from playground.rendering.growing import Change, Growing
from playground.results.events import EVENTS_A_GROUP, MOST_EVENTS, EventBudget, event_line
from playground.results.present import MOST_CHOICES, Result, part_id
from playground.runs.keep import Keeper, Kept
from playground.upstream.live import Finished, Growth, Live, Progress, Started, Step
from playground.web.sending import hang_up_after

# Where it goes, the text, and whether it takes the place of what is there.
Text = tuple[str, str, bool]

HEARTBEAT = b":\n\n"
# Tokens per second mean nothing over a shorter time, and nobody can read them more often.
_SHORTEST_MS = 300
_NUMBERS_MS = 200
_LAST_WORDS_SECONDS = 5
# Characters. What was received comes in pieces, between which the page can react.
_PIECE = 100_000
# Answers of one call that are drawn while they grow; there can be a hundred.
_MOST_DRAWN = 4


def relay(request: HttpRequest, steps: Live, keeper: Keeper) -> HttpResponseBase:
    """Stream the steps to the browser. Raises what the first step raises: then nothing has been sent."""
    first = next(steps)
    if isinstance(first, Finished):  # it failed before it was sent
        steps.close()
        result = Result(first.exchange, keeper.keep())
        return render(request, "result/_outcome.html", {"result": result})
    return StreamingHttpResponse(
        _events(request, first, steps, keeper, translation.get_language() or ""),
        content_type=f"{EVENT_STREAM}; charset=utf-8",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},  # the latter is for nginx
    )


def _events(request: HttpRequest, first: Step, steps: Live, keeper: Keeper, language: str) -> Iterator[bytes]:
    # A browser that does not read blocks this thread in a write, where no other limit applies.
    longest = settings.LIMITS.exchange_seconds + _LAST_WORDS_SECONDS
    let_go()  # of the connection that saved the session
    with ExitStack() as stack:
        stack.enter_context(translation.override(language))
        stack.enter_context(hang_up_after(request, longest))
        stack.callback(keeper.keep)  # also if the browser has left
        stack.enter_context(closing(steps))
        patches = Patches(first.id if isinstance(first, Started) else "")
        for step in chain([first], steps):
            match step:
                case Started():
                    yield _message(
                        render_to_string("result/_live.html", {"started": step, "run": step.id}, request)
                    )
                case Progress():
                    yield patches.of(step) or HEARTBEAT
                case Finished(exchange=exchange, rest=rest):
                    same_request = isinstance(first, Started) and first.sent == exchange.sent
                    yield patches.of(rest) + patches.finished(Result(exchange), request, same_request)
                    # Only now, so that the answer never waits for the database.
                    if kept := keeper.keep():
                        yield _message(patches.kept(kept))


def _texts(texts: Sequence[Text | None]) -> bytes:
    said = [text for text in texts if text]
    if not said:
        return b""
    return b"event: playground:texts\ndata: %s\n\n" % json.dumps(said, ensure_ascii=False).encode()


def _message(html: str) -> bytes:
    # A bare CR would end the event's line, and so cut the fragment.
    lines = html.replace("\r", "&#13;").replace("\n", "\ndata: ")
    return f"data: {lines}\n\n".encode() if html else b""


class Patches:
    """The changes to the page for each progress of a call. `run` is the id with which it started."""

    def __init__(self, run: str) -> None:
        self.run = run
        self._choices = 0
        self._facts: dict[str, str] = {}
        self._next_numbers_ms = 0.0
        self.events_left_out = 0
        self._budget = EventBudget()
        self._folds = 1  # the page starts with the first one
        # Drawing takes more time than all else, so it waits for the end if many calls are running.
        self._draws = running.count <= FEW
        self._purse = Purse()
        self._texts: dict[int, Growing] = {}
        self._thinks = self._answers = False

    def of(self, progress: Progress) -> bytes:
        """Return the changes as events, new places first: htmx looks up all targets before it fills one."""
        places = [*self._new_folds(progress.arrived), *self._new_choices(progress.choices)]
        shown = [growth for growth in progress.growth if growth.position < MOST_CHOICES]
        changes = {growth.position: self._change(growth) for growth in shown}
        # Before they are filled, for the same reason.
        begun = [self._begun(position) for position, change in changes.items() if change.begins]
        blocks = [
            *(patch for position, change in changes.items() for patch in self._blocks(position, change)),
            *self._thinking(progress),
        ]
        texts = [
            *([self._fact("status", progress.status)] if progress.status else []),
            *(text for growth in shown for text in self._grown(growth, changes[growth.position])),
            *self._numbers(progress),
            *self._events(progress.events),
        ]
        return b"".join([*map(_message, map("".join, (places, begun, blocks))), _texts(texts)])

    def finished(self, result: Result, request: HttpRequest, same_request: bool) -> bytes:
        """Return the events of the end. The answer comes last: with it, the call is over for the page."""
        context = {
            "result": result,
            "run": self.run,
            "left_out": self.events_left_out,
            "same_request": same_request,
            "received_follows": True,
        }
        panels = render_to_string("result/_finished.html", context, request)
        received = result.received_text.text
        pieces = [received[start : start + _PIECE] for start in range(0, len(received), _PIECE)]
        answer = self._patch(
            "panel-answer", render_to_string("result/_panel_answer.html", context, request), "outerHTML"
        )
        texts = [_texts([self._text("raw-received", piece)]) for piece in pieces]
        return b"".join([_message(panels), *texts, _message(answer)])

    def kept(self, kept: Kept) -> str:
        html = render_to_string("result/_kept.html", {"kept": kept, "run": self.run})
        return self._patch("kept", html, "innerHTML")

    def _new_folds(self, arrived: int) -> Iterator[str]:
        while self._folds * EVENTS_A_GROUP < min(arrived, MOST_EVENTS):
            context = {"run": self.run, "group": self._folds, "first": self._folds * EVENTS_A_GROUP + 1}
            self._folds += 1
            yield self._patch("more-events", render_to_string("result/_event_group.html", context))

    def _new_choices(self, numbers: Sequence[int]) -> Iterator[str]:
        for position, number in enumerate(numbers, self._choices):
            if position < MOST_CHOICES:
                context = {"run": self.run, "position": position, "number": number + 1}
                yield self._patch("live-choices", render_to_string("result/_live_choice.html", context))
        self._choices += len(numbers)

    def _events(self, fresh: Sequence[StreamEvent]) -> Iterator[Text]:
        """Yield the events as text, from which the page makes list items once somebody looks at them."""
        taken = self._budget.taken
        lines = [
            event_line(taken + n, event) for n, event in enumerate(takewhile(self._budget.take, fresh), 1)
        ]
        self.events_left_out += len(fresh) - len(lines)
        while lines:
            group, place = divmod(taken, EVENTS_A_GROUP)
            here, lines = lines[: EVENTS_A_GROUP - place], lines[EVENTS_A_GROUP - place :]
            taken += len(here)
            yield self._text(f"arrived-{group}", "".join(here))

    def _numbers(self, progress: Progress) -> Iterator[Text | None]:
        first, last, tokens = progress.first_token_ms, progress.last_event_ms, progress.tokens
        if first is None or last < self._next_numbers_ms:
            return
        passed = last - first
        self._next_numbers_ms = last + _NUMBERS_MS
        yield self._fact("first", amounts.duration(first))
        yield self._fact("tokens", f"≈ {amounts.count(tokens)}")
        if passed >= _SHORTEST_MS:
            yield self._fact("rate", f"≈ {amounts.rate((tokens - 1) * 1000 / passed)}")

    def _thinking(self, progress: Progress) -> Iterator[str]:
        """Yield that the model thinks, once, and how long it did when something else comes.

        In between the page counts. The end tells it exactly.
        """
        if self._answers or not progress.growth or progress.first_token_ms is None:
            return
        places = {place for growth in progress.growth for place, _ in growth.texts}
        calls = any(growth.calls for growth in progress.growth)
        self._answers = self._choices > 1 or calls or places != {"reasoning"}
        if self._answers != self._thinks:  # it goes on, or never thought
            return
        self._thinks = True
        thought = progress.last_event_ms - progress.first_token_ms
        time = escape(amounts.duration(thought))
        words = gettext("Thought for %(time)s") if self._answers else gettext("Thinking… %(time)s")
        if not self._answers:
            time = f'<span data-counts="{thought:.0f}">{time}</span>'
        yield self._patch("live-thinking-0", escape(words) % {"time": time}, "innerHTML")

    def _fact(self, name: str, text: str) -> Text | None:
        if self._facts.get(name) == text:
            return None
        self._facts[name] = text
        return self._text(f"live-{name}", text, is_whole=True)

    def _change(self, growth: Growth) -> Change:
        text = "".join(text for place, text in growth.texts if place == "text")
        if not text:
            return Change()
        draws = self._draws and growth.position < _MOST_DRAWN
        return self._texts.setdefault(growth.position, Growing(self._purse, draws=draws)).add(text)

    def _begun(self, position: int) -> str:
        context = {"run": self.run, "position": position}
        return self._patch(
            f"live-text-{position}", render_to_string("result/_live_text.html", context), "innerHTML"
        )

    def _blocks(self, position: int, change: Change) -> Iterator[str]:
        if change.whole:
            yield self._patch(f"live-whole-{position}", change.whole)
        if change.open is not None:
            yield self._patch(f"live-open-{position}", change.open, "innerHTML")

    def _grown(self, growth: Growth, change: Change) -> Iterator[Text]:
        position = growth.position
        if change.text:
            yield self._text(f"live-text-{position}", change.text)
        if change.code:
            yield self._text(f"live-open-{position}", change.code, inside=" code")
        for place, text in growth.texts:
            if place != "text":
                yield self._text(f"live-{place}-{position}", text)
        if growth.calls:
            lines = (gettext("call") + line if line.startswith("(") else line for line in growth.calls)
            yield self._text(f"live-calls-{growth.position}", "\n".join(lines), is_whole=True)

    def _patch(self, part: str, html: str, swap: str = "beforeend") -> str:
        return f'<hx-partial hx-target="#{part_id(self.run, part)}" hx-swap="{swap}">{html}</hx-partial>'

    def _text(self, part: str, text: str, *, inside: str = "", is_whole: bool = False) -> Text:
        return f"#{part_id(self.run, part)}{inside}", text, is_whole
