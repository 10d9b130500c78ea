"""What an embed locks, whatever a link, a form, or a program asks for."""

import json
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from playground.dialects import DEFAULT
from playground.dialects.spelling import all_names
from playground.embeds import policy
from playground.exchange.refusal import InvalidRequestError
from tests.embeds.client import FORM, REQUEST, make_embed, send_form, send_json
from tests.upstreams.scripted import ScriptedUpstream

# --- locks ---


NAMES = (
    "model",
    "max_tokens",
    "max_completion_tokens",
    "temperature",
    "n",
    "stop",
    "tools",
    "stream",
    "x",
    "MODEL",
)


VALUES = (
    st.none()
    | st.booleans()
    | st.integers(-2, 2)
    | st.text("ab", max_size=2)
    | st.lists(st.integers(), max_size=1)
)


BODIES = st.dictionaries(st.sampled_from(NAMES), VALUES)


LOCKS = st.frozensets(st.sampled_from(NAMES)).map(lambda names: all_names(names, DEFAULT.fields))


@given(BODIES, LOCKS, BODIES)
def test_a_link_changes_no_locked_field(
    author: dict[str, Any], locked: frozenset[str], asked: dict[str, Any]
) -> None:
    form = policy.offered(author, locked, asked, DEFAULT.fields)

    for name in {*author, *asked}:
        if name.casefold() in locked:
            assert form.get(name) == author.get(name)


@given(BODIES, LOCKS, BODIES)
def test_what_is_posted_changes_no_locked_field(
    author: dict[str, Any], locked: frozenset[str], posted: dict[str, Any]
) -> None:
    try:
        body = policy.held(author, locked, posted, DEFAULT)
    except InvalidRequestError:
        return
    for name in {*author, *posted}:
        if name.casefold() in locked:
            assert json.dumps(body.get(name)) == json.dumps(author.get(name))
        elif name in posted:
            assert body[name] == posted[name]


@given(BODIES, LOCKS)
def test_the_authors_own_request_is_never_refused(author: dict[str, Any], locked: frozenset[str]) -> None:
    assert policy.held(author, locked, author, DEFAULT) == author


def test_one_and_true_are_not_the_same() -> None:
    with pytest.raises(InvalidRequestError):
        policy.held({"x": 1}, frozenset(["x"]), {"x": True}, DEFAULT)


@pytest.mark.parametrize(
    ("locked", "posted"),
    [
        ("model", {"model": "m-large"}),
        ("model", {"models": ["m-large"]}),
        ("messages", {"messages": [{"role": "user", "content": "Other"}]}),
        ("messages", {"messages": [{"role": "system", "content": "First"}, *REQUEST["messages"]]}),
        ("messages", {"prompt": "Other"}),
        ("max_tokens", {"max_tokens": 51}),
        ("max_tokens", {"max_completion_tokens": 50}),
        ("max_tokens", {"max_output_tokens": 1}),
        ("max_completion_tokens", {"max_tokens": 51}),
        ("temperature", {"temperature": 0}),
        ("n", {"n": 2}),
        ("stop", {"stop": "x"}),
        ("stop", {"stop_sequences": ["x"]}),
        ("tools", {"tools": []} | {"tool_choice": "auto"}),
        ("tools", {"functions": [{"name": "f"}]}),
        ("stream", {"stream": True}),
        ("logit_bias", {"logit_bias": {"1": 2}}),
        ("model", {"MODEL": "m-large"}),  # the same to a server written in Go
        ("max_tokens", {"max_to\u212aens": 51}),
    ],
)
@pytest.mark.django_db
@pytest.mark.usefixtures("provider")
def test_a_program_cannot_change_what_is_locked(
    client: Client, upstream: ScriptedUpstream, locked: str, posted: dict[str, Any]
) -> None:
    make_embed(locked=locked)

    refused = send_json(client, REQUEST | posted, api_key="sk-of-the-reader")

    assert refused.status_code == 400
    assert any("is locked" in text for text in refused.json()["error"]["fields"].values())
    assert not upstream.requests


@pytest.mark.parametrize(
    ("locked", "posted"),
    [
        ("model", {"model": "m-large"}),
        ("model", {"model": ["m", "m-large"]}),
        ("model", {"more": '{"models": ["m-large"]}'}),
        ("messages", {"content": ["Other"]}),
        ("messages", {"role": ["user", "user"], "content": ["Hello!", "And this"]}),
        ("messages", {"extra": ['{"name": "x"}']}),
        ("messages", {"more": '{"prompt": "Other"}'}),
        ("max_tokens", {"max_tokens": "51"}),
        ("max_tokens", {"max_tokens": ["50", "51"]}),
        ("max_tokens", {"max_completion_tokens": "50"}),
        ("max_tokens", {"max_tokens": "", "more": '{"max_output_tokens": 9}'}),
        ("temperature", {"temperature": "0"}),
        ("stream", {"stream": "on"}),
    ],
)
@pytest.mark.django_db
@pytest.mark.usefixtures("provider")
def test_a_form_cannot_change_what_is_locked(
    client: Client, upstream: ScriptedUpstream, locked: str, posted: dict[str, Any]
) -> None:
    make_embed(locked=locked)

    refused = send_form(client, api_key="sk-of-the-reader", **posted)

    assert refused.status_code == 400
    assert "is locked. Keep its value" in refused.content.decode()
    assert not upstream.requests


