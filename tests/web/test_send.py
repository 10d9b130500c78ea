"""Sending, from a plain browser, from htmx and from a program."""

import json
from html import unescape
from typing import Any

import pytest
from django.test import Client

from playground.dialects import DEFAULT
from tests.upstreams.plugin import SERVER_KEY
from tests.upstreams.scripted import ScriptedUpstream, completion, completion_body, json_answer
from tests.web.client import body, post_form, post_json

pytestmark = pytest.mark.usefixtures("provider")


def test_json_in_json_out(client: Client, upstream: ScriptedUpstream) -> None:
    answer = post_json(client).json()

    assert set(answer) == {
        *("id", "dialect", "request", "response", "completion", "answer"),
        *("usage", "cost", "timings", "error", "snippets", "recorded", "run"),
    }  # fmt: skip
    assert answer["request"]["method"] == "POST"
    assert answer["request"]["url"] == f"{upstream.url}/chat/completions"
    assert answer["request"]["body"] == upstream.requests[0].json == body()
    assert answer["request"]["headers"]["Authorization"] == "Bearer [redacted]"
    assert answer["response"]["status"] == 200
    assert answer["response"]["body"] == answer["completion"] == completion_body()
    assert answer["usage"] == {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12}
    assert set(answer["timings"]) == {
        "first_byte_ms",
        "first_token_ms",
        "last_token_ms",
        "total_ms",
        "tokens_per_second",
    }
    assert answer["error"] is None
    assert set(answer["snippets"]) == {target.id for target in DEFAULT.targets}


def test_the_servers_key_goes_to_its_provider(client: Client, upstream: ScriptedUpstream) -> None:
    post_json(client)

    assert upstream.requests[0].header("Authorization") == f"Bearer {SERVER_KEY}"


def test_a_typed_key_goes_before_the_servers(client: Client, upstream: ScriptedUpstream) -> None:
    post_json(client, api_key="sk-typed-by-hand")

    assert upstream.requests[0].header("Authorization") == "Bearer sk-typed-by-hand"


def test_a_base_url_of_ones_own_never_gets_the_servers_key(
    client: Client, upstream: ScriptedUpstream
) -> None:
    answer = post_json(client, provider=None, base_url=upstream.url)

    assert answer.status_code == 200
    assert upstream.requests[0].header("Authorization") is None
    assert "$API_KEY" in answer.json()["snippets"]["curl"]


def test_unknown_keys_pass_untouched(client: Client, upstream: ScriptedUpstream) -> None:
    request = body(reasoning_effort="low", x_provider={"a": [1, None, True, 1e-7]})

    post_json(client, request=request)

    assert upstream.requests[0].json == request


def test_a_providers_error_is_a_completed_exchange(client: Client, upstream: ScriptedUpstream) -> None:
    upstream.reply(json_answer({"error": {"message": "The model `x` does not exist"}}, 404))

    answer = post_json(client)

    assert answer.status_code == 200
    error = answer.json()["error"]
    assert error["kind"] == "not_found"
    assert error["message"] == "The model `x` does not exist"
    assert error["title"]
    assert error["advice"]
    assert answer.json()["completion"] is None


def test_no_answer_has_no_response(client: Client, upstream: ScriptedUpstream) -> None:
    upstream.reply(b"")

    answer = post_json(client).json()

    assert answer["response"] is None
    assert answer["error"]["kind"] == "cut_off"


def test_a_plain_form_gets_the_whole_page(client: Client) -> None:
    answer = post_form(client, content=["What is <b>?"])

    html = answer.content.decode()
    assert "<!doctype html>" in html
    assert "What is &lt;b&gt;?" in html
    assert 'data-part="answer-1">Hello!</p>' in html


def test_htmx_gets_the_result_alone(client: Client) -> None:
    html = post_form(client, htmx=True).content.decode()

    assert "<html" not in html
    assert 'data-part="answer-1">Hello!</p>' in html


def test_a_form_can_ask_for_json(client: Client) -> None:
    assert post_form(client, accept="application/json").json()["error"] is None


def test_a_field_left_empty_is_not_sent(client: Client, upstream: ScriptedUpstream) -> None:
    post_form(client, temperature="", max_tokens="", stop="", user="", more="")

    assert upstream.requests[0].json == body()


