"""An embed's settings: which are valid, and what they allow a reader to ask for."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from playground.dialects import DEFAULT, DIALECTS
from playground.embeds import policy
from playground.embeds.models import Embed
from playground.exchange.refusal import InvalidRequestError
from tests.configuration import configure
from tests.embeds.client import FORM, REQUEST, make_embed, open_frame, send_form, send_json, token_in
from tests.upstreams.plugin import catalogue_of
from tests.upstreams.scripted import ScriptedUpstream

# --- origins ---


@pytest.mark.parametrize(
    "origin",
    [
        "https://docs.example.org",
        "https://docs.example.org:8443",
        "https://docs",
        "https://xn--bcher-kva.example",
        "https://*.example.org",
        "https://*.docs.example.org:8443",
        "http://localhost",
        "http://localhost:5173",
        "http://127.0.0.1:8080",
    ],
)
def test_an_origin_that_can_be_allowed(origin: str) -> None:
    assert policy.allowed_origin(origin) == origin


@pytest.mark.parametrize(
    "origin",
    [
        "",
        "*",
        "null",
        "https:",
        "https://",
        "https://*",
        "https://*.org",
        "https://*.*.example.org",
        "https://docs.*.org",
        "https://*docs.example.org",
        "https://docs.example.org/",
        "https://docs.example.org/page",
        "https://docs.example.org?x",
        "https://docs.example.org#x",
        "https://user@docs.example.org",
        "https://docs.example.org:*",
        "https://docs.example.org:0",
        "https://docs.example.org:65536",
        "https://docs.example.org:443:443",
        "https://docs.example.org.",
        "https://-docs.example.org",
        "https://docs..example.org",
        "https://docs_x.example.org",
        "https://bücher.example",
        "https://10.0.0.5",
        "https://[::1]",
        "http://docs.example.org",
        "http://*.localhost",
        "docs.example.org",
        "//docs.example.org",
        "'self'",
        "data:",
        "https://docs.example.org; script-src *",
        "https://docs.example.org https://evil.example",
        "https://docs.example.org\nX-Header: 1",
        "https://docs.example.org\n",
    ],
)
def test_what_is_no_exact_origin_is_refused(origin: str) -> None:
    with pytest.raises(policy.PolicyError, match="isn’t a valid origin"):
        policy.allowed_origin(origin)


@given(st.text() | st.from_regex(r"https://(\*\.)?[a-z0-9.\-:;,' ]{1,30}"))
def test_an_origin_never_says_more_than_one_source(text: str) -> None:
    try:
        origin = policy.allowed_origin(text)
    except policy.PolicyError:
        return
    assert not set(origin) & set(" ;,'\"\n\r\t")
    assert origin.count("*") <= 1


@pytest.mark.django_db
@pytest.mark.usefixtures("provider")
def test_a_line_that_was_written_past_the_checks_allows_nothing() -> None:
    embed = make_embed()
    embed.origins = "*\nhttps://docs.example.org\nhttps://a.example;script-src"

    assert embed.allowed_origins == ["https://docs.example.org"]


# --- validation ---


@pytest.mark.django_db
@pytest.mark.usefixtures("provider")
@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"name": "a b"}, "name", "slug"),
        ({"origins": ""}, "origins", "blank"),
        ({"origins": "https://a.example *"}, "origins", "“*” isn’t a valid origin"),
        ({"provider": "nobody"}, "provider", "Use one of"),
        ({"provider": "local"}, "provider", "/admin/"),
        ({"request": "{"}, "request", "Invalid JSON"),
        ({"request": "[]"}, "request", "must be a JSON object"),
        ({"request": '{"model": "m", "model": "x"}'}, "request", "more than once"),
        ({"request": '{"model": "", "messages": []}'}, "request", "messages: Add at least one message"),
        ({"locked": "model; drop"}, "locked", "isn’t a valid field name"),
        ({"locked": "reasoning.effort"}, "locked", "Lock “reasoning”"),
        ({"key": "mine"}, "key", "not a valid choice"),
        ({"max_tokens": 1025}, "max_tokens", "from 1 to 1,024"),
        ({"n": 0}, "n", "from 1 to 2"),
        ({"request_bytes": 65_537}, "request_bytes", "from 1 to 65,536"),
        ({"max_tokens": 49}, "request", "max_tokens: With the server’s key, the limit is 49"),
        ({"request": json.dumps(REQUEST | {"model": "m-large"})}, "request", "use m."),
        ({"request": json.dumps(REQUEST | {"max_tokens": None})}, "request", "set this"),
        ({"tokens_a_day": 100}, "tokens_a_day", "Enter at least 1"),
        ({"reader_tokens_a_day": 100}, "reader_tokens_a_day", "Enter at least 1"),
    ],
)
def test_a_record_that_cannot_work_is_refused_with_the_field(
    changes: dict[str, Any], field: str, words: str
) -> None:
    embed = make_embed()
    for name, value in changes.items():
        setattr(embed, name, value)

    with pytest.raises(ValidationError) as refused:
        embed.full_clean()

    assert list(refused.value.message_dict) == [field]
    assert words in " ".join(refused.value.message_dict[field])


@pytest.mark.parametrize(
    ("api", "locked", "in_vain"),
    [
        ("responses", "model messages max_tokens instructions", ()),
        ("responses", "system model n", ("system", "n")),
        ("messages", "model input instructions stop max_completion_tokens", ()),
        ("messages", "reasoning_effort seed", ("reasoning_effort", "seed")),
        ("chat_completions", "system anything", ()),
    ],
)
def test_a_locked_name_that_only_other_apis_have_is_told(api: str, locked: str, in_vain: tuple[str]) -> None:
    """It locked nothing: with `system` locked, readers of an embed for Responses changed `instructions`."""
    told = policy.vain_locks(locked.split(), DIALECTS[api], "{}")

    assert sorted(problem.field for problem in told) == sorted(in_vain)
    assert all(str(problem.sentence) for problem in told)


@pytest.mark.django_db
@pytest.mark.usefixtures("provider")
def test_an_embed_is_not_saved_with_a_lock_that_locks_nothing(
    upstream: ScriptedUpstream, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    catalogue_of(upstream, monkeypatch, tmp_path, ("responses",))

    with pytest.raises(ValidationError) as refused:
        make_embed(
            {"model": "m", "input": "Hello!", "max_output_tokens": 5}, api="responses", locked="system"
        )

    assert list(refused.value.message_dict) == ["locked"]


@pytest.mark.django_db
@pytest.mark.usefixtures("provider")
def test_lists_are_kept_with_an_item_a_line() -> None:
    embed = make_embed(origins="HTTPS://A.example, https://b.example\r\nhttps://a.example", locked="model n")

    assert embed.origins == "https://a.example\nhttps://b.example"
    assert embed.locked == "model\nn"


@pytest.mark.django_db
@pytest.mark.usefixtures("provider")
def test_a_readers_key_asks_for_no_caps_and_no_budget() -> None:
    request = {"model": "m-large", "messages": [{"role": "user", "content": "x"}]}

    assert make_embed(request, key="reader", tokens_a_day=0).pk


@pytest.mark.django_db
@pytest.mark.usefixtures("provider")
def test_caps_never_get_wider_than_the_catalogues() -> None:
    embed = make_embed(max_tokens=100)
    embed.n = 50

    assert (embed.caps.max_tokens, embed.caps.n, embed.caps.request_bytes) == (100, 2, 65_536)
    assert embed.caps.models == ("m",)


@pytest.mark.django_db
@pytest.mark.usefixtures("provider")
def test_a_provider_that_left_the_catalogue_takes_no_model() -> None:
    embed = make_embed()
    embed.provider = "gone"

    assert not embed.caps.allows_model("m")


@pytest.mark.django_db
@pytest.mark.usefixtures("provider")
@pytest.mark.parametrize(
    ("field", "value", "same"),
    [
        ("active", False, True),
        ("origins", "https://a.example", False),
        ("request", "{}", False),
        ("locked", "model", False),
        ("key", "reader", False),
        ("max_tokens", 7, False),
        ("tokens_a_day", 7, False),
        ("replay_only", True, False),
    ],
)
def test_the_digest_follows_the_rules(field: str, value: Any, same: bool) -> None:
    embed = make_embed()
    before = embed.digest

    setattr(embed, field, value)

    assert (embed.digest == before) == same


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
LOCKS = st.frozensets(st.sampled_from(NAMES)).map(lambda names: policy.all_names(names, DEFAULT.fields))


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


# --- whose key ---


@pytest.mark.django_db
@pytest.mark.usefixtures("provider")
def test_the_servers_key_is_not_for_readers_with_a_key_of_their_own(
    client: Client, upstream: ScriptedUpstream
) -> None:
    make_embed(key="reader")

    refused = send_json(client)
    answer = send_json(client, api_key="sk-of-the-reader")

    assert refused.status_code == 400
    assert "Enter your API key" in refused.json()["error"]["fields"]["api_key"]
    assert answer.status_code == 200
    assert [recorded.header("Authorization") for recorded in upstream.requests] == ["Bearer sk-of-the-reader"]


@pytest.mark.django_db
@pytest.mark.usefixtures("provider")
@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"max_tokens": 51}, "max_tokens"),
        ({"max_tokens": None}, "max_tokens"),
        ({"max_completion_tokens": 51}, "max_completion_tokens"),
        ({"n": 3}, "n"),
        ({"tools": [{"type": "function"}]}, "tools"),
        ({"model": "m-large"}, "model"),
        ({"messages": [{"role": "user", "content": "x" * 600}]}, "request"),
    ],
)
def test_with_the_servers_key_the_records_caps_hold(
    client: Client, upstream: ScriptedUpstream, changes: dict[str, Any], field: str
) -> None:
    """They hold even if the playground's own page has no caps, as in these tests."""
    make_embed(max_tokens=50, request_bytes=500)

    refused = send_json(client, REQUEST | changes)

    assert refused.status_code == (413 if field == "request" else 400)
    assert list(refused.json()["error"]["fields"]) == [field]
    assert not upstream.requests


