"""What a call may ask for when the operator pays for it."""

from typing import Any

import pytest

from playground.calls import caps
from playground.calls.draft import Draft
from playground.catalogue.caps import Caps
from playground.exchange.refusal import InvalidRequestError
from playground.exchange.request import Request
from tests import chat

CAPS = Caps(models=("m",), max_tokens=100, n=2, request_bytes=1000)


def _request(**changes: Any) -> Request:
    body = {"model": "m", "messages": [{"role": "user", "content": "x"}], "max_tokens": 100} | changes
    given = {name: value for name, value in body.items() if value is not ...}
    return chat.check(given)


def _errors(most: Caps = CAPS, **changes: Any) -> dict[str, str]:
    return {error.field: str(error.sentence) for error in caps.problems(_request(**changes), most)}


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"max_tokens": 1},
        {"max_tokens": ..., "max_completion_tokens": 100},
        {"n": 2},
        {"n": None},
        {"temperature": 2, "top_p": 1, "stop": ["a"], "seed": 1, "user": "u"},
        {
            "response_format": {"type": "json_object"},
            "stream": True,
            "stream_options": {"include_usage": True},
        },
        {"tools": None, "logit_bias": None},
        {"messages": [{"role": "user", "content": [{"type": "text", "text": "x"}]}]},
        {"messages": [{"role": "assistant", "content": None, "tool_calls": []}]},
    ],
)
def test_what_is_usual_may_be_asked_for(changes: dict[str, Any]) -> None:
    assert _errors(**changes) == {}


@pytest.mark.parametrize(
    "message",
    [
        {"content": "x", "Content": [{"type": "image_url"}]},
        {"CONTENT": [{"type": "image_url"}]},
        {"content": [{"type": "text", "Type": "image_url"}]},
        {"content": [{"Type": "image_url"}]},
        {"content": [{"text": "x"}]},
        {"content": [[{"type": "image_url"}]]},
        {"content": [{"type": ["image_url"]}]},
        {"content": [None]},
        {"content": [7]},
    ],
)
def test_a_part_that_a_server_may_take_for_an_image_is_none_of_the_texts(message: dict[str, Any]) -> None:
    asked = {"role": "user", "content": "x"} | message

    assert "messages.0.content" in _errors(messages=[asked])


@pytest.mark.parametrize("content", [["x"], [{"type": "text", "text": "x"}, {"type": "refusal"}]])
def test_parts_that_are_text_may_be_asked_for(content: Any) -> None:
    assert _errors(messages=[{"role": "user", "content": content}]) == {}


@pytest.mark.parametrize(
    ("changes", "field", "says"),
    [
        ({"model": "m-large"}, "model", "use m."),
        ({"model": "M"}, "model", "use m."),
        ({"max_tokens": 101}, "max_tokens", "the limit is 100"),
        ({"max_completion_tokens": 101}, "max_completion_tokens", "the limit is 100"),
        ({"max_tokens": 1, "max_completion_tokens": 10**30}, "max_completion_tokens", "the limit is 100"),
        ({"max_tokens": ...}, "max_tokens", "100 or less"),
        ({"max_tokens": None}, "max_tokens", "100 or less"),
        ({"n": 3}, "n", "the limit is 2"),
        ({"tools": []}, "tools", "“tools”"),
        ({"tool_choice": "auto"}, "tool_choice", "“tool_choice”"),
        ({"functions": []}, "functions", "“functions”"),
        ({"logit_bias": {"1": 1}}, "logit_bias", "“logit_bias”"),
        ({"web_search_options": {}}, "web_search_options", "“web_search_options”"),
        ({"store": True}, "store", "“store”"),
        ({"anything_new": 1}, "anything_new", "“anything_new”"),
        ({"Max_Tokens": 10**9}, "Max_Tokens", "“Max_Tokens”"),
        ({"Max_Tokens": None}, "Max_Tokens", "“Max_Tokens”"),
        ({"messages": [{"role": "user", "content": "x" * 1000}]}, "request", "1,000 B"),
        (
            {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}]},
            "messages.0.content",
            "“image_url”",
        ),
        (
            {"messages": [{"role": "user", "content": [{"type": "text"}, {"type": "input_audio"}]}]},
            "messages.0.content",
            "“input_audio”",
        ),
        ({"messages": [{"role": "user", "content": [{"no": "type"}]}]}, "messages.0.content", "“None”"),
    ],
)
def test_what_costs_more_is_refused_with_its_cap(changes: dict[str, Any], field: str, says: str) -> None:
    assert says in _errors(**changes)[field]


@pytest.mark.parametrize(
    ("allow", "changes"),
    [
        ("tools", {"tools": [], "tool_choice": "auto", "parallel_tool_calls": False}),
        ("logit_bias", {"logit_bias": {"1": 1}}),
        ("images", {"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}),
        ("input_audio", {"messages": [{"role": "user", "content": [{"type": "input_audio"}]}]}),
    ],
)
def test_an_entry_of_the_catalogue_allows_more(allow: str, changes: dict[str, Any]) -> None:
    assert _errors(Caps(models=("m",), max_tokens=100, allow=(allow,)), **changes) == {}
    assert _errors(Caps(models=("m",), max_tokens=100), **changes) != {}


@pytest.mark.parametrize("models", [(), ("*",), ("other", "*")])
def test_any_model_where_none_or_a_star_is_named(models: tuple[str, ...]) -> None:
    assert _errors(Caps(models=models, max_tokens=100), model="whatever") == {}


def test_all_that_is_too_much_is_told_at_once_and_mended_by_one_change() -> None:
    too_much = {"model": "m-large", "max_tokens": ..., "n": 5, "tools": [], "logit_bias": {}}

    with pytest.raises(InvalidRequestError) as refused:
        caps.check(_request(**too_much), CAPS)

    fix = refused.value.fix
    assert fix is not None
    assert fix.changes == {"model": "m", "max_tokens": 100, "n": 2, "tools": None, "logit_bias": None}
    assert _errors(**(too_much | fix.changes)) == {}


def test_what_people_say_is_not_removed_to_keep_to_the_caps() -> None:
    cached = {"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}
    hello = [{"role": "user", "content": "Hello!"}]
    body = {"model": "m", "max_tokens": 500, "system": [cached], "messages": hello}

    with pytest.raises(InvalidRequestError) as refused:
        caps.check(Draft(None, "https://api.example.com", "k", body, dialect="messages").request(), CAPS)

    assert [problem.field for problem in refused.value.problems] == ["max_tokens", "system"]
    assert refused.value.fix is not None
    assert refused.value.fix.changes == {"max_tokens": 100}


def test_what_no_change_mends_has_no_fix() -> None:
    with pytest.raises(InvalidRequestError) as refused:
        caps.check(_request(messages=[{"role": "user", "content": "x" * 1000}]), CAPS)

    assert refused.value.fix is None
