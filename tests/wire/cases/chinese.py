"""Errors of Chinese gateways, sent with status 200: their code, or else their text, gives the kind."""

from typing import Any

from tests.wire.case import STREAM, Case, answer, sse

_MINIMAX = "https://github.com/petehsu/LLM-Docs/blob/main/docs/MiniMax/English/api-reference/errorcode.md"


def _said(name: str, value: Any, kind: str, message: str, source: str = "") -> list[Case]:
    """Make two cases: the error as a whole response, and as the first event of a stream."""
    says = {"error.kind": kind, "error.message": message}
    return [
        Case(name, answer(value), says, shows=(message,), source=source),
        Case(f"{name}, in a stream", sse(value, done=False), says, (message,), request=STREAM),
    ]


def _tencent(code: str, message: str, kind: str) -> list[Case]:
    body = {"Response": {"Error": {"Code": code, "Message": message}, "RequestId": "7b"}}
    return _said(f"Tencent: {code}", body, kind, message)


def _spark(code: int, message: str, kind: str) -> list[Case]:
    body = {"code": code, "message": message, "sid": "cha000b0003@dx1907b0cdb5f1"}
    return _said(f"Spark: {code}", body, kind, message)


def _qianfan(code: int, message: str, kind: str) -> list[Case]:
    body = {"error_code": code, "error_msg": message, "id": "as-1"}
    return _said(f"Qianfan: {code}", body, kind, message)


def _minimax(code: int, message: str, kind: str) -> list[Case]:
    body = {"id": "03", "choices": None, "base_resp": {"status_code": code, "status_msg": message}}
    return _said(f"MiniMax: {code}", body, kind, message, _MINIMAX)


def _words(message: str, kind: str, **fields: Any) -> list[Case]:
    return _said(f"by its words: {message}", {"error": {"message": message, **fields}}, kind, message)


CASES = [
    *_tencent("AuthFailure.SecretIdNotFound", "The SecretId is not found.", "unauthorized"),
    *_tencent("UnauthorizedOperation", "CAM does not let you do this.", "forbidden"),
    *_tencent("RequestLimitExceeded.UinLimitExceeded", "Your account is too fast.", "rate_limited"),
    *_tencent("FailedOperation.ResourcePackExhausted", "资源包余量已用尽", "quota"),
    *_tencent("InvalidParameterValue", "Temperature must be 2 or less.", "bad_request"),
    *_tencent("InternalError", "Something broke.", "server_error"),
    Case(
        "Tencent: with a status of its own",
        answer({"Response": {"Error": {"Code": "AuthFailure", "Message": "The signature is old."}}}, 401),
        {"error.kind": "unauthorized", "error.message": "The signature is old."},
    ),
    Case(
        "Tencent: an answer without an error is none",
        answer({"Response": {"RequestId": "7b", "Error": None}}),
        {"error.kind": "not_completion"},
    ),
    *_said(
        "DashScope: names with a capital",
        {"Code": "InvalidApiKey", "Message": "No such key is here.", "RequestId": "7b"},
        "unauthorized",
        "No such key is here.",
    ),
    *_said(
        "DashScope: a code with a dot",
        {"code": "Throttling.RateQuota", "message": "You go too fast.", "request_id": "7b"},
        "rate_limited",
        "You go too fast.",
    ),
    *_spark(11200, "AppIdNoAuthError:(the appid may not use this model)", "forbidden"),
    *_spark(11202, "AppIdQpsOverFlowError:(too fast)", "rate_limited"),
    *_spark(10013, "输入内容审核不通过，涉嫌违规", "bad_request"),
    *_spark(10163, "ParamValidateError", "bad_request"),
    *_spark(10907, "The tokens are above the bound.", "too_large_for_provider"),
    *_spark(10008, "服务容量不足", "overloaded"),
    *_spark(99999, "Nobody knows this one.", "provider_error"),
    Case(
        "Spark: an error after half an answer",
        sse(
            {
                "code": 0,
                "message": "Success",
                "sid": "s",
                "choices": [{"index": 0, "delta": {"content": "Hel"}}],
            },
            {"code": 10014, "message": "输出内容审核不通过", "sid": "s"},
            done=False,
        ),
        {"error.kind": "bad_request", "completion.choices.0.message.content": "Hel"},
        ("Error during streaming", "输出内容审核不通过"),
        request=STREAM,
    ),
    *_qianfan(110, "Access token invalid or no longer valid", "unauthorized"),
    *_qianfan(6, "No permission to access data", "forbidden"),
    *_qianfan(18, "Open api qps request limit reached", "rate_limited"),
    *_qianfan(19, "Open api total request limit reached", "payment_required"),
    *_qianfan(336003, "the role of last message must be user", "bad_request"),
    *_qianfan(336100, "Try again", "unavailable"),
    *_minimax(1004, "login fail: carry the API key", "unauthorized"),
    *_minimax(2049, "The key is none of ours.", "unauthorized"),
    *_minimax(1002, "RPM of this model", "rate_limited"),
    *_minimax(1008, "insufficient balance", "payment_required"),
    *_minimax(2013, "invalid params, chat content is empty", "bad_request"),
    *_minimax(1001, "It took too long.", "timeout"),
    *_words("rate limit exceeded, please wait", "rate_limited"),
    *_words("当前请求过于频繁，请稍后再试", "rate_limited"),
    *_words("无效的令牌", "unauthorized"),
    *_words("Authentication failed for this account", "unauthorized"),
    *_words("账户余额不足，请充值", "quota"),
    *_words("参数错误：temperature", "bad_request"),
    *_words("系统繁忙，请稍后再试", "overloaded"),
    *_words("没有权限访问该模型", "forbidden"),
    *_words("Internal server error, trace 7b", "server_error"),
    *_words("upstream request timed out", "timeout"),
    *_words("Something is odd.", "provider_error"),
    # The same code can mean something else at another provider.
    *_words("Nobody knows this one either.", "provider_error", code=1004),
    Case(
        "a rate limit speaks of no quota",
        answer({"error": {"message": "You sent more than 3 calls in a minute."}}, 429),
        {"error.kind": "rate_limited", "error.title": "Rate limit reached"},
        hides=("quota",),
    ),
    Case(
        "a rate limit whose words speak of a quota",
        answer({"error": {"message": "Quota metric exceeded"}}, 429),
        {"error.kind": "rate_limited", "error.title": "Rate limit or quota reached"},
    ),
]
