"""A form filled with a request means that request, whatever is in it: through a page and back."""

import json
import re
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from playground.dialects import DEFAULT, DIALECTS
from playground.exchange.dialect import Dialect
from playground.exchange.parameter import Parameter
from playground.forms.form import RequestForm
from playground.text import jsontext
from tests.dialects import requests
from tests.dialects.echo import ECHO, Echo
from tests.exchange import strategies
from tests.web.browser_form import posted
from tests.web.client import BODY, post_form

PARAMETER_NAMES = [parameter.name for parameter in DEFAULT.parameters]
pytestmark = pytest.mark.usefixtures("provider")

MESSAGE = BODY["messages"][0]


def _through_the_page(client: Client, request: Any) -> Any:
    """Open a link, and return the body that its form means when a browser posts it unchanged."""
    page = client.get("/?" + urlencode({"provider": "test", "request": json.dumps(request)}))
    assert page.status_code == 200
    errors: list[Any] = []
    body = RequestForm.from_post(posted(page.content.decode()), DEFAULT).body(errors)
    assert errors == []
    return body


# Values that this or other clients have changed on the way, and similar ones.
HARD = [
    {"stop": "a\rb"},
    {"stop": "a\nb"},
    {"stop": "a\r\nb"},
    {"stop": "\t[x"},
    {"stop": "[x"},
    {"stop": '"'},
    {"stop": "\n"},
    {"stop": " "},
    {"stop": ""},
    {"stop": "a\0b"},
    {"stop": ["a"]},
    {"stop": ["a", "", "b\n"]},
    {"stop": []},
    {"stop": 5},
    {"stop": None},
    {"user": "a\nb"},
    {"user": "a\rb"},
    {"user": "\0"},
    {"user": ""},
    {"user": " a "},
    {"user": "[1]"},
    {"user": 5},
    {"temperature": "1"},
    {"temperature": " hot\n"},
    {"temperature": 1.0},
    {"temperature": True},
    {"temperature": None},
    {"temperature": -0.0},
    {"max_tokens": 1e22},
    {"seed": 2**70},
    {"seed": "7"},
    {"model": " m"},
    {"model": "a\nb"},
    {"model": 5},
    {"model": None},
    {"model": ""},
    {"stream": False},
    {"stream": None},
    {"stream": 1},
    {"stream": True},
    {"stream": True, "stream_options": {"include_usage": True}},
    {"stream": True, "stream_options": {"include_usage": 1}},
    {"stream": True, "stream_options": {}},
    {"stream_options": {"include_usage": True}},
    {"messages": []},
    {"messages": {}},
    {"messages": ["text", MESSAGE]},
    {"messages": [{}]},
    {"messages": [{"content": "x"}]},
    {"messages": [{"role": "user"}]},
    {"messages": [{"role": ""}]},
    {"messages": [{"role": "", "content": ""}]},
    {"messages": [{"role": 5, "content": "x"}]},
    {"messages": [{"role": "us\ner", "content": "x"}]},
    {"messages": [{"role": " user", "content": "x"}]},
    {"messages": [{"role": "user", "content": "\n\nx\n"}]},
    {"messages": [{"role": "user", "content": "a\rb"}]},
    {"messages": [{"role": "user", "content": "</textarea><script>"}]},
    {"messages": [{"role": "assistant", "content": "", "tool_calls": []}]},
    {"messages": [{"role": "assistant", "function_call": {"name": "f", "arguments": "{}"}}]},
    {"messages": [{"role": "assistant", "content": "", "refusal": "no"}]},
    {"messages": [{"role": "tool", "content": "x"}]},
    {"messages": [{"role": "tool", "content": "x", "tool_call_id": " a"}]},
    {"messages": [{"role": "tool", "content": "x", "tool_call_id": ""}]},
    {"messages": [{"role": "tool", "content": "x", "tool_call_id": "a\nb"}]},
    {"messages": [{"role": "user", "content": "x", "tool_call_id": "a"}]},
    {"": 1, "more": {"a": 1}, "role": "x", "include_usage": False, "api_key": "x"},
]


@pytest.mark.parametrize("changes", HARD, ids=json.dumps)
def test_a_request_that_is_hard_to_carry(client: Client, changes: dict[str, Any]) -> None:
    if isinstance(changes.get("messages", []), list) and all(
        isinstance(message, dict) for message in changes.get("messages", [])
    ):
        assert jsontext.same(_through_the_page(client, BODY | changes), BODY | changes)
    assert jsontext.same(RequestForm.from_body("", "", BODY | changes).body([]), BODY | changes)


_values = st.one_of(strategies.json_values, strategies.texts)
_messages = st.lists(
    strategies.messages
    | st.dictionaries(
        st.sampled_from(["role", "content", "name", "tool_calls", "tool_call_id", "refusal"]), _values
    ),
    max_size=3,
)
_requests = st.one_of(
    strategies.requests,
    st.builds(
        lambda messages, rest: BODY | rest | {"messages": messages},
        _messages,
        st.dictionaries(
            st.sampled_from(["model", "stream", "stream_options", "x", *PARAMETER_NAMES]), _values, max_size=4
        ),
    ),
)