@pytest.mark.django_db
@pytest.mark.usefixtures("provider")
def test_locked_fields_need_not_be_posted(client: Client, upstream: ScriptedUpstream) -> None:
    request = REQUEST | {"temperature": 0.5, "stream": True, "stream_options": {"include_usage": True}}
    make_embed(request, locked="model messages max_tokens temperature stream")
    nothing = {name: "" for name in FORM if name != "embed"}

    send_form(client, **nothing)
    send_json(client, {})

    assert [recorded.json for recorded in upstream.requests] == [request, request]


@pytest.mark.django_db
@pytest.mark.usefixtures("provider")
def test_the_rest_is_the_readers(client: Client, upstream: ScriptedUpstream) -> None:
    make_embed(locked="model messages")

    send_form(client, max_tokens="7", temperature="0")

    assert upstream.requests[0].json == REQUEST | {"max_tokens": 7, "temperature": 0}


@pytest.mark.django_db
@pytest.mark.usefixtures("provider")
@pytest.mark.parametrize("changes", [{"provider": "openai"}, {"base_url": "https://evil.example/v1"}])
def test_the_provider_is_always_the_records(
    client: Client, upstream: ScriptedUpstream, changes: dict[str, str]
) -> None:
    make_embed()

    assert send_form(client, **changes).status_code == 200
    assert send_json(client, **changes).status_code == 200
    assert len(upstream.requests) == 2


@pytest.mark.django_db
@pytest.mark.usefixtures("provider")
def test_a_message_that_a_form_writes_otherwise_is_the_same(
    client: Client, upstream: ScriptedUpstream
) -> None:
    first, second = {"role": "user", "content": ""}, {"role": "user", "content": "a\r\nb", "name": "x"}
    request = REQUEST | {"messages": [first, second]}
    make_embed(request, locked="messages")
    rows = {"role": ["user", "user"], "content": ["", ""], "tool_call_id": ["", ""]}

    answer = send_form(client, extra=["", '{"content": "a\\r\\nb", "name": "x"}'], **rows)

    assert answer.status_code == 200
    assert upstream.requests[0].json["messages"] == request["messages"]


# --- the request that a tag results in ---


@given(BODIES, LOCKS, BODIES)
def test_the_record_fills_only_what_a_tag_leaves_out(
    author: dict[str, Any], locked: frozenset[str], asked: dict[str, Any]
) -> None:
    body = policy.offered(author, locked, asked, DEFAULT.fields)

    for name, value in body.items():
        assert json.dumps(value) in (json.dumps(asked.get(name)), json.dumps(author.get(name)))
    if asked and not {"stream", "stream_options"} & asked.keys() and "stream" not in locked:
        assert "stream" not in body


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"temperature": 1.0}, {"temperature": 1}, True),
        ({"seed": None}, {}, True),
        ({"stream": True}, {}, True),
        ({"stream": True, "stream_options": {"include_usage": True}}, {"stream": False}, True),
        ({"stop": ["a"]}, {"stop": "a"}, False),
        ({"logprobs": True}, {"logprobs": 1}, False),
        ({"messages": [{"role": "user"}]}, {"messages": [{"content": "", "role": "user"}]}, False),
        ({"seed": 1, "n": 2}, {"n": 2, "seed": 1}, True),
        ({"user": "a"}, {"user": "b"}, False),
    ],
)
def test_the_digest_is_of_what_is_asked(one: dict[str, Any], other: dict[str, Any], same: bool) -> None:
    assert (_digest(REQUEST | one) == _digest(REQUEST | other)) is same


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ({"model": "m"}, []),
        ({"model": "other"}, ["model"]),
        ({"model": ""}, []),
        ({"max_tokens": 50, "temperature": 2}, []),
        ({"MODEL": "other", "models": ["m"]}, ["MODEL", "models"]),
    ],
)
def test_a_tag_that_asks_for_a_locked_field_in_vain_is_noticed(
    asked: dict[str, Any], names: list[str]
) -> None:
    assert policy.overruled(REQUEST, all_names(["model"], DEFAULT.fields), asked, DEFAULT) == names


def _digest(body: dict[str, Any]) -> str:
    return policy.digest(body, DEFAULT)
