"""Who logs in: the user model and its admin."""

import pytest
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.test import Client

from playground.people.models import User


@pytest.fixture
def admin(client: Client) -> Client:
    """A browser in which a superuser is logged in."""
    cache.clear()  # of the logins that other tests counted
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