@pytest.mark.parametrize(
    ("field", "text", "value"),
    [
        ("temperature", "0", 0),
        ("temperature", " 0.70 ", 0.7),
        ("temperature", ".5", 0.5),
        ("max_tokens", "150", 150),
        ("max_completion_tokens", "150", 150),
        ("top_p", "1e-7", 1e-7),
        ("n", "2", 2),
        ("presence_penalty", "-2", -2),
        ("frequency_penalty", "+1.5", 1.5),
        ("seed", "-7", -7),
        ("user", "42", "42"),
        ("user", "true", "true"),
        ("stop", "END", "END"),
        ("stop", "a\r\nb", ["a", "b"]),
        ("stop", '["a\\n", "b"]', ["a\n", "b"]),
        ("stop", '"\\n"', "\n"),
    ],
)
def test_each_field_means_its_value(
    client: Client, upstream: ScriptedUpstream, field: str, text: str, value: Any
) -> None:
    post_form(client, **{field: text})

    sent = upstream.requests[0].json[field]
    assert json.dumps(sent) == json.dumps(value)


@pytest.mark.parametrize("field", ["temperature", "max_tokens", "seed", "n"])
def test_a_number_of_blanks_is_no_number(client: Client, upstream: ScriptedUpstream, field: str) -> None:
    post_form(client, **{field: "   "})

    assert upstream.requests[0].json == body()


def test_more_goes_along_as_it_is(client: Client, upstream: ScriptedUpstream) -> None:
    post_form(client, more='{"tools": [], "logprobs": true}')

    assert upstream.requests[0].json == body(tools=[], logprobs=True)


def test_messages_are_sent_in_order_and_line_breaks_as_typed(
    client: Client, upstream: ScriptedUpstream
) -> None:
    post_form(
        client,
        role=["system", "assistant", "tool"],
        content=["a\r\nb", "", "42"],
        call=["left over", "", "call_1"],
        extra=["", '{"tool_calls": [{"id": "call_1"}]}', '{"name": "f"}'],
    )

    assert upstream.requests[0].json["messages"] == [
        {"role": "system", "content": "a\nb"},
        {"role": "assistant", "tool_calls": [{"id": "call_1"}]},
        {"role": "tool", "content": "42", "tool_call_id": "call_1", "name": "f"},
    ]


def test_a_usage_that_is_missing_is_said_to_be(client: Client, upstream: ScriptedUpstream) -> None:
    upstream.reply(completion(usage=None))

    html = post_form(client, htmx=True).content.decode()

    assert "Not reported" in html
    assert "NaN" not in html


def test_cached_and_reasoning_tokens_are_shown(client: Client, upstream: ScriptedUpstream) -> None:
    usage = {
        "prompt_tokens": 9,
        "completion_tokens": 30,
        "total_tokens": 39,
        "prompt_tokens_details": {"cached_tokens": 7},
        "completion_tokens_details": {"reasoning_tokens": 21},
    }
    upstream.reply(completion(usage=usage))

    html = post_form(client, htmx=True).content.decode()

    assert "7 cached" in html
    assert "21 reasoning" in html


def test_every_choice_is_shown_and_its_finish_reason_explained(
    client: Client, upstream: ScriptedUpstream
) -> None:
    choices = [
        {"index": 0, "message": {"role": "assistant", "content": "one"}, "finish_reason": "stop"},
        {"index": 1, "message": {"role": "assistant", "content": "two"}, "finish_reason": "length"},
    ]
    upstream.reply(completion(choices=choices))

    html = post_form(client, htmx=True).content.decode()

    assert "Answer 1 of 2" in html
    assert ">two</p>" in html
    assert html.count("Cut off") == 1


@pytest.mark.parametrize(("stop_reason", "is_offered"), [("end_turn", True), ("max_tokens", False)])
def test_only_what_can_be_sent_back_is_offered_for_the_conversation(
    client: Client, upstream: ScriptedUpstream, stop_reason: str, is_offered: bool
) -> None:
    """Thinking that was cut off before its signature can't be."""
    content = [{"type": "thinking", "thinking": "Hm."}]
    if is_offered:
        content.append({"type": "text", "text": "Hello!"})
    answer = {"type": "message", "role": "assistant", "content": content, "stop_reason": stop_reason}
    upstream.reply(json_answer(answer))
    form = {"provider": "", "base_url": upstream.url, "dialect": "messages", "max_tokens": "5"}

    html = post_form(client, htmx=True, **form).content.decode()

    assert "Hm." in html
    assert ('value="append:messages:' in html) == is_offered


def test_an_answer_brings_the_fields_that_the_next_call_needs(
    client: Client, upstream: ScriptedUpstream
) -> None:
    call = {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {}}
    answer = {"type": "message", "role": "assistant", "content": [call], "stop_reason": "tool_use"}
    upstream.reply(json_answer(answer | {"container": {"id": "container_1"}}))
    form = {"provider": "", "base_url": upstream.url, "dialect": "messages", "max_tokens": "5"}

    html = unescape(post_form(client, htmx=True, **form).content.decode())

    assert 'value="append:messages:{"add": [{"role": "assistant"' in html
    assert '"set": {"container": "container_1"}, "run": "' in html


