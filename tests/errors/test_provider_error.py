"""Any error body is read without a failure and within bounds; any fix is sane."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from playground.dialects.chat_completions.fixes import known_fix

from playground.dialects import DEFAULT
from playground.errors.provider_error import LONGEST_MESSAGE, read_value
from playground.explanations.explain import explain
from playground.explanations.waits import seconds_to_wait
from tests.explanations.test_explain import exchange_of

_NAMES = st.sampled_from((
    "error", "message", "msg", "detail", "errors", "code", "type", "status", "param", "loc", "metadata",
    "raw",
    "base_resp", "status_code", "choices", "details", "retryDelay", "headers", "n_ctx", "n_prompt_tokens",
    "title", "success", "provider_name", "error_code", "text", "object", "Response", "Error", "Code",
    "Message", "error_msg", "status_msg", "sid", "cloudflare_error",
))  # fmt: skip
_WORDS = st.sampled_from((
    "max_tokens", "'temperature'", "`n`", "top_p", "messages[0].role", "system", "developer", "user", "model",
    "unsupported", "unknown variant", "not support", "must be at most", "must be", "only", "is allowed",
    "1", "4096", "8,192", "99999999999", "-5", "0.5", "maximum context length is", "you requested", "tokens",
    ">",
    "try again in", "6m0s", "34s", "cannot both", "does not exist", "tools", "[1,", "]", "{", "}",
    '{"error":',
    "</title>", "<html>", "data: ", "\n\n", '{"message": "\\ud83d"}', "余额不足", "İ",
))  # fmt: skip
_TEXTS = st.lists(_WORDS, max_size=12).map(" ".join)
_LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | _TEXTS
_BODIES = st.recursive(
    _LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_NAMES, inner, max_size=5),
    max_leaves=30,
)
_REQUEST: dict[str, Any] = {
    "model": "m",
    "messages": [{"role": "system", "content": "x"}, {"role": "developer", "content": "y"}],
    "max_tokens": 100,
    "temperature": 0.5,
    "top_p": 0.5,
    "n": 2,
    "tools": [],
    "user": "ada",
}


@given(_BODIES | _TEXTS.map(json.dumps), st.sampled_from((200, 400, 429, 500, 529)), st.booleans())
def test_any_body_is_explained_within_bounds(body: Any, status: int, as_text: bool) -> None:
    error = explain(exchange_of(status, str(body) if as_text else body, **_REQUEST))

    assert error is None or error.message is None or 0 < len(error.message) <= LONGEST_MESSAGE + 80
    assert error is None or "%(" not in f"{error.title}{error.advice}"


@given(_BODIES)
def test_a_fix_changes_only_sent_parameters_to_sane_values(body: Any) -> None:
    fix = DEFAULT.fix(_REQUEST, read_value(body))

    for name, value in (fix.changes if fix else {}).items():
        assert name in _REQUEST or name == "max_completion_tokens"
        assert name != "model"
        assert value != _REQUEST.get(name)
        if name in ("temperature", "top_p"):
            assert value is None or 0 <= value <= 2
        elif isinstance(value, int):
            assert 0 < value <= (_REQUEST.get(name) or _REQUEST["max_tokens"])


@given(_BODIES, st.text(max_size=40) | _TEXTS)
def test_a_wait_is_within_a_week(body: Any, header: str) -> None:
    exchange = exchange_of(429, body)

    seconds = seconds_to_wait({"retry-after": header}, read_value(body), exchange.started)

    assert seconds is None or 0 < seconds <= 7 * 86_400


@given(_BODIES)
def test_the_reported_error_is_part_of_the_body(body: Any) -> None:
    found = DEFAULT.error(body)

    assert found is None or json.dumps(found) in json.dumps(body)
