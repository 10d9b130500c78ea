"""An embed for the tests, and its frame as a reader uses it."""

import json
import re
from html import unescape
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.test import Client

from playground.embeds.models import Embed

ORIGIN = "https://docs.example.org"
REQUEST = {"model": "m", "messages": [{"role": "user", "content": "Hello!"}], "max_tokens": 50}
# Texts that are no request.
BROKEN = ["{", "", "[]", "7", "null", '{"messages": 7}', '{"messages": [7]}', '{"a": 1, "a": 2}', "[" * 5000]
FORM = {
    "embed": "hello",
    "model": "m",
    "role": ["user"],
    "content": ["Hello!"],
    "tool_call_id": [""],
    "extra": [""],
    "max_tokens": "50",
}


def make_embed(request: dict[str, Any] | None = None, **changes: Any) -> Embed:
    """Save a valid embed with fields changed: `make_embed(locked="model")`."""
    fields = {"name": "hello", "origins": ORIGIN, "provider": "test", "key": "server"} | changes
    embed = Embed(request=json.dumps(REQUEST if request is None else request), **fields)
    embed.full_clean()
    embed.save()
    return embed


def open_frame(client: Client, name: str = "hello", **query: str) -> HttpResponse:
    return client.get("/embed/", {"embed": name, **query})  # type: ignore[return-value]


def token_in(page: HttpResponse) -> str:
    found = re.search('name="embed_token" value="([^"]+)"', page.content.decode())
    assert found
    return unescape(found[1])


def send_form(
    client: Client,
    *,
    token: str | None = None,
    htmx: bool = False,
    path: str = "/embed/send/",
    **changes: Any,
) -> HttpResponse:
    """Post the frame's form with fields changed. htmx sends the token as a header, a browser as a field."""
    token = token_in(open_frame(client)) if token is None else token
    headers = {"Accept": "text/html"} | ({"HX-Request": "true", "X-Embed-Token": token} if htmx else {})
    values = FORM | ({} if htmx else {"embed_token": token}) | changes
    return client.post(  # type: ignore[return-value]
        path,
        urlencode(values, doseq=True),
        content_type="application/x-www-form-urlencoded",
        headers=headers,
    )


def send_json(
    client: Client,
    request: Any = None,
    *,
    token: str | None = None,
    headers: Any = None,
    secure: bool = False,
    **changes: Any,
) -> HttpResponse:
    token = token_in(open_frame(client)) if token is None else token
    values = {"embed": "hello", "request": REQUEST if request is None else request} | changes
    return client.post(  # type: ignore[return-value]
        "/embed/send/",
        json.dumps(values),
        content_type="application/json",
        headers={"X-Embed-Token": token, **(headers or {})},
        secure=secure,
    )


def framers_of(answer: Any) -> list[str]:
    """Return the sources of `frame-ancestors`, which must appear once."""
    directives = [part.split() for part in answer["Content-Security-Policy"].split(";")]
    (sources,) = [values for name, *values in directives if name == "frame-ancestors"]
    return sources


def text_of(answer: Any) -> str:
    return unescape(answer.content.decode())