def test_the_fix_is_a_button(client: Client, upstream: ScriptedUpstream) -> None:
    message = "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."
    upstream.reply(json_answer({"error": {"message": message}}, 400))

    html = post_form(client, htmx=True, max_tokens="5").content.decode()

    assert "Use max_completion_tokens instead of max_tokens" in html
    assert (
        "change:chat_completions:{&quot;max_tokens&quot;: null, &quot;max_completion_tokens&quot;: 5}" in html
    )


def test_request_id_and_rate_limits_stand_first(client: Client, upstream: ScriptedUpstream) -> None:
    upstream.reply(json_answer(completion_body(), x_request_id="req_1", x_ratelimit_remaining_tokens="99"))

    html = post_form(client, htmx=True).content.decode()

    first, rest = html.index("Request ID and rate limits"), html.index("Response headers")
    assert first < html.index("req_1") < rest
    assert first < html.index("x-ratelimit-remaining-tokens") < rest


def test_a_huge_answer_is_shown_plain_and_cut(client: Client, upstream: ScriptedUpstream) -> None:
    upstream.reply(completion("x" * 2_000_000))

    html = post_form(client, htmx=True).content.decode()

    assert "1,000,000 more characters" in html
    assert len(html) < 2_500_000
    assert html.count("<span") < 200


def test_markup_in_an_answer_stays_text(client: Client, upstream: ScriptedUpstream) -> None:
    hostile = "<script>alert(1)</script>"
    message = {"role": hostile, "content": hostile, "reasoning": hostile, "refusal": hostile}
    upstream.reply(
        json_answer(
            completion_body(
                choices=[{"index": 0, "message": message, "finish_reason": hostile}], model=hostile
            ),
            X_Hostile=hostile,
        )
    )

    assert "<script>alert" not in post_form(client, htmx=True).content.decode()


def test_a_message_can_not_be_sent_without_the_csrf_token(upstream: ScriptedUpstream) -> None:
    client = Client(enforce_csrf_checks=True)

    assert post_json(client).status_code == 403
    assert post_json(client).json()["error"]["kind"] == "csrf"
    assert post_form(client).status_code == 403
    assert upstream.requests == []


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Origin": "null", "Sec-Fetch-Site": "same-origin"}, 200),
        ({"Origin": "null"}, 200),
        ({"Origin": "null", "Sec-Fetch-Site": "cross-site"}, 403),
        ({"Origin": "null", "Sec-Fetch-Site": "none"}, 403),
        ({"Origin": "https://elsewhere.example"}, 403),
    ],
)
def test_a_hidden_origin_passes_only_from_our_own_page(headers: dict[str, str], status: int) -> None:
    client = Client(enforce_csrf_checks=True)
    client.get("/")
    token = client.cookies["csrftoken"].value

    answer = client.post(
        "/snippets/",
        json.dumps({"provider": "test", "request": body()}),
        content_type="application/json",
        headers={"X-CSRFToken": token} | headers,
    )

    assert answer.status_code == status


def test_a_flood_of_choices_is_shown_as_far_as_a_page_carries(
    client: Client, upstream: ScriptedUpstream
) -> None:
    choice = {"index": 0, "message": {"role": "assistant", "content": "x"}, "finish_reason": "stop"}
    upstream.reply(completion(choices=[choice] * 5000))

    html = post_form(client, htmx=True).content.decode()

    assert "Answer 100 of 5,000" in html
    assert "Answer 101 of 5,000" not in html
    assert "4,900 more answers" in html


def test_half_a_character_in_an_answer_is_shown_as_such(client: Client, upstream: ScriptedUpstream) -> None:
    upstream.reply(completion("half \ud83d"))

    answer = post_json(client).json()

    assert answer["error"] is None
    assert answer["completion"]["choices"][0]["message"]["content"] == "half \ufffd"
    assert "half \ufffd" in post_form(client, htmx=True).content.decode()


def test_a_model_of_another_name_that_answered_is_named(client: Client, upstream: ScriptedUpstream) -> None:
    upstream.reply(completion(model="m-2026-01-01"))
    assert "m-2026-01-01</dd>" in post_form(client, htmx=True).content.decode()

    upstream.reply(completion(model="m"))
    assert "<dt>Model</dt>" not in post_form(client, htmx=True).content.decode()
