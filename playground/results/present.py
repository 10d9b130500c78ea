"""The texts and facts of an Exchange that the result pane shows."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from itertools import islice, takewhile

from django.utils.safestring import SafeString

from playground.calls.cost import Cost, Estimate, cost_of
from playground.exchange.answer import Choice, Finish, Media, Source, Sources
from playground.exchange.call import Call, Headers, Target
from playground.exchange.failure import FailureKind
from playground.exchange.record import Exchange
from playground.exchange.stream import Unread
from playground.exchange.usage import Usage
from playground.explanations.advice import ABOUT
from playground.explanations.explain import Explanation
from playground.explanations.thinking import thought_ms
from playground.forms.outdated import explained
from playground.rendering.answer import Drawing
from playground.rendering.highlight import highlight
from playground.rendering.json_html import json_html
from playground.results.events import EVENTS_A_GROUP, EventBudget, EventGroup, event_item
from playground.results.timeline import Bar, timeline
from playground.runs.keep import Kept
from playground.text import jsontext

# In characters: more than this in one <pre> makes a browser stutter.
LONGEST_SHOWN = 1_000_000
MOST_CHOICES = 100
MOST_IMAGES = 20
MOST_SOURCES = 100
MOST_MODELS = 1000
MOST_MODELS_FOUND = 10_000
_NO_ID = re.compile("[^0-9A-Za-z]+")
_FIRST_HEADERS = re.compile(r"(x-)?(request-id|ratelimit.*|retry-after|.*-request-id)", re.IGNORECASE)


# Settings in which errors are put right, by the name that explanations use.
FIELDS = {"api_key": "api_key", "base_url": "base_url"}


def part_id(run: str, part: str) -> str:
    """Return the HTML id of a part of a result. A page can show several, so the id names the exchange."""
    return f"{_run_id(run)}-{part}"


@lru_cache(maxsize=1000)
def _run_id(run: str) -> str:
    return f"run-{_NO_ID.sub('', run)[:12]}"


@dataclass(frozen=True)
class Shown:
    """A text, shortened to what a page can show; `cut` is the number of characters left out."""

    text: str
    cut: int = 0

    @classmethod
    def of(cls, text: str) -> "Shown":
        return cls(text[:LONGEST_SHOWN], max(0, len(text) - LONGEST_SHOWN))

    @classmethod
    def of_json(cls, value: object) -> "Shown":
        return cls.of(jsontext.pretty(value) if value else "")


@dataclass(frozen=True)
class Listed:
    """A list of models, shortened to what a page can show. `more` appears only when the list is filtered.

    `unread` counts entries that could not be read, `held_back` the models that the server's key may not use.
    """

    shown: list[str]
    more: list[str]
    total: int
    unread: int = 0
    held_back: int = 0

    @classmethod
    def of(cls, models: list[str], unread: int = 0, held_back: int = 0) -> "Listed":
        shown, more = models[:MOST_MODELS], models[MOST_MODELS:MOST_MODELS_FOUND]
        return cls(shown, more, len(models), unread, held_back)

    @property
    def more_as_json(self) -> str:
        return json.dumps(self.more, ensure_ascii=False)


def _to_add(choice: Choice, run: str, *, media: bool) -> str:
    following = choice.following(media=media)
    value = {"add": following, "set": choice.next_fields, "run": run}
    return json.dumps(value, ensure_ascii=False) if following else ""


@dataclass(frozen=True)
class Answer:
    """A choice as the page shows it.

    `messages` is the JSON that adds the choice to the conversation (see `forms.edits`). If that is too
    large, it leaves out the media (`without_media`); if it is still too large, or nothing can be added, it is
    None.
    """

    choice: Choice
    text: Shown
    reasoning: Shown
    transcript: Shown
    refusal: Shown
    tool_calls: Shown
    others: Shown
    images: list[Media]
    audio: list[Media]
    sources: Sources
    messages: str | None
    without_media: bool
    drawing: Drawing = field(default_factory=Drawing)

    @classmethod
    def of(cls, choice: Choice, run: str) -> "Answer":
        whole, smaller = (_to_add(choice, run, media=media) for media in (True, False))
        fits = [messages for messages in (whole, smaller) if messages and len(messages) <= LONGEST_SHOWN]
        return cls(
            choice,
            Shown.of(choice.text or ""),
            Shown.of(choice.reasoning or ""),
            Shown.of(choice.transcript or ""),
            Shown.of(choice.refusal or ""),
            Shown.of_json([call.raw for call in choice.tool_calls]),
            Shown.of_json(choice.others),
            choice.images[:MOST_IMAGES],
            choice.audio[:MOST_IMAGES],
            choice.sources,
            fits[0] if fits else None,
            fits[:1] == [smaller] and whole != smaller,
        )

    @cached_property
    def rendered(self) -> SafeString | None:
        """The text as Markdown or JSON, if it is any."""
        return self.drawing.rendered(self.text.text)

    @property
    def rendered_without_scripts(self) -> SafeString | None:
        """The same for a file that has no scripts."""
        return self.drawing.rendered(self.text.text, copying=False)

    @property
    def shown_sources(self) -> list[Source]:
        return list(islice(self.sources, MOST_SOURCES))

    @property
    def sources_left_out(self) -> int:
        return len(self.sources) - len(self.shown_sources)

    @property
    def images_left_out(self) -> int:
        return len(self.choice.images) - len(self.images)


@dataclass(frozen=True)
class Code:
    """Code for a call: plain for copying, highlighted for reading."""

    target: Target
    text: str

    @property
    def html(self) -> SafeString:
        return highlight(self.text, self.target.lexer)


def codes(call: Call, targets: Sequence[Target]) -> list[Code]:
    return [Code(target, target.render(call)) for target in targets]


@dataclass(frozen=True)
class Result:
    """What the templates of the result pane read."""

    exchange: Exchange
    kept: Kept | None = None
    # The estimate from when the run was saved; None if its price was unknown then.
    recorded_cost: Cost | Estimate | None = Estimate.NOW

    @cached_property
    def error(self) -> Explanation | None:
        return explained(self.exchange)

    @property
    def usage(self) -> Usage | None:
        return self.exchange.usage

    @cached_property
    def choices(self) -> Sequence[Choice]:
        return self.exchange.choices

    @cached_property
    def answers(self) -> list[Answer]:
        drawing, run = Drawing(), self.exchange.id
        return [replace(Answer.of(choice, run), drawing=drawing) for choice in self.choices[:MOST_CHOICES]]

    @property
    def to_add(self) -> str | None:
        """What the answer adds to the conversation, unless it failed: see `Answer.messages`."""
        return self.answers[0].messages if self.answers and not self.failed else None

    @property
    def can_continue(self) -> bool:
        """Whether the only answer was cut: by its limit, or by Stop."""
        was_stopped = self.error is not None and not self.failed
        return len(self.choices) == 1 and (was_stopped or self.choices[0].finish is Finish.LENGTH)

    @property
    def answers_left_out(self) -> int:
        return len(self.choices) - len(self.answers)

    @property
    def status(self) -> str | None:
        received = self.exchange.received
        return f"{received.status} {received.reason}".strip() if received else None

    @property
    def amends(self) -> str | None:
        """The field of the page where the error can be put right, if it is one of the settings."""
        kind = self.error.kind if self.error else ""
        return "model" if kind == "not_found" else FIELDS.get(ABOUT.get(kind, ""))

    @property
    def other_model(self) -> str | None:
        """The model that answered, if its name differs from the requested one."""
        answered = self.exchange.answer.model
        return answered if answered != self.exchange.demands.model else None

    @cached_property
    def cost(self) -> Cost | None:
        recorded = self.recorded_cost
        return cost_of(self.exchange) if recorded is Estimate.NOW else recorded

    @cached_property
    def thought_ms(self) -> float | None:
        return thought_ms(self.exchange)

    @property
    def timeline(self) -> list[Bar]:
        return timeline(self.exchange.timings)

    @property
    def failed(self) -> bool:
        """Whether something went wrong. Stop does not count."""
        return self.error is not None and self.error.kind != FailureKind.STOPPED

    @property
    def succeeded(self) -> bool:
        return self.exchange.received is not None and self.exchange.received.status < 300

    @property
    def unread(self) -> Unread | None:
        """The events that could not be read, unless the error quotes them."""
        unread = self.exchange.stream.unread if self.exchange.stream else None
        return None if unread and self.error and self.error.message == unread.first else unread

    @cached_property
    def received_text(self) -> Shown:
        return Shown.of(self.exchange.received.text if self.exchange.received else "")

    @cached_property
    def pretty(self) -> SafeString | None:
        """The response as indented JSON, or a stream's merged completion.

        None if it is not JSON or too long to show twice.
        """
        received = self.exchange.received
        if self.exchange.stream:
            return self._pretty_stream
        if received is None or len(received.body) > LONGEST_SHOWN:
            return None
        try:
            _ = self.exchange.value
            return json_html(jsontext.indent(received.text, LONGEST_SHOWN))
        except jsontext.JSONTextError:
            return None

    @property
    def _pretty_stream(self) -> SafeString | None:
        if not self.exchange.completion:
            return None
        text = ""
        for part in json.JSONEncoder(ensure_ascii=False, indent=2).iterencode(self.exchange.completion):
            text += part
            if len(text) > LONGEST_SHOWN:
                return None
        return json_html(text)

    @cached_property
    def event_groups(self) -> list[EventGroup]:
        """The events of a stream in folds of `EVENTS_A_GROUP`."""
        items = self._event_items
        return [
            EventGroup(start + 1, SafeString("".join(items[start : start + EVENTS_A_GROUP])))
            for start in range(0, len(items), EVENTS_A_GROUP)
        ]

    @property
    def events_left_out(self) -> int:
        return len(self.exchange.stream.events) - len(self._event_items) if self.exchange.stream else 0

    @cached_property
    def _event_items(self) -> list[SafeString]:
        budget = EventBudget()
        events = takewhile(budget.take, self.exchange.stream.events if self.exchange.stream else ())
        return [event_item(number, event) for number, event in enumerate(events, 1)]

    @property
    def received_headers(self) -> tuple[Headers, Headers]:
        """The request id and rate limits, then the other headers."""
        headers = self.exchange.received.headers if self.exchange.received else ()
        first = tuple(pair for pair in headers if _FIRST_HEADERS.fullmatch(pair[0]))
        return first, tuple(pair for pair in headers if pair not in first)
