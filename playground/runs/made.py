"""Make a run of an Exchange: its columns, and the words that it is found by."""

from collections.abc import Callable, Collection, Iterator

from django.conf import settings

from playground.calls.cost import cost_of
from playground.exchange.record import Exchange
from playground.explanations.explain import explain
from playground.runs.models import Run, packed
from playground.runs.words import audience, label, strings, words_of
from playground.teams.models import Membership
from playground.text import jsontext
from playground.text.storable import storable

LONGEST_TEXT = 300
_LONGEST_VALUE = 24


def run_of(exchange: Exchange, who: str, member: Membership | None) -> Run:
    received, usage, timings = exchange.received, exchange.usage, exchange.timings
    problem, record, cost = explain(exchange), packed(exchange), cost_of(exchange)
    choice = next(iter(exchange.choices), None)
    answer = (choice.text or choice.refusal or "") if choice else ""
    run = Run(
        key=exchange.id,
        started=exchange.started,
        who=who,
        provider=exchange.provider or "",
        host=storable(exchange.sent.host)[:300],
        dialect=exchange.dialect.id,
        model=storable(exchange.demands.model)[:200],
        parameters=storable(" · ".join(_parameters(exchange)))[:LONGEST_TEXT],
        status=received.status if received else None,
        error=problem.kind if problem else "",
        question=storable(exchange.dialect.question(exchange.call.body) or "")[:LONGEST_TEXT],
        answer=storable(answer[:LONGEST_TEXT]),
        prompt_tokens=usage.prompt_tokens if usage else None,
        completion_tokens=usage.completion_tokens if usage else None,
        cost_usd=cost.usd if cost else None,
        prices_of=cost.prices_of if cost else None,
        first_token_ms=timings.first_token_ms,
        total_ms=timings.total_ms,
        size=len(record),
        record=record,
        tags="",
        team_id=member.team_id if member else None,
        person_id=member.person_id if member else None,
        private=bool(member) and settings.CONFIG.private_runs,
    )
    run.words = with_marks(run, words_of(map(storable, _texts(exchange))))
    return run


def _parameters(exchange: Exchange) -> Iterator[str]:
    """Yield what was set besides the model and the messages: `temperature 0.7`, but only `tools`.

    How the answer is delivered makes no difference to it.
    """
    fields = exchange.dialect.fields
    known = {fields.model, fields.prompt} | {name for tick in exchange.dialect.ticks for name in tick.fields}
    for name, value in exchange.call.body.items():
        if name not in known:
            text = value if isinstance(value, str) else jsontext.dumps(value).decode()
            yield f"{name} {text}" if len(text) <= _LONGEST_VALUE else name


def _texts(exchange: Exchange) -> Iterator[str]:
    """Yield what was said, the latest first: only the first texts are sure to be found."""
    yield exchange.dialect.question(exchange.call.body) or ""
    yield from _told(exchange)
    yield from _parameters(exchange)
    yield from reversed(list(strings(exchange.call.body)))


def _told(exchange: Exchange) -> Iterator[str]:
    for choice in exchange.choices[:10]:
        yield from (text for text in (choice.text, choice.reasoning, choice.refusal) if text)
        for call in choice.tool_calls[:20]:
            yield call.arguments
    if exchange.received and not exchange.choices:
        yield exchange.received.text[:20_000]


def _outcome(run: Run) -> str:
    return "stopped" if run.stopped else "failed" if run.error else "ok"


# What a list can be filtered by, with the letter that marks it.
MARKS: dict[str, Callable[[Run], Collection[str]]] = {
    "m": lambda run: [run.model],
    "p": lambda run: [run.provider or run.host],
    "s": lambda run: [_outcome(run), *([str(run.status)] if run.status else [])],
    "t": lambda run: run.tags.split(),
    "x": lambda run: ["starred"] if run.starred else [],
}


def _audience(run: Run) -> set[str]:
    if run.team_id is None:
        return set()
    return {audience(run.team_id, run.person_id if run.private else None)}


def with_marks(run: Run, texts: Collection[str]) -> str:
    marks = {label(letter, value) for letter, values in MARKS.items() for value in values(run)}
    return " ".join(sorted({text for text in texts if not text.startswith("zq")} | marks | _audience(run)))
