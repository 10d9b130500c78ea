"""Error reports show what failed and where, but nothing of the request or its content."""

import sys
from typing import Any

import pytest
from django.core.exceptions import BadRequest, DisallowedHost, PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.template import Context, Engine, TemplateDoesNotExist
from django.test import Client

from playground.serving.report import Reporter
from playground.serving.traces import TraceFormatter
from playground.web import views
from tests.web.client import post_form, post_json

CANARY = "canary-4711"


def _raise(kind: type[Exception]) -> None:
    local = f"{CANARY} in a frame"
    arguments = ("utf-8", local.encode(), 0, 9, local) if kind is UnicodeDecodeError else (local,)
    try:
        raise LookupError(local)
    except LookupError as cause:
        error = kind(*arguments)
        error.add_note(local)
        raise error from cause


class _Broken:
    @property
    def value(self) -> str:
        raise LookupError(CANARY)


def _fail_in_a_template(*_: object) -> None:
    Engine(debug=True).from_string("{{ broken.value }}").render(Context({"broken": _Broken()}))


def _everything(client: Client) -> list[HttpResponse]:
    client.cookies["a"] = CANARY
    headers = {"X-Key": CANARY, "Authorization": CANARY, "Referer": f"http://testserver/?request={CANARY}"}
    answers = [
        client.get("/", {"request": CANARY}, headers={"Accept": accept, **headers})
        for accept in ("text/html", "text/plain", "application/json")
    ]
    answers += [post_form(client, content=[CANARY], api_key=CANARY, htmx=htmx) for htmx in (False, True)]
    return [*answers, post_json(client, api_key=CANARY, request={"model": CANARY})]


@pytest.fixture
def client() -> Client:
    return Client(raise_request_exception=False)


@pytest.fixture(params=[False, True], ids=["", "debug"])
def debug(request: pytest.FixtureRequest, settings: Any) -> bool:
    settings.DEBUG = request.param
    return bool(request.param)


@pytest.mark.parametrize(
    "kind",
    [
        ValueError, KeyError, UnicodeDecodeError, BadRequest, SuspiciousOperation, DisallowedHost,
        PermissionDenied, Http404, MultiPartParserError, TemplateDoesNotExist,
    ],
)  # fmt: skip
def test_no_input_is_in_any_report_or_log(
    client: Client,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    debug: bool,
    kind: type[Exception],
) -> None:
    monkeypatch.setattr(views, "prefilled", lambda *_: _raise(kind))
    monkeypatch.setattr(views.incoming, "read", lambda request: _raise(kind))

    answers = _everything(client)

    for answer in answers:
        assert answer.status_code >= 400
        assert CANARY not in answer.content.decode() + str(answer.headers)
    logged = [TraceFormatter().format(record) for record in caplog.records]
    assert CANARY not in "".join(logged)
    if kind is ValueError:
        assert all("ValueError" in line and "test_report.py" in line for line in logged)
        assert len(logged) == len(answers)
        assert all(("ValueError" in answer.content.decode()) is debug for answer in answers)


@pytest.mark.parametrize("path", ["/invitations/", "/accounts/password/reset/key/"])
def test_a_link_that_lets_people_in_is_not_in_the_log(
    client: Client, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    client.get(f"{path}{CANARY}/")

    assert [TraceFormatter().format(record) for record in caplog.records] == [f"404 GET {path}…"]


def test_a_report_says_what_failed_and_where(client: Client, settings: Any) -> None:
    settings.DEBUG = True
    settings.ROOT_URLCONF = "tests.served.failing_urls"

    html = client.get("/view/")
    text = client.get("/view/", headers={"Accept": "text/plain"})

    assert html["Content-Type"].startswith("text/html")
    assert text["Content-Type"].startswith("text/plain")
    for words in ("SomeError", "LookupError", "failing_urls.py", "Which led to:", "View: ", "Django: 5"):
        assert words in html.content.decode()
        assert words in text.content.decode()


def test_a_template_that_fails_is_named_with_its_line(
    client: Client, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.DEBUG = True
    monkeypatch.setattr(views, "prefilled", _fail_in_a_template)

    answer = client.get("/", {"request": CANARY}).content.decode()

    assert "Template: &lt;unknown source&gt;, line 1" in answer
    assert CANARY not in answer


@pytest.mark.parametrize("path", ["/nowhere/", "/static/nowhere.js", "/models/nowhere"])
def test_the_debug_page_does_not_show_the_url_of_a_missing_page(
    client: Client, settings: Any, path: str
) -> None:
    settings.DEBUG = True

    answer = client.get(f"{path}?request={CANARY}")

    assert answer.status_code == 404
    assert 'role="alert"' in answer.content.decode()
    assert CANARY not in answer.content.decode()


@pytest.mark.parametrize("message", [None, CANARY])
def test_a_mail_to_admins_holds_no_input(rf: Any, message: str | None) -> None:
    """Without an exception, Django passes a log line instead."""
    request = rf.post(f"/send/?request={CANARY}", {"api_key": CANARY}, headers={"X-Key": CANARY})
    try:
        _raise(ValueError)
    except ValueError:
        error: tuple[Any, ...] = (None, message, None) if message else sys.exc_info()

    reporter = Reporter(request, *error, is_email=True)

    assert CANARY not in reporter.get_traceback_text() + reporter.get_traceback_html()
    assert "playground.web.views.send" in reporter.get_traceback_text()


def test_causes_in_a_circle_end(caplog: pytest.LogCaptureFixture) -> None:
    first, second = ValueError(CANARY), KeyError(CANARY)
    first.__cause__, second.__cause__ = second, first

    text = Reporter(None, ValueError, first, None).get_traceback_text()

    assert text.count("KeyError") == 1
