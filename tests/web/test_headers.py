"""The security and caching headers of every response."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.test import Client

from playground.serving.headers import HeadersMiddleware
from tests.upstreams.scripted import ScriptedUpstream, completion, stream
from tests.web.client import post_form, post_json

PROMPT_LINK = "/?provider=test&request=%7B%22model%22:%22m%22%7D"


def _get(path: str, **headers: str) -> Callable[[Client], HttpResponse]:
    return lambda client: client.get(path, headers=headers)  # type: ignore[return-value]


def _form(path: str = "/send/", **changes: object) -> Callable[[Client], HttpResponse]:
    return lambda client: post_form(client, path, **changes)  # type: ignore[arg-type]


def _file(path: str) -> Callable[[Client], HttpResponse]:
    def ask(client: Client) -> HttpResponse:
        answer = client.get(path)
        answer.close()
        return answer  # type: ignore[return-value]

    return ask


def _stop(client: Client) -> HttpResponse:
    return client.post("/stop/", {"number": "1"})  # type: ignore[return-value]


def _forged(client: Client) -> HttpResponse:
    client.handler.enforce_csrf_checks = True
    return post_form(client)


KEPT_BY_NOBODY = {
    "link": _get(PROMPT_LINK),
    "link that is wrong": _get("/?request=%7B"),
    "page after a send": _form(),
    "fragment": _form(htmx=True),
    "stream": _form(htmx=True, stream="on"),
    "JSON": lambda client: post_json(client),
    "refusal as a page": _form(temperature="hot"),
    "refusal as a fragment": _form(temperature="hot", htmx=True),
    "refusal as JSON": lambda client: post_json(client, request={}),
    "code": _form("/snippets/", htmx=True),
    "code as JSON": lambda client: post_json(client, "/snippets/"),
    "models": _form("/models/"),
    "models as a fragment": _form("/models/", htmx=True),
    "count": _form("/count/"),
    "count as a fragment": _form("/count/", htmx=True),
    "models refused to a GET": _get("/models/?provider=test"),
    "edit": _form("/edit/", do="add"),
    "stop": _stop,
    "too large": lambda client: client.post("/send/", "x", content_type="x", CONTENT_LENGTH=str(2**40)),
    "forged": _forged,
    "wrong method": lambda client: client.delete("/send/"),
    "redirect of a link": _get("/models?provider=test"),
    "wrong host": lambda client: client.get(PROMPT_LINK, headers={"Host": "elsewhere.example"}),
}
PLAIN = {
    "page": _get("/"),
    "not found": _get("/nowhere/"),
    "wrong method": _get("/send/"),
    "redirect": _get("/models"),
    "health": _get("/healthz"),
}
FILES = {"style": _file("/static/css/playground.css"), "script": _file("/static/js/form.js")}
ALL = [
    pytest.param(ask, id=f"{group}: {name}")
    for group, asks in (("kept by nobody", KEPT_BY_NOBODY), ("plain", PLAIN), ("files", FILES))
    for name, ask in asks.items()
]


@pytest.fixture(autouse=True)
def _answer(upstream: ScriptedUpstream, provider: str) -> None:
    def reply(connection: object, recorded: object) -> None:
        whole = stream({"content": "x"}) if b'"stream"' in recorded.body else completion()  # type: ignore[attr-defined]
        connection.sendall(whole.encode())  # type: ignore[attr-defined]

    upstream.reply(reply)


def _assert_hardened(answer: HttpResponse) -> None:
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "no-referrer"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "Access-Control-Allow-Origin" not in answer
    policy = dict(part.strip().partition(" ")[::2] for part in answer["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["frame-ancestors"] == "'none'"
    assert "'unsafe" not in answer["Content-Security-Policy"]
    assert "camera=()" in answer["Permissions-Policy"]
    assert answer["Cache-Control"]


@pytest.mark.parametrize("ask", ALL)
def test_every_answer_is_hardened(client: Client, ask: Callable[[Client], HttpResponse]) -> None:
    _assert_hardened(ask(client))


@pytest.mark.parametrize("debug", [False, True])
def test_an_error_of_our_own_is_hardened(settings: Any, debug: bool) -> None:
    settings.DEBUG = debug
    settings.ROOT_URLCONF = "tests.served.failing_urls"

    answer = Client(raise_request_exception=False).get("/view/")

    assert answer.status_code == 500
    _assert_hardened(answer)  # type: ignore[arg-type]


@pytest.mark.parametrize("ask", KEPT_BY_NOBODY.values(), ids=KEPT_BY_NOBODY)
def test_what_was_typed_or_answered_is_kept_in_no_cache(
    client: Client, ask: Callable[[Client], HttpResponse]
) -> None:
    assert ask(client)["Cache-Control"] == "no-store"


@pytest.mark.parametrize("ask", PLAIN.values(), ids=PLAIN)
def test_a_plain_page_is_in_no_shared_cache(client: Client, ask: Callable[[Client], HttpResponse]) -> None:
    assert ask(client)["Cache-Control"] == "private, no-cache"


@pytest.mark.parametrize("ask", FILES.values(), ids=FILES)
def test_a_file_may_be_kept(client: Client, ask: Callable[[Client], HttpResponse]) -> None:
    assert "public" in ask(client)["Cache-Control"]


@pytest.mark.parametrize("ask", ALL)
def test_under_tls_no_answer_may_come_without_it_again(
    ask: Callable[[Client], HttpResponse], settings: Any
) -> None:
    settings.SECURE_HSTS_SECONDS = 31_536_000
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_TLS", "on")

    answer = ask(Client(headers={"X-Tls": "on"}))

    assert answer["Strict-Transport-Security"].startswith("max-age=31536000")


def test_the_cookie_is_for_this_site_and_no_script() -> None:
    cookie = Client().get("/").cookies["csrftoken"]

    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"


def test_a_view_may_say_otherwise() -> None:
    def view(request: HttpRequest) -> HttpResponseBase:
        return HttpResponse(
            headers={"Cross-Origin-Resource-Policy": "cross-origin", "Cache-Control": "public, max-age=60"}
        )

    answer = HeadersMiddleware(view)(HttpRequest())

    assert answer["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert answer["Cache-Control"] == "public, max-age=60"


def test_no_form_puts_a_key_into_an_address(client: Client) -> None:
    """The key field is in one form, and neither that form nor any of its buttons uses GET.

    The other forms are the language switch, the one for a dropped proof file, and those of buttons that stand
    within the request's form.
    """
    page = client.get("/").content.decode()
    forms = re.findall(r"<form[^>]*>", page)

    assert len(forms) == 5
    request_form = page.partition('<form id="request-form"')[2].partition("</form>")[0]
    assert 'name="api_key"' in request_form
    assert all('method="post"' in form for form in forms)
    assert "formmethod" not in page
    assert "hx-get" not in page
    assert page.count('name="api_key"') == 1


def test_no_link_holds_a_key(client: Client) -> None:
    for shape in ({"htmx": True}, {}):
        for path in ("/snippets/", "/send/", "/edit/", "/models/"):
            page = post_form(client, path, api_key="sk-canary-4711", **shape).content.decode()
            assert "sk-canary" not in page
            assert "api_key=" not in page.replace("api_key=os.environ", "")