@pytest.mark.django_db
@pytest.mark.usefixtures("provider")
def test_a_readers_own_key_has_no_caps(client: Client, upstream: ScriptedUpstream) -> None:
    make_embed(max_tokens=50)

    assert send_json(client, REQUEST | {"max_tokens": 5000}, api_key="sk-mine").status_code == 200
    assert upstream.requests[0].json["max_tokens"] == 5000


@pytest.mark.django_db
@pytest.mark.usefixtures("provider")
def test_a_machine_that_asks_for_no_key_is_the_servers_expense(
    client: Client, upstream: ScriptedUpstream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "keyless.toml"
    file.write_text(
        f'[[provider]]\nid = "test"\nlabel = "Test"\nbase_url = "{upstream.url}"\nmodels = ["m"]\n'
    )
    configure(PLAYGROUND_PROVIDERS=str(file))
    with pytest.raises(ValidationError, match="one call can use"):
        make_embed(key="reader", tokens_a_day=1)
    make_embed(key="reader", calls_a_day=1)

    assert [send_json(client).status_code for _ in range(2)] == [200, 429]
    assert send_json(client, REQUEST | {"max_tokens": 5000}).status_code == 400
    assert 'name="api_key"' not in open_frame(client).content.decode()


@pytest.mark.django_db
@pytest.mark.usefixtures("provider")
def test_a_frame_asks_for_a_key_when_one_is_needed(client: Client) -> None:
    make_embed()
    make_embed(name="own", key="reader")

    assert 'name="api_key"' not in open_frame(client).content.decode()
    assert 'name="api_key"' in open_frame(client, "own").content.decode()


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
    assert policy.overruled(REQUEST, policy.all_names(["model"], DEFAULT.fields), asked, DEFAULT) == names


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("https://docs.example.org", True),
        ("HTTPS://docs.example.org", True),
        ("http://docs.example.org", False),
        ("https://docs.example.org:8443", False),
        ("https://a.example.net", True),
        ("https://a.b.example.net", True),
        ("https://example.net", False),
        ("https://evilexample.net", False),
        ("https://a.example.net:8443", False),
        ("http://localhost:5173", True),
        ("https://localhost:5173", True),
        ("http://localhost", False),
        ("null", False),
    ],
)
def test_origins_are_read_as_browsers_do(origin: str, allowed: bool) -> None:
    origins = ["https://docs.example.org", "https://*.example.net", "http://localhost:5173"]

    assert policy.allows(origins, origin) is allowed


