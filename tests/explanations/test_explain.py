"""What went wrong, in words that say what to do next."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from django.utils import translation

from playground.dialects.chat_completions.dialect import CHAT_COMPLETIONS
from playground.errors.provider_error import LONGEST_MESSAGE
from playground.exchange.failure import Failure, FailureKind
from playground.exchange.record import Exchange, Received, Sent, Timings
from playground.explanations.advice import NO_KEY, OUT_OF_REACH
from playground.explanations.explain import Explanation, explain
from playground.rendering.translate import translate
from tests import chat

URL = "https://llm.example:8443/v1/chat/completions"
GOOD = {"choices": [{"index": 0, "message": {"content": "Hi"}, "finish_reason": "stop"}]}


def exchange_of(
    status: int = 200,
    answer: Any = None,
    *,
    headers: dict[str, str] | None = None,
    failure: Failure | None = None,
    key: bool = True,
    method: str = "POST",
    fixed: frozenset[str] = frozenset(),
    **request: Any,
) -> Exchange:
    """Return an exchange whose response is a JSON value; a string is sent as is."""
    body = answer.encode() if isinstance(answer, str) else json.dumps(answer).encode()
    sent_headers = (("Authorization", "Bearer [redacted]"),) if key else ()
    return Exchange(
        id="1",
        dialect=CHAT_COMPLETIONS,
        call=chat.call(
            URL.removesuffix("/chat/completions"),
            "API_KEY",
            {} if method == "GET" else {"model": "m", "messages": [], **request},
        ),
        provider=None,
        started=datetime.now(UTC),
        sent=Sent(method, URL, sent_headers, b"{}"),
        received=None if failure else Received(status, "", tuple((headers or {}).items()), body),
        failure=failure,
        timings=Timings(None, None, 1),
        fixed=fixed,
    )


def _explained(*values: Any, **changes: Any) -> Explanation:
    error = explain(exchange_of(*values, **changes))
    assert error is not None
    return error


def test_a_sound_completion_has_no_explanation() -> None:
    assert explain(exchange_of(200, GOOD)) is None


@pytest.mark.parametrize("kind", FailureKind)
def test_each_failure_has_a_title_advice_and_the_system_message(kind: FailureKind) -> None:
    error = _explained(failure=Failure(kind, "llm.example:8443", "the system's words", 5.0))

    assert error.kind == kind
    assert "%" not in f"{error.title}{error.advice}"
    assert error.message == "the system's words"


def test_a_stopped_call_says_whether_anything_was_received() -> None:
    stopped = exchange_of(failure=Failure(FailureKind.STOPPED, "llm.example"))
    in_mid_stream = replace(stopped, received=Received(200, "OK", (), b"data: {}"))

    assert {str(error.advice) for error in map(explain, (stopped, in_mid_stream)) if error} == {
        "The connection to the provider is closed. Nothing was received.",
        "The connection to the provider is closed. What was received is shown.",
    }


@pytest.mark.parametrize(
    "kind", ["unknown_host", "refused", "unreachable", "connect_timeout", "tls", "silence"]
)
def test_a_network_failure_names_the_host(kind: str) -> None:
    assert "llm.example:8443" in str(_explained(failure=Failure(FailureKind(kind), "llm.example:8443")).title)


@pytest.mark.parametrize(
    ("limit", "words"),
    [
        (60.0, "60 seconds"),
        (60, "60 seconds"),  # as a file of another playground may have it
        (1.0, "1 second"),
        (2.5, "2.5 seconds"),
        (0.5, "500 ms"),
        (3600.0, "3,600 seconds"),
    ],
)
def test_a_limit_is_formatted_for_people_and_names_its_setting(limit: float, words: str) -> None:
    advice = _explained(failure=Failure(FailureKind.SILENCE, "h:1", limit=limit)).advice

    assert str(advice.params["limit"]) == words
    assert "PLAYGROUND_SILENCE_SECONDS" in str(advice)


@pytest.mark.parametrize(
    ("kind", "limit", "words"),
    [
        ("too_large", 2.0**20, "1 MiB"),
        ("too_large", 1.5 * 2**20, "1.5 MiB"),
        ("too_many", 250_000.0, "250,000"),
    ],
)
def test_a_limit_has_its_unit(kind: str, limit: float, words: str) -> None:
    advice = _explained(failure=Failure(FailureKind(kind), "h:1", limit=limit)).advice

    assert str(advice.params["limit"]) == words


@pytest.mark.parametrize(
    "status", [400, 401, 402, 403, 404, 405, 408, 410, 413, 418, 422, 429, 500, 502, 503, 504, 529]
)
def test_each_status_has_advice(status: int) -> None:
    error = _explained(status, {})

    assert error.kind
    assert "%" not in f"{error.title}{error.advice}"


def test_a_401_without_a_key_says_that_no_key_was_sent() -> None:
    none, wrong = _explained(401, {}, key=False), _explained(401, {})

    assert none.kind == wrong.kind == "unauthorized"
    assert (none.title.template, none.advice.template) == NO_KEY
    assert wrong.title.template != NO_KEY[0]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("7", "Wait 7 seconds"),
        ("0.4", "Wait 1 second"),
        ("90", "Wait 90 seconds"),
        ("360", "Wait 6 minutes"),
        ("20s", "Wait 20 seconds"),
        ("6m0s", "Wait 6 minutes"),
        ("Wed, 21 Oct 2026 07:28:00 GMT", "Wait 2 minutes"),
        ("2026-10-21T07:28:00Z", "Wait 2 minutes"),
    ],
)
def test_retry_after_is_passed_on(value: str, words: str) -> None:
    headers = {"retry-after": value, "Date": "Wed, 21 Oct 2026 07:26:00 GMT"}

    for status in (429, 503, 529):
        assert words in str(_explained(status, {}, headers=headers).advice)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "0",
        "-5",
        "soon",
        "NaN",
        "inf",
        "1e9",
        "9" * 40,
        "99999999",
        "Wed, 21 Oct 2015 07:28:00 GMT",
        "1" * 15,
    ],
)
def test_a_past_or_absurd_wait_is_not_shown(value: str) -> None:
    advice = str(_explained(429, {}, headers={"retry-after": value}).advice)

    assert advice == str(_explained(429, {}).advice)


@pytest.mark.parametrize("status", [300, 301, 302, 303, 307, 308])
def test_a_redirect_names_its_target(status: int) -> None:
    error = _explained(status, "", headers={"Location": "https://elsewhere.example/v1"})

    assert error.kind == "redirect"
    assert "https://elsewhere.example/v1" in str(error.advice)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ({"error": {"message": "No."}}, "No."),
        ({"error": {"message": "  No.\n"}}, "No."),
        ({"error": "No."}, "No."),
        ({"message": "No."}, "No."),
        ({"detail": "No."}, "No."),
        ({"error_msg": "No."}, "No."),
        ([{"error": {"message": "No."}}], "No."),
        ({"error": {"error": {"message": "No."}}}, "No."),
        ({"detail": [{"loc": ["body", "n"], "msg": "No."}]}, "body.n: No."),
        ({"detail": [{"msg": "No."}]}, "No."),
        ({"detail": [{"loc": 5, "msg": "No."}]}, "No."),
        ({"detail": [{"loc": None, "msg": "No."}]}, "No."),
        ('"No."', "No."),
        ("No.", "No."),
        ("<!doctype html><title>502 Bad &amp; Gateway</title>", "502 Bad & Gateway"),
        ("<html><body><h1>No.</h1>", "No."),
        ("<html><body>nothing to quote", None),
        ({"error": {"message": 5}}, None),
        ({"error": {"message": ""}}, None),
        ({}, None),
        ([], None),
        ("", None),
    ],
)
def test_the_providers_own_words_are_found(answer: Any, message: str | None) -> None:
    assert _explained(500, answer).message == message


def test_a_long_message_is_truncated() -> None:
    message = _explained(500, "x" * 100_000).message

    assert message is not None
    assert len(message) == LONGEST_MESSAGE + 1
    assert message.endswith("…")


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ("", "empty"),
        (" \n", "empty"),
        ("Hello!", "not_json"),
        ("<html><title>Sign in</title>", "not_json"),
        ("[]", "not_completion"),
        ("5", "not_completion"),
        ({"choices": "none"}, "not_completion"),
        ({"choices": []}, "no_choices"),
        ({"choices": [None]}, "no_choices"),
        ({"error": {"message": "Overloaded."}}, "overloaded"),
        ({"error": {"message": "Odd."}, "choices": []}, "provider_error"),
    ],
)
def test_an_error_with_a_success_status_is_explained(answer: Any, kind: str) -> None:
    assert _explained(200, answer).kind == kind


@pytest.mark.parametrize("error", [None, {}, "", False])
def test_a_null_error_beside_choices_is_not_an_error(error: Any) -> None:
    assert explain(exchange_of(200, GOOD | {"error": error})) is None


def _changes(message: str, **request: Any) -> dict[str, Any] | None:
    fix = _explained(400, {"error": {"message": message}}, **request).fix
    return fix.changes if fix else None


@pytest.mark.parametrize(
    ("message", "request_", "changes"),
    [
        (
            "'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
            {"max_tokens": 5},
            {"max_tokens": None, "max_completion_tokens": 5},
        ),
        (
            "Unrecognized request argument supplied: max_completion_tokens",
            {"max_completion_tokens": 5},
            {"max_completion_tokens": None, "max_tokens": 5},
        ),
        (
            "Unsupported value: 'temperature' does not support 0.7 with this model.",
            {"temperature": 0.7},
            {"temperature": None},
        ),
        ("stream_options: Extra inputs are not permitted", {"stream_options": {}}, {"stream_options": None}),
        ('Unknown name "user": Cannot find field.', {"user": "ada"}, {"user": None}),
        ("property 'seed' is unsupported", {"seed": 0}, {"seed": None}),
    ],
)
def test_a_known_mistake_gets_its_fix(
    message: str, request_: dict[str, Any], changes: dict[str, Any]
) -> None:
    assert _changes(message, **request_) == changes


@pytest.mark.parametrize(
    ("message", "request_"),
    [
        ("Unsupported parameter: 'max_tokens'", {}),
        ("The model does not exist", {"max_tokens": 5}),
        ("max_tokens is too large: 99999", {"max_tokens": 99999}),
        ("This user is not allowed to use the model", {"user": "ada"}),
        ("Unknown stop in the road", {"stop": "x", "n": 1}),
        ("Unsupported parameter: 'my_max_tokens'", {"max_tokens": 5}),
        ("'messages' and 'model' are not supported", {}),
    ],
)
def test_an_unknown_mistake_gets_no_fix(message: str, request_: dict[str, Any]) -> None:
    assert _changes(message, **request_) is None


def test_the_fields_of_a_fix_are_listed_by_the_language() -> None:
    error = {"error": {"message": "Penalty is not enabled for this model"}}

    fix = _explained(400, error, frequency_penalty=1, presence_penalty=1).fix

    assert fix
    assert str(fix.label) == "Send without frequency_penalty, presence_penalty"
    with translation.override("zh-hans"):
        assert "frequency_penalty、presence_penalty" in translate(fix.label)


def test_the_fix_is_part_of_the_json() -> None:
    message = "Unsupported parameter: 'max_tokens'"

    shown = _explained(400, {"error": {"message": message}}, max_tokens=5).as_json(str)

    assert set(shown) == {"kind", "title", "advice", "message", "fix"}
    assert shown["fix"] == {
        "label": "Use max_completion_tokens instead of max_tokens",
        "changes": {"max_tokens": None, "max_completion_tokens": 5},
    }


# --- what the reader can change ---


@pytest.mark.parametrize(
    ("exchange", "fixed"),
    [
        ((404, {}), "base_url"),
        ((405, {}), "base_url"),
        ((302, ""), "base_url"),
        ((200, "Hello!"), "base_url"),
        ((200, ""), "base_url"),
        ((200, {}), "base_url"),
        ((400, {"error": "x is not a valid model ID"}), "base_url"),
        ((401, {}), "api_key"),
        ((402, {}), "api_key"),
        ((403, {}), "api_key"),
        ((429, {"error": {"code": "insufficient_quota"}}), "api_key"),
        ((413, {}), "messages"),
        ((400, {"error": "prompt is too long"}), "messages"),
    ],
)
def test_readers_are_not_told_to_change_fixed_fields(exchange: tuple[Any, ...], fixed: str) -> None:
    told, other = _explained(*exchange), frozenset(("temperature",))

    beyond = _explained(*exchange, fixed=frozenset((fixed,)))

    assert beyond.advice.template == OUT_OF_REACH
    assert replace(beyond, advice=told.advice) == told
    assert _explained(*exchange, fixed=other) == told


@pytest.mark.parametrize("kind", FailureKind)
def test_no_failure_tells_a_reader_to_change_a_fixed_base_url(kind: FailureKind) -> None:
    error = _explained(failure=Failure(kind, "h:1", limit=5.0), fixed=frozenset(("base_url",)))

    assert "base URL" not in str(error.advice)


def test_a_fix_of_a_locked_field_is_not_offered() -> None:
    words = {"error": {"message": "`temperature` is deprecated for this model."}}

    assert _explained(400, words, temperature=1).fix
    assert _explained(400, words, temperature=1, fixed=frozenset(("temperature",))).fix is None


@pytest.mark.parametrize("status", [400, 403, 404, 405, 408, 422, 504, 524])
def test_listing_models_has_its_own_advice(status: int) -> None:
    as_list, as_chat = (_explained(status, {}, method=method) for method in ("GET", "POST"))

    assert as_list.kind == as_chat.kind
    assert as_list.advice != as_chat.advice


@pytest.mark.parametrize(
    "kind", ["silence", "too_long", "too_large", "too_many", "cut_off", "restarted", "not_json"]
)
def test_a_list_that_did_not_arrive_gets_no_advice_about_an_answer(kind: str) -> None:
    """A partial list is not shown, no tab has it, and it has no tokens."""
    failure = Failure(FailureKind(kind), "llm.example:8443", "", 5.0) if kind != "not_json" else None
    as_chat = replace(exchange_of(200, "{", failure=failure), received=Received(200, "", (), b"{"))
    as_list = replace(as_chat, sent=replace(as_chat.sent, method="GET"))

    list_error, chat_error = explain(as_list), explain(as_chat)
    assert list_error is not None
    assert chat_error is not None
    assert list_error.kind == chat_error.kind == kind
    assert list_error.advice != chat_error.advice


def test_405_names_the_method_that_was_used() -> None:
    assert _explained(405, {}, method="GET").advice.params["method"] == "GET"
    assert _explained(405, {}).advice.params["method"] == "POST"


def test_streaming_is_not_suggested_for_a_streamed_request() -> None:
    assert _explained(524, {}).advice != _explained(524, {}, stream=True).advice


@pytest.mark.parametrize("length", [10, 1000])
def test_the_longest_message_is_named_if_it_dominates(length: int) -> None:
    messages = [{"role": "user", "content": "x" * 10}] * 3 + [{"role": "user", "content": "x" * length}]

    advice = _explained(400, {"error": "prompt is too long"}, messages=messages).advice

    assert advice.params == ({"number": "4"} if length == 1000 else {})
