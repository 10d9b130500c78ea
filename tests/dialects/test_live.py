"""A live call of the real local model shows the same things in each API, whatever they are called there."""

from typing import Any

import pytest

from playground.calls.draft import Draft
from playground.calls.make import Terms, make
from playground.catalogue.entries import LOCAL_MODEL, read_providers
from playground.catalogue.providers import BUILT_IN
from playground.dialects import DIALECTS
from playground.dialects.examples import in_language
from playground.exchange.failure import FailureKind
from playground.exchange.record import Exchange
from playground.explanations.explain import explain
from playground.upstream.client import NOBODY, Caller
from playground.upstream.live import Finished, Live, Progress
from playground.upstream.local_model.supervisor import Supervisor

# Another dialect may be one that the local model does not speak.
pytestmark = pytest.mark.parametrize("dialect", read_providers(BUILT_IN)[LOCAL_MODEL].dialects)


def _live(dialect: str, tokens: int, caller: Caller = NOBODY, **changes: Any) -> Live:
    """Begin to stream the first example."""
    known = DIALECTS[dialect]
    example = in_language(known.presets[0].body)
    limit = next(name for name in known.fields.tokens if name in example)
    body = {"model": "smollm2-135m-instruct", **example, limit: tokens, "stream": True, **changes}
    if dialect == "chat_completions":
        body["stream_options"] = {"include_usage": True}
    steps = make(Draft("local", None, None, body, dialect=dialect), Terms(), caller, live=True)
    assert not isinstance(steps, Exchange)
    return steps


def test_a_stream_says_the_same_as_a_whole_answer(local_model: Supervisor, dialect: str) -> None:
    *steps, last = _live(dialect, 8)

    assert isinstance(last, Finished)
    exchange = last.exchange
    assert explain(exchange) is None
    assert exchange.stream is not None
    assert exchange.stream.done
    progress = [*(step for step in steps if isinstance(step, Progress)), last.rest]
    shown = "".join(text for step in progress for grown in step.growth for _, text in grown.texts)
    # What may begin the key, which is random, is held back to the end.
    assert (exchange.choices[0].text or "").startswith(shown)
    assert shown
    assert exchange.usage is not None
    assert exchange.usage.total_tokens


def test_what_had_arrived_stays_when_a_person_stops_it(local_model: Supervisor, dialect: str) -> None:
    ended: list[Exchange] = []
    # Other requests in the batch change a small model's answer: it might end before the last token.
    steps = _live(dialect, 500, Caller(ended=ended.append), ignore_eos=True)

    next(step for step in steps if isinstance(step, Progress) and step.growth)
    steps.close()

    (exchange,) = ended
    assert exchange.failure is not None
    assert exchange.failure.kind is FailureKind.STOPPED
    assert exchange.choices[0].text
    assert exchange.choices[0].finish is None