BROKEN = ["{", "", "[]", "7", "null", '{"messages": 7}', '{"messages": [7]}', '{"a": 1, "a": 2}', "[" * 5000]


@pytest.mark.django_db
@pytest.mark.usefixtures("provider")
@pytest.mark.parametrize("text", BROKEN)
def test_a_broken_request_is_a_sentence_in_the_frame(
    client: Client, upstream: ScriptedUpstream, text: str
) -> None:
    embed = make_embed()
    token = token_in(open_frame(client))
    Embed.objects.update(request=text)

    page = open_frame(client)
    assert page.status_code == 503
    assert 'data-refused="embed_broken"' in page.content.decode()
    assert send_json(client, token=token).json()["error"]["kind"] == "embed_broken"
    assert send_form(client, token=token, path="/embed/edit/", do="add").status_code == 503
    assert send_form(client, token=token, path="/embed/snippets/").status_code == 503
    assert embed.name
    assert not upstream.requests


@pytest.mark.django_db
@pytest.mark.usefixtures("provider")
@pytest.mark.parametrize("value", ["many", b"\xff\xfe", 1.5])
def test_odd_types_in_a_record_break_nothing(client: Client, value: Any) -> None:
    make_embed()
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA ignore_check_constraints = 1")
        cursor.execute("UPDATE embeds_embed SET max_tokens = %s, n = %s", [value, value])
        cursor.execute("PRAGMA ignore_check_constraints = 0")

    assert open_frame(client).status_code == 200
    assert send_json(client).status_code == 200


def _digest(body: dict[str, Any]) -> str:
    return policy.digest(body, DEFAULT)
