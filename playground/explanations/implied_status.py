"""The HTTP status that an error means when the response's own says success: Chinese gateways and streams.

The body may name it, its code may mean one, or else its words may. Numeric codes are a provider's own, so
they count only in that provider's shape.
"""

import re
from http import HTTPStatus

from playground.errors.provider_error import ProviderError
from playground.explanations.advice import STATUSES

# The more specific ones come first. In lower case without `_`, as `_of_code` compares them; of
# `AuthFailure.SignatureExpire` the part before the dot counts too.
_CODES = {
    "invalidapikey": 401,
    "authenticationerror": 401,
    "unauthenticated": 401,
    "unauthorized": 401,
    "authfailure": 401,  # Tencent
    "permissionerror": 403,
    "permissiondenied": 403,
    "unauthorizedoperation": 403,  # Tencent
    "accessdenied": 403,  # DashScope
    "failedoperation.servicenotactivated": 403,  # Tencent
    "notfounderror": 404,  # Anthropic
    "billingerror": 402,
    "accountoverdueerror": 402,  # Volcengine
    "ratelimitexceeded": 429,
    "ratelimiterror": 429,
    "ratelimit": 429,
    "resourceexhausted": 429,
    "toomanyrequests": 429,
    "requestlimitexceeded": 429,  # Tencent
    "limitexceeded": 429,  # Tencent
    "throttling": 429,  # DashScope
    "overloadederror": 529,
    "engineoverloadederror": 529,
    "overloaded": 529,
    "serveroverloaded": 529,  # Volcengine
    "unavailable": 503,
    "serviceunavailable": 503,
    "resourceunavailable": 503,  # Tencent
    "resourceinsufficient": 503,  # Tencent
    "invalidrequesterror": 400,
    "invalidargument": 400,
    "invalidparametererror": 400,
    "invalidparameter": 400,
    "invalidparametervalue": 400,  # Tencent
    "missingparameter": 400,
    "unknownparameter": 400,  # Tencent
    "unsupportedoperation": 400,  # Tencent
    "datainspectionfailed": 400,  # DashScope
    "badrequesterror": 400,
    "conflicterror": 409,  # Anthropic
    "requesttoolarge": 413,
    "requestsizelimitexceeded": 413,  # Tencent
    "timeouterror": 504,
    "requesttimeout": 504,
    "servererror": 500,
    "apierror": 500,
    "internalerror": 500,
    "internalservererror": 500,
    "internalserviceerror": 500,  # Volcengine
}
# The field that marks a provider's shape, the field of its code, and what the codes mean.
_NUMBERS: tuple[tuple[str, str, dict[int, tuple[int, ...]]], ...] = (
    (
        "status_msg",  # MiniMax
        "status_code",
        {
            401: (1004, 2049),
            402: (1008,),
            429: (1002, 1039, 1041, 2056),
            400: (1026, 1027, 1042, 2013),
            504: (1001,),
            500: (1000, 1013, 1024, 1033),
        },
    ),
    (
        "error_msg",  # Baidu Qianfan
        "error_code",
        {
            401: (13, 14, 15, 110, 111),
            403: (3, 6),
            402: (19,),
            429: (4, 17, 18, 336501, 336502, 336503, 336504, 336505),
            503: (2, 336100),
            400: (100, *range(336001, 336008), 336101, 336102, 336103, 336104),
            500: (1, 336000),
        },
    ),
    (
        "sid",  # iFlytek Spark
        "code",
        {
            403: (10015, 10016, 11200),
            429: (10006, 10007, 11201, 11202, 11203),
            529: (10008, 10110),
            400: (10003, 10004, 10005, 10013, 10014, 10019, 10163),
            413: (10907,),
            500: (10000, 10001, 10002, 10009, 10010, 10011, 10012, 10222),
        },
    ),
)
# What providers write about a wrong or missing key; some with status 400 or 403.
WRONG_KEY = re.compile(
    "missing (?:the )?(?:authorization header|api[ _-]?key)|no api[ _-]?key (?:was )?provided|"
    "(?:authorization header|api[ _-]?key) (?:is |was )?(?:missing|not provided)|"
    "(?:incorrect|invalid|wrong) api[ _-]?key|"
    "api[ _-]?key (?:is |was )?(?:not valid|invalid|incorrect|expired|reported as leaked)|"
    "invalid (?:access|api|bearer) token|access token (?:is |was |has )?(?:invalid|expired)|"
    "token seems invalid|jwt (?:is |has )?expired|authentication failed"
)
# Only phrases that can hardly mean anything else. The more specific ones come first.
_PHRASES: dict[int, tuple[str, ...]] = {
    401: (
        WRONG_KEY.pattern,
        r"authentication (?:fail|error)|login fail|\bunauthorized\b|invalid token\b",
        r"鉴权失败|认证失败|身份验证失败",
        r"(?:密钥|令牌|api ?key|token) ?(?:无效|错误|不正确|不存在|已?过期)",
        r"无效的? ?(?:密钥|令牌|api ?key|token)",
    ),
    429: (
        r"rate[ -]?limit|too many requests|requests? limit reached|\bqps\b|\bthrottl",
        r"限流|请求过于?频繁|频率(?:超|过|限)|速率限制|请求次数超|并发[数量]?(?:超|过|已达)",
    ),
    403: (r"permission denied|no permission|access denied|\bforbidden\b", r"无权限|没有权限|无权访问"),
    529: (
        r"\boverloaded\b|server overload\b|(?:server|service|system) is (?:currently )?busy|over capacity",
        r"\bmodel (?:is )?busy\b|experiencing high traffic|tier capacity exceeded|under high load",
        r"(?:服务|系统|服务器)(?:繁忙|过载|忙)|访问量过大|负载已?饱和",
    ),
    404: (r"unexpected endpoint or method",),  # LM Studio
    503: (r"(?:service|temporarily|currently|model is) unavailable", r"服务不可用"),
    504: (r"\btimed out\b|gateway time-?out", r"请求超时"),
    400: (r"(?:invalid|illegal) (?:parameter|param|argument|request)", r"参数(?:错误|非法|无效|不合法)"),
    500: (r"internal (?:server |service )?error|failed during generation", r"内部错误"),
}
_WORDS = {status: re.compile("|".join(phrases)) for status, phrases in _PHRASES.items()}
# Also sent with status 429, where slowing down would not help.
OVERLOADED = _WORDS[529]
# Other numbers in a body are the provider's own: 434 for a wrong key (iFlow).
_OF_HTTP = {*HTTPStatus, *STATUSES}
# A gateway's 500 around the response that it got. Without 401 and 403: those may be about the gateway's own
# key.
_QUOTED = re.compile(
    r"(?:error code|status(?: ?code)?|http)[: ]{1,2}(400|404|413|422|429)\b|"
    r"\b(400|404|413|422|429) "
    r"(?:bad request|not[ _]found|request entity too large|unprocessable entity|too many requests)"
)
# Cloudflare's own error, in front of the provider: `error code: 1010`.
_CLOUDFLARE = re.compile(r"error code: (1\d{3})")


