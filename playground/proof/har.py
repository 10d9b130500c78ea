"""An exchange as a HAR file (HTTP Archive 1.2), which browsers' developer tools and other programs open."""

import base64
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from playground.exchange.call import Headers
from playground.exchange.record import Exchange, Received

# `requests` supports only HTTP/1.1.
_HTTP = "HTTP/1.1"
_UNKNOWN = -1


def har(exchange: Exchange) -> dict[str, Any]:
    """Return the value of the file. As the format requires, times that weren't measured are -1."""
    sent, timings, failure = exchange.sent, exchange.timings, exchange.failure
    first = timings.total_ms if timings.first_byte_ms is None else timings.first_byte_ms
    entry: dict[str, Any] = {
        "startedDateTime": exchange.started.isoformat(timespec="milliseconds"),
        "time": timings.total_ms,
        "request": {
            "method": sent.method,
            "url": sent.url,
            "httpVersion": _HTTP,
            "cookies": [],
            "headers": _pairs(sent.headers),
            "queryString": [
                {"name": name, "value": value}
                for name, value in parse_qsl(urlsplit(sent.url).query, keep_blank_values=True)
            ],
            "headersSize": _UNKNOWN,
            "bodySize": len(sent.body),
        },
        "response": _response(exchange.received),
        "cache": {},
        "timings": {
            "blocked": _UNKNOWN,
            "dns": _UNKNOWN,
            "connect": _UNKNOWN,
            "ssl": _UNKNOWN,
            "send": 0,
            "wait": first,
            "receive": max(0, timings.total_ms - first),
        },
        "_exchange": exchange.id,
    }
    if sent.body:
        kind = next((value for name, value in sent.headers if name.lower() == "content-type"), "")
        entry["request"]["postData"] = {"mimeType": kind, "text": sent.text}
    if failure:
        entry["response"]["_error"] = f"{failure.kind} {failure.detail}".strip()
    creator = {"name": "API Playground", "version": "1"}
    return {"log": {"version": "1.2", "creator": creator, "entries": [entry]}}


def _response(received: Received | None) -> dict[str, Any]:
    """Return the response. Without one, the status is 0, as browsers write it."""
    answer = received or Received(0, "", (), b"")
    content: dict[str, Any] = {
        "size": len(answer.body),
        "mimeType": answer.header("Content-Type") or "x-unknown",
    }
    try:
        content["text"] = answer.body.decode()
    except UnicodeDecodeError:
        content |= {"text": base64.b64encode(answer.body).decode(), "encoding": "base64"}
    return {
        "status": answer.status,
        "statusText": answer.reason,
        "httpVersion": _HTTP,
        "cookies": [],
        "headers": _pairs(answer.headers),
        "content": content,
        "redirectURL": answer.header("Location") or "",
        "headersSize": _UNKNOWN,
        "bodySize": _UNKNOWN,  # on the wire it may have been compressed
    }


def _pairs(headers: Headers) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in headers]
