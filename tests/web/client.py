"""Post to the page as each of its three kinds of caller does: a browser, htmx and a program."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.test import Client

FORM = {"provider": "test", "base_url": "", "model": "m", "role": ["user"], "content": ["Hello!"]}
BODY = {"model": "m", "messages": [{"role": "user", "content": "Hello!"}]}


def post_form(
    client: Client, path: str = "/send/", *, htmx: bool = False, accept: str = "text/html", **changes: Any
) -> HttpResponse:
    """Post a browser's form with fields changed: `post_form(client, temperature="2")`."""
    headers = {"Accept": accept} | ({"HX-Request": "true"} if htmx else {})
    return client.post(  # type: ignore[return-value]
        path,
        urlencode({"tool_call_id": [""], "extra": [""]} | FORM | changes, doseq=True),
        content_type="application/x-www-form-urlencoded",
        headers=headers,
    )


def post_json(client: Client, path: str = "/send/", **changes: Any) -> HttpResponse:
    """Post JSON with top-level fields changed: `post_json(client, request={…})`."""
    values = {"provider": "test", "base_url": None, "api_key": None, "request": BODY} | changes
    return post_raw(client, path, json.dumps(values))


def post_raw(client: Client, path: str, data: str | bytes) -> HttpResponse:
    return client.post(path, data, content_type="application/json")  # type: ignore[return-value]


def body(**changes: Any) -> Mapping[str, Any]:
    return BODY | changes