def told_status(error: ProviderError) -> int | None:
    """Return the status that the body names or that its code means."""
    told = error.status if error.status in _OF_HTTP else None
    return told or _of_code(error) or _of_number(error)


def quoted_status(error: ProviderError) -> int | None:
    """Return the status that the words quote from elsewhere: `Error code: 400 - {…}`, `400 Bad Request`."""
    found = _QUOTED.search(error.words)
    return int(found[1] or found[2]) if found else None


def cloudflare_number(error: ProviderError) -> int | None:
    """Return the number of Cloudflare's own error, sent as text or JSON."""
    if found := _CLOUDFLARE.fullmatch(error.words.strip()):
        return int(found[1])
    told = (item.get("error_code") for item in error.objects if item.get("cloudflare_error") is True)
    return next((number for number in told if isinstance(number, int)), None)


def implied_status(error: ProviderError) -> int | None:
    """Return the told status, else the one that the words mean; None if they may mean anything."""
    return told_status(error) or _of_words(error) or error.status


def _of_code(error: ProviderError) -> int | None:
    codes = {code.replace("_", "") for code in error.codes}
    codes |= {code.partition(".")[0] for code in codes}
    return next((status for code, status in _CODES.items() if code in codes), None)


def _of_number(error: ProviderError) -> int | None:
    for item in error.objects:
        for mark, name, statuses in _NUMBERS:
            if mark in item and str(number := item.get(name)).isdecimal():
                found = (status for status, numbers in statuses.items() if int(str(number)[:9]) in numbers)
                return next(found, None)
    return None


def _of_words(error: ProviderError) -> int | None:
    return next((status for status, pattern in _WORDS.items() if pattern.search(error.words)), None)
