"""The pages for 404 and 500."""

from typing import Any

import pytest
from django.test import Client

from playground.web import views


def test_an_unknown_address_leads_back(client: Client) -> None:
    answer = client.get("/nowhere/")

    assert answer.status_code == 404
    assert 'role="alert"' in answer.content.decode()
    assert 'href="/"' in answer.content.decode()


def test_an_error_of_our_own_shows_no_trace_and_no_input(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: Any) -> None:
        raise RuntimeError("sk-in-an-error")

    monkeypatch.setattr(views, "prefilled", broken)

    answer = Client(raise_request_exception=False).get("/?request=sk-in-a-link")

    assert answer.status_code == 500
    assert 'role="alert"' in answer.content.decode()
    assert "sk-in" not in answer.content.decode()


@pytest.mark.parametrize(("secure", "language"), [(False, "en"), (False, "zh-CN"), (True, "zh-CN")])
def test_a_host_that_is_not_ours_is_refused_in_the_readers_language(
    settings: Any, secure: bool, language: str
) -> None:
    settings.SECURE_SSL_REDIRECT = True

    answer = Client(raise_request_exception=False).get(
        "/", secure=secure, headers={"host": "other.example", "accept-language": language}
    )

    assert answer.status_code == 400
    assert answer["Content-Language"] == {"en": "en", "zh-CN": "zh-hans"}[language]
    assert "style-src" in answer["Content-Security-Policy"]
