"""People: the user model, its admin, and what protects it."""

from html import unescape
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.test import Client

from playground.people.addresses import person_of
from playground.people.models import User


@pytest.fixture(autouse=True)
def _no_logins_counted() -> None:
    cache.clear()


@pytest.fixture
def admin(client: Client) -> Client:
    """A browser where a superuser is logged in."""
    client.force_login(User.objects.create_superuser("admin", password="a long password"))
    return client


@pytest.mark.django_db
def test_a_person_is_made_in_the_admin_and_logs_in(admin: Client) -> None:
    password = {"password1": "correct horse battery", "password2": "correct horse battery"}
    made = admin.post("/admin/people/user/add/", {"username": "ada", "usable_password": "true", **password})
    person = get_user_model().objects.get(username="ada")

    assert made.headers["Location"] == f"/admin/people/user/{person.pk}/change/"
    assert "ada" in admin.get("/admin/people/user/").content.decode()
    assert Client().login(username="ada", password="correct horse battery")


@pytest.mark.django_db
def test_a_look_alike_address_is_another_persons() -> None:
    """PostgreSQL takes some letters for others, and Unicode some more."""
    boss = User.objects.create(username="boss", email="Mike.Boss@example.org")

    found = [person_of(f"{name}@example.org") for name in ("mike.boss", "m\u0131ke.boss", "mike.bos\u017f")]

    assert found == [boss, None, None]
    assert person_of("mi\u212ae.boss@example.org") is None


def _log_in(client: Client, password: str, **extra: Any) -> Any:
    return client.post("/admin/login/", {"username": "author", "password": password}, **extra)


@pytest.mark.django_db
def test_so_many_logins_are_taken_from_an_address(client: Client) -> None:
    User.objects.create_superuser("author", password="a long password")

    statuses = [_log_in(client, f"guess {number}").status_code for number in range(11)]
    refused = _log_in(client, "a long password")

    assert statuses == [200] * 10 + [429]
    assert refused.status_code == 429
    assert int(refused["Retry-After"]) > 0
    assert "Too many login attempts" in unescape(refused.content.decode())
    assert _log_in(client, "a long password", REMOTE_ADDR="192.0.2.9").status_code == 302


@pytest.mark.django_db
def test_when_logins_cannot_be_counted_nobody_gets_in(client: Client, settings: Any) -> None:
    User.objects.create_superuser("author", password="a long password")
    settings.CACHES = {
        "default": {
            "BACKEND": "playground.calls.buckets.RedisBuckets",
            "LOCATION": "redis://127.0.0.1:1/0",
        }
    }

    assert _log_in(client, "a long password").status_code == 503


@pytest.mark.django_db
def test_the_session_is_the_admins_alone(client: Client) -> None:
    User.objects.create_superuser("author", password="a long password")

    answer = _log_in(client, "a long password")

    cookie = answer.cookies["sessionid"]
    assert (cookie["path"], cookie["samesite"], cookie["httponly"]) == ("/admin/", "Strict", True)
    assert list(client.get("/").cookies) == ["csrftoken"]
    assert "sessionid" not in client.get("/").get("Vary", "")
    assert "messages" not in answer.cookies


def test_the_pages_own_policy_is_as_it_was(client: Client) -> None:
    policy = client.get("/")["Content-Security-Policy"]

    assert "require-trusted-types-for 'script'" in policy
    assert "frame-ancestors 'none'" in policy
