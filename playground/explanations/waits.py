"""How long a provider asks to wait before the next call, in all the ways in which providers say it."""

import math
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from playground.errors.provider_error import ProviderError

# Nobody waits longer than this; a longer wait is often a number in the wrong unit.
_LONGEST_SECONDS = 7 * 86_400
_LONGEST_TEXT = 60
# Numbers from `_EPOCH` on are seconds since 1970, from `_EPOCH_MS` on milliseconds.
_EPOCH, _EPOCH_MS = 1e9, 1e12
_UNIT_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86_400}
_NUMBER = re.compile(r"\d{1,15}(?:\.\d{0,12})?")
# `34s`, `6m0s`, `1h2m3.5s`, `644ms`; in words `34 seconds`, `5 minutes`.
_PART = re.compile(
    r"(\d{1,9}(?:\.\d{0,12})?) ?(ms|milliseconds?|d|h|m|s|days?|hours?|hrs?|minutes?|mins?|seconds?|secs?)"
    r"(?![a-z])[ ,]{0,2}"
)
_IN_WORDS = re.compile(
    r"(?:try again|retry|retry again|available again|regain access|reset|resets|wait|replenished)"
    r"(?: (?:in|after|within|for|at|at least|about|approximately|until|on)){0,3} (?=\d)(.{1,40})"
)
# `04:12:33` (Azure's API Management); a time such as `2026-11-27T00:00:00Z` or `2026-11-27 at 00:00 UTC`.
_CLOCK = re.compile(r"(\d{1,3}):([0-5]\d):([0-5]\d)(?!\d)")
_MOMENT = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:t| at | )(\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?) ?(z|utc|[+-]\d\d:\d\d)"
)
_IN_CHINESE = re.compile(
    r"(?:等待|稍等) ?(\d{1,6}) ?个?(秒|s|分钟|小时)|(\d{1,6}) ?个?(秒|s|分钟|小时)(?:钟|之)? ?后(?:再|重)?试?"
)
_CHINESE_SECONDS = {"秒": 1, "s": 1, "分钟": 60, "小时": 3600}
# Header names by their unit, the most reliable first.
_IN_MS = ("retry-after-ms", "x-retry-after-ms")
_IN_SECONDS = ("retry-after", "x-retry-after")
_RESETS = re.compile(
    r"((?:x-|anthropic-)?ratelimit(?:bysize)?-)(?:reset(-[a-z]+(?:-[a-z]+)?)?|([a-z-]+)-reset)"
)
# All in one header: `limit=10, remaining=0, reset=50`, `"default";r=0;t=50` (the IETF's draft).
_REMAINS_NONE = re.compile(r"\b(?:remaining|r)=0\b")
_RESET_IN_ONE = re.compile(r"\b(?:reset|t)=(\d{1,9})\b")
_IN_BODY = (
    "retryDelay", "retry_delay", "retry_after", "retryAfter", "retry_after_seconds", "resets_in_seconds",
    "estimated_time",
)  # fmt: skip


def seconds_to_wait(headers: Mapping[str, str], error: ProviderError, now: datetime) -> int | None:
    """Return whole seconds from `now` on, rounded up, at least 1; None if nothing usable is said.

    The names in `headers` are in lower case.
    """
    for seconds in _candidates(headers, error, now):
        if seconds is not None and 0 < seconds <= _LONGEST_SECONDS:
            return math.ceil(seconds)
    return None


def _candidates(headers: Mapping[str, str], error: ProviderError, now: datetime) -> Iterator[float | None]:
    for name in _IN_MS:
        yield _scaled(_seconds(headers.get(name, ""), now), 0.001)
    for name in _IN_SECONDS:
        yield _seconds(headers.get(name, ""), now)
    for item in error.objects:
        for name in _IN_BODY:
            yield _seconds(_text(item.get(name)), now)
        yield from (_seconds(_text(part.get("retryDelay")), now) for part in _details(item))
    if found := _IN_WORDS.search(error.words):
        yield _in_words(found[1], now)
    if found := _IN_CHINESE.search(error.words):
        yield float(found[1] or found[3]) * _CHINESE_SECONDS[found[2] or found[4]]
    yield _until_reset(headers, now)
    for item in error.objects:  # OpenRouter puts its headers into the body
        if isinstance(inner := item.get("headers"), dict):
            yield _until_reset({str(name).lower(): _text(value) for name, value in inner.items()}, now)


def _until_reset(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return the seconds until the last used-up limit resets. Other limits name their reset too."""
    waits = []
    for name, value in headers.items():
        if (found := _RESETS.fullmatch(name)) and _is_used_up(headers, *found.groups()):
            waits.append(_seconds(value, now))
    in_one = headers.get("ratelimit", "")[:_LONGEST_TEXT]
    if _REMAINS_NONE.search(in_one) and (found := _RESET_IN_ONE.search(in_one)):
        waits.append(float(found[1]))
    return max((wait for wait in waits if wait is not None), default=None)


def _is_used_up(headers: Mapping[str, str], start: str, after: str | None, before: str | None) -> bool:
    remaining = f"{start}{before}-remaining" if before else f"{start}remaining{after or ''}"
    return headers.get(remaining, "0").strip() in ("0", "0.0")


def _details(item: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return Google's RetryInfo and similar."""
    details = item.get("details")
    return [part for part in details[:20] if isinstance(part, dict)] if isinstance(details, list) else []


def _text(value: Any) -> str:
    if isinstance(value, dict):  # a protobuf duration
        value = value.get("seconds")
    return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def _scaled(seconds: float | None, factor: float) -> float | None:
    return None if seconds is None else seconds * factor


def _seconds(text: str, now: datetime) -> float | None:
    """Parse a number, a duration (`6m0s`), a date (HTTP or ISO), or a Unix time (s or ms)."""
    text = text.strip()
    if not text or len(text) > _LONGEST_TEXT:
        return None
    if _NUMBER.fullmatch(text):
        number = float(text)
        if number >= _EPOCH:
            return number / (1000 if number >= _EPOCH_MS else 1) - now.timestamp()
        return number
    length = _length(text.lower(), whole=True)
    return _until(text, now) if length is None else length


def _in_words(text: str, now: datetime) -> float | None:
    """Parse the duration, clock, or date at the start of the text."""
    if moment := _MOMENT.match(text):
        zone = "+00:00" if moment[3] in ("z", "utc") else moment[3]
        return _until(f"{moment[1]}T{moment[2]}{zone}", now)
    if clock := _CLOCK.match(text):
        hours, minutes, seconds = map(int, clock.groups())
        return float(3600 * hours + 60 * minutes + seconds)
    return _length(text)


def _length(text: str, *, whole: bool = False) -> float | None:
    """Return the duration that a text begins with; with `whole`, that it consists of."""
    total, at = None, 0
    while part := _PART.match(text, at):
        unit = part[2] if part[2] in _UNIT_SECONDS else "ms" if part[2].startswith("mil") else part[2][0]
        total = (total or 0.0) + float(part[1]) * _UNIT_SECONDS[unit]
        at = part.end()
    return None if whole and at < len(text) else total


def _until(text: str, now: datetime) -> float | None:
    for read in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            moment = read(text)
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return (moment - now).total_seconds()
    return None


def clock_of(headers: Mapping[str, str], otherwise: datetime) -> datetime:
    """Return the provider's own time, to which its dates refer."""
    try:
        moment = parsedate_to_datetime(headers.get("date", "")[:_LONGEST_TEXT])
    except (ValueError, TypeError, IndexError, OverflowError):
        return otherwise
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
