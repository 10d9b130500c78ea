"""Texts of Django's admin and of django-allauth that `locale/` translates again."""

import re
from pathlib import Path

import allauth
import django
import pytest
from django.test import Client
from django.utils import translation

from playground.people import admin_texts
from playground.people.models import User

DJANGO = Path(django.__file__).parent
TEXTS = [text for name, group in vars(admin_texts).items() if name.isupper() for text in group]


def _bare(text: str) -> str:
    """Leave out what differs between a text and the code or template that contains it."""
    return re.sub(r"""["'\s]""", "", re.sub(r"\{\{ ?(\w+) ?\}\}", r"%(\1)s", text))


@pytest.fixture(scope="module")
def djangos_code() -> str:
    folders = [DJANGO / name for name in ("contrib/admin", "contrib/auth", "core", "forms")]
    folders.append(Path(allauth.__file__).parent / "templates")
    files = (file for folder in folders for kind in ("*.py", "*.html") for file in folder.rglob(kind))
    return "".join(_bare(file.read_text(encoding="utf-8")) for file in files)


@pytest.mark.parametrize("text", TEXTS)
def test_django_still_has_the_text(djangos_code: str, text: str) -> None:
    assert _bare(text) in djangos_code


def test_our_translation_comes_before_djangos() -> None:
    with translation.override("zh-hans"):
        assert translation.gettext("Select %s to change") == "选择要修改的%s"


@pytest.mark.django_db
def test_the_list_of_embeds_is_in_chinese(client: Client) -> None:
    client.force_login(User.objects.create_superuser("admin", password="a long password"))

    page = client.get("/admin/embeds/embed/", HTTP_ACCEPT_LANGUAGE="zh").content.decode()

    assert "选择要修改的嵌入示例" in page
    assert "添加嵌入示例" in page