@settings(
    max_examples=3 * settings().max_examples,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(_requests)
def test_any_request_comes_back_as_it_was(client: Client, request_: dict[str, Any]) -> None:
    assert jsontext.same(_through_the_page(client, request_), request_)


REQUESTS = {"chat_completions": requests.CHAT, "messages": requests.MESSAGES, "responses": requests.RESPONSES}


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=list(DIALECTS))
@given(st.data())
def test_any_request_of_any_api_comes_back_as_it_was(dialect: Dialect, data: st.DataObject) -> None:
    names = [parameter.name for parameter in dialect.parameters]
    outer = sorted({name.partition(".")[0] for name in names})
    inner = st.dictionaries(st.sampled_from([name.rpartition(".")[2] for name in names]), _values, max_size=3)
    parameters = st.dictionaries(st.sampled_from([*outer, *names]), inner | _values, max_size=3)
    body = data.draw(REQUESTS[dialect.id]) | data.draw(parameters)
    errors: list[Any] = []

    means = RequestForm.from_body("", "", body, dialect).body(errors)

    assert errors == []
    # The form has a field for the model, and one for the messages, even if nothing is in them.
    empty = {dialect.fields.model: "", dialect.fields.prompt: []}
    assert jsontext.same(means, empty | body)


NESTED = [
    ("messages", "output_config", {"format": {"type": "json_schema", "schema": {}}}, "effort"),
    ("responses", "text", {"format": {"type": "json_schema", "name": "fruit", "schema": {}}}, "verbosity"),
    ("responses", "reasoning", {"mode": "pro"}, "effort"),
]


@pytest.mark.parametrize(("name", "outer", "rest", "inner"), NESTED)
def test_a_field_within_a_field_is_set_beside_those_that_only_json_has(
    name: str, outer: str, rest: dict[str, Any], inner: str
) -> None:
    dialect = DIALECTS[name]
    form = RequestForm.from_body("", "", {outer: rest}, dialect)
    form.parameters[f"{outer}.{inner}"] = "low"
    errors: list[Any] = []

    assert form.body(errors)[outer] == rest | {inner: "low"}
    assert errors == []
    again = RequestForm.from_body("", "", form.body([]), dialect)
    assert (again.parameters[f"{outer}.{inner}"], json.loads(again.more)[outer]) == ("low", rest)


def test_a_field_within_a_field_is_set_only_once() -> None:
    form = RequestForm(dialect=DIALECTS["responses"], model="m", parameters={"reasoning.effort": "low"})
    form.more = '{"reasoning": {"effort": "high", "mode": "pro"}}'
    errors: list[Any] = []

    assert form.body(errors)["reasoning"] == {"effort": "low", "mode": "pro"}
    (error,) = errors
    assert (error.field, error.sentence.params) == ("more", {"name": "reasoning.effort"})


def test_a_field_may_be_deeper(monkeypatch: pytest.MonkeyPatch) -> None:
    deep = Parameter("config.answer.most", lambda value: None, "", "", "")
    monkeypatch.setattr(Echo, "parameters", (deep,))
    body = {"who": "parrot", "lines": ["Hi"], "config": {"answer": {"most": 5, "odd": 1}, "seed": 2}}

    form = RequestForm.from_body("", "", body, ECHO)

    assert form.parameters == {"config.answer.most": "5"}
    assert json.loads(form.more) == {"config": {"answer": {"odd": 1}, "seed": 2}}
    assert jsontext.same(form.body([]), body)


def test_what_has_a_field_is_in_it() -> None:
    form = RequestForm.from_body("", "", BODY | {"temperature": 0.5, "stop": "\t[x", "user": "me", "x": 1})

    assert form.parameters == {"temperature": "0.5", "stop": '"\\t[x"', "user": "me"}
    assert form.messages[0].content == "Hello!"
    assert json.loads(form.more) == {"x": 1}


def test_a_field_that_was_filled_since_takes_the_place_of_nothing_in_json(client: Client) -> None:
    refused = post_form(client, accept="application/json", user="me", more='{"user": "a\\nb"}')

    assert list(refused.json()["error"]["fields"]) == ["more"]  # type: ignore[attr-defined]


def test_a_script_gets_the_fields_of_a_changed_form(client: Client) -> None:
    answer = post_form(
        client,
        "/edit/",
        accept="application/json",
        do='change:chat_completions:{"user": "a\\nb", "max_tokens": 5}',
        seed="1",
    ).json()  # type: ignore[attr-defined]
    fields = posted(f'<form id="request-form">{answer["fields"]}</form>')

    assert (fields["role"], fields["content"], fields["extra"]) == ("user", "Hello!", "")
    assert (fields["max_tokens"], fields["seed"], fields["user"]) == ("5", "1", "")
    assert json.loads(fields["more"]) == {"user": "a\nb"}


def test_a_row_without_a_role_says_what_it_is(client: Client) -> None:
    items = [
        {"role": "user", "content": "Hi"},
        {"type": "reasoning", "summary": [], "encrypted_content": "e"},
        {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"},
        {"type": "message", "content": "no role"},
        {"content": "nothing"},
        {"type": ["<"]},
    ]

    html = post_form(
        client, "/edit/", dialect="responses", do=f"fill:responses:{json.dumps({'input': items})}"
    ).content.decode()

    rows = html.split("<template")[0].split('<li class="turn"')[1:]
    chosen = [re.search("<option[^>]* selected( data-item)?[^>]*>([^<]*)<", row).groups() for row in rows]  # type: ignore[union-attr]
    mark = " data-item"
    assert chosen == [
        (None, "user"),
        (mark, "reasoning"),
        (mark, "function_call"),
        (mark, "message"),
        (None, "No role"),
        (None, "No role"),
    ]


def test_a_prompt_that_is_a_string_lacks_no_role(client: Client) -> None:
    do = f"fill:responses:{json.dumps({'input': 'Hello!'})}"

    html = post_form(client, "/edit/", dialect="responses", do=do).content.decode()

    assert "Plain text</option>" in html
    assert "No role" not in html
