"""How long to wait, in every way that providers say it: shown as a time that people can use."""

from typing import Any

from tests.wire.case import Case, answer

_DATE = "Wed, 21 Oct 2026 07:26:00 GMT"


def _wait(
    name: str, wait: str, *, status: int = 429, source: str = "", body: Any = None, **headers: str
) -> Case:
    reply = answer(body or {"error": {"message": "Slow."}}, status, **headers)
    return Case(f"wait: {name}", reply, shows=(f"Wait {wait},",), source=source)


def _words(name: str, message: str, wait: str, source: str = "") -> Case:
    return _wait(
        name, wait, source=source, body={"error": {"message": message, "code": "rate_limit_exceeded"}}
    )


CASES = [
    _wait("seconds", "34 seconds", Retry_After="34"),
    _wait("a fraction", "2 seconds", Retry_After="1.5"),
    _wait("milliseconds", "2 seconds", retry_after_ms="1250", Retry_After="9"),
    _wait("minutes", "6 minutes", Retry_After="360"),
    _wait("an HTTP date", "2 minutes", Retry_After="Wed, 21 Oct 2026 07:28:00 GMT", Date=_DATE),
    _wait("with status 503", "30 seconds", status=503, Retry_After="30"),
    _wait("with status 529", "5 seconds", status=529, Retry_After="5"),
    _wait("a length in the header", "20 seconds", Retry_After="20s"),
    _wait(
        "Google's RetryInfo",
        "35 seconds",
        body=[
            {
                "error": {
                    "code": 429,
                    "message": "You exceeded your current quota, please check your plan and billing details.",
                    "status": "RESOURCE_EXHAUSTED",
                    "details": [
                        {"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [{}]},
                        {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34.074824224s"},
                    ],
                }
            }
        ],
        source="https://github.com/langchain-ai/langchain-google/pull/946",
    ),
    _words(
        "OpenAI's words",
        "Rate limit reached for gpt-4o in organization org-x on tokens per min (TPM): Limit 30000, Used "
        "14567, "
        "Requested 24754. Please try again in 18.642s.",
        "19 seconds",
        source="https://github.com/semanser/codel/issues/72",
    ),
    _words(
        "OpenAI's words in milliseconds",
        "Rate limit reached for gpt-4o. Please try again in 644ms.",
        "1 second",
        source="https://github.com/BuilderIO/micro-agent/issues/86",
    ),
    _words("minutes and seconds in words", "Rate limit reached. Please try again in 6m0s.", "6 minutes"),
    _words(
        "hours in words",
        "Rate limit reached for model on tokens per day (TPD). Please try again in 1h2m3.5s.",
        "63 minutes",
    ),
    _words("Azure's words", "The call rate limit is exceeded. Please retry after 34 seconds.", "34 seconds"),
    _wait(
        "OpenAI's limits, of which one is used up",
        "6 minutes",
        x_ratelimit_remaining_requests="0",
        x_ratelimit_reset_requests="6m0s",
        x_ratelimit_remaining_tokens="4000",
        x_ratelimit_reset_tokens="9m0s",
        source="https://platform.openai.com/docs/guides/rate-limits",
    ),
    _wait(
        "Anthropic's limits",
        "2 minutes",
        Date=_DATE,
        anthropic_ratelimit_requests_remaining="0",
        anthropic_ratelimit_requests_reset="2026-10-21T07:28:00Z",
        source="https://docs.claude.com/en/api/rate-limits",
    ),
    _wait(
        "OpenRouter's headers in the body",
        "100 seconds",
        Date=_DATE,
        body={
            "error": {
                "message": "Rate limit exceeded: free-models-per-min.",
                "code": 429,
                "metadata": {"headers": {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1792567660000"}},
            }
        },
        source="https://github.com/Gitlawb/openclaude/issues/936",
    ),
    *(
        Case(
            f"wait: {value[:30]!r} is none",
            answer({"error": {"message": "Slow."}}, 429, Retry_After=value),
            {"error.kind": "rate_limited"},
            hides=("Wait 1", "seconds"),
        )
        for value in ("0", "-1", "soon", "1e400", "99999999999", "9" * 200, "Wed, 21 Oct 2015 07:28:00 GMT")
    ),
    *(
        Case(
            f"wait: {words[-28:]}",
            answer({"message": words}, status, Date=_DATE),
            {"error.kind": "rate_limited"},
            (f"Wait {wait},",),
        )
        for words, status, wait in (
            ("Out of call volume quota. Quota will be replenished in 00:12:30.", 403, "13 minutes"),
            ("Limit reached. Try again at 2026-10-21T07:27:00Z.", 429, "1 minute"),
            ("Limit reached. Try again after 2026-10-21 09:56:00 +02:00.", 429, "30 minutes"),
            ("Limit reached. Resets at 2026-10-21 07:56:00 UTC", 429, "30 minutes"),
            (
                "You have reached your usage limits. You will regain access on 2026-10-25 at 00:00 UTC.",
                429,
                "4 days",
            ),
        )
    ),
]
