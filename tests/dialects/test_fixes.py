"""A fix that a provider's words ask for is one that the API takes."""

from typing import Any

import pytest

from playground.dialects import DIALECTS
from playground.dialects.checks import whole
from playground.dialects.demands import demands_of
from playground.dialects.fixes import Fixes
from playground.errors.provider_error import read_value
from playground.exchange.demands import Fields
from playground.exchange.dialect import Dialect
from playground.exchange.fix import Fix
from playground.exchange.parameter import Parameter

WORDS = {
    "To use function tools, use /v1/responses or set reasoning_effort to 'none'.": {"chat_completions"},
    "To use function tools, set reasoning.effort to 'none'.": {"responses"},
    "Please set output_config.effort to 'low'.": {"messages"},
    "Please set verbosity to 'low'.": {"chat_completions"},
    "Please set text.verbosity to 'low'.": {"responses"},
    "Please set tool_choice to 'auto'.": {"chat_completions", "responses"},
    "Please set service_tier to 'auto'.": {"chat_completions", "messages", "responses"},
    "Please set output_config.effort to 'loud'.": set(),
}


def _fix(dialect: Dialect, body: dict[str, Any], words: str) -> Fix | None:
    return dialect.fix(body, read_value({"error": {"message": words}}))


def _body(dialect: Dialect) -> dict[str, Any]:
    prompt = [{"role": "user", "content": "Hello!"}]
    return {dialect.fields.model: "m", dialect.fields.prompt: prompt, dialect.fields.tokens[0]: 100}


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=list(DIALECTS))
@pytest.mark.parametrize(("words", "known"), WORDS.items())
def test_a_value_is_set_only_in_a_field_that_the_api_has(
    dialect: Dialect, words: str, known: set[str]
) -> None:
    fix = _fix(dialect, _body(dialect), words)

    assert (fix is not None) == (dialect.id in known)
    if fix:
        assert dialect.problems(_body(dialect) | fix.changes, 10) == []


def test_a_value_within_a_field_leaves_those_beside_it() -> None:
    dialect, format_ = DIALECTS["responses"], {"type": "text"}
    words = "Please set text.verbosity to 'low'."

    alone = _fix(dialect, _body(dialect), words)
    beside = _fix(dialect, _body(dialect) | {"text": {"format": format_, "verbosity": "high"}}, words)

    assert alone is not None
    assert beside is not None
    assert alone.changes == {"text": {"verbosity": "low"}}
    assert beside.changes == {"text": {"format": format_, "verbosity": "low"}}


def test_the_limit_of_an_answer_may_be_a_field_within_a_field() -> None:
    names = ("config.most",)
    body = {"config": {"most": 500, "count": 2, "seed": 1}}
    fixes = Fixes([Parameter(names[0], whole(1), "", "", "")], prompt="said", tokens=names, tools=())

    asked = demands_of(body, Fields("model", "said", names, "config.count", frozenset(), ()))
    lowered = fixes.fix_tokens(body, 100)
    told = fixes.fix(
        body, read_value({"error": {"message": "Maximum output tokens: at most 50 are allowed"}})
    )

    assert (asked.count, asked.tokens) == (2, {"config.most": 500})
    assert lowered is not None
    assert lowered.changes == {"config": {"most": 100, "count": 2, "seed": 1}}
    assert told is not None
    assert told.changes == {"config": {"most": 50, "count": 2, "seed": 1}}


def test_a_field_may_be_deeper() -> None:
    names = ("config.answer.most",)
    fixes = Fixes([Parameter(names[0], whole(1), "", "", "")], prompt="said", tokens=names, tools=())
    body = {"config": {"answer": {"most": 500, "count": 2}, "seed": 1}}
    refused = read_value({"error": {"message": "Unsupported parameter", "param": names[0]}})

    lowered = fixes.fix_tokens(body, 100)
    without = fixes.fix(body, refused)
    alone = fixes.fix({"config": {"answer": {"most": 500}}}, refused)

    assert lowered is not None
    assert lowered.changes == {"config": {"answer": {"most": 100, "count": 2}, "seed": 1}}
    assert without is not None
    assert without.changes == {"config": {"answer": {"count": 2}, "seed": 1}}
    assert alone is not None
    assert alone.changes == {"config": None}


def test_a_claude_that_thinks_adaptively_is_asked_to() -> None:
    messages = DIALECTS["messages"]
    words = (
        '"thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive" and '
        '"output_config.effort" to control thinking behavior.'
    )
    body = _body(messages) | {"max_tokens": 2000}
    body["thinking"] = {"type": "enabled", "budget_tokens": 1024, "display": "summarized"}

    fix = _fix(messages, body, words)

    assert fix is not None
    assert fix.changes == {"thinking": {"type": "adaptive", "display": "summarized"}}
    assert messages.problems(body | fix.changes, 10) == []


def test_what_only_a_verified_organization_may_use_is_left_out() -> None:
    responses = DIALECTS["responses"]
    words = "Your organization must be verified to generate reasoning summaries."
    error = read_value({"error": {"message": words, "param": "reasoning.summary"}})
    body = _body(responses) | {"reasoning": {"effort": "low", "summary": "auto"}}

    fix = responses.fix(body, error)

    assert fix is not None
    assert fix.changes == {"reasoning": {"effort": "low"}}
    model = read_value({"error": {"message": "Your organization must be verified to use the model `m`."}})
    assert responses.fix(body, model) is None
