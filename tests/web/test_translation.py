"""Every text of a page goes through Django's translation: no English is left in another language."""

import ast
import gettext
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils.translation import trans_real

from playground.catalogue.providers import catalogue
from tests.upstreams.scripted import (
    Reply,
    ScriptedUpstream,
    json_answer,
)
from tests.web.client import body, post_form, post_json
from tests.web.shown import DATA, LISTS, NAMES, REFUSED, REPLIES, Texts, data_of

PACKAGE = Path(__file__).parents[2] / "playground"

pytestmark = pytest.mark.usefixtures("provider")


class _Bracketed(gettext.NullTranslations):
    """A language whose texts are the English ones «in brackets»."""

    def gettext(self, message: str) -> str:
        return f"«{message}»"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return f"«{msgid1 if n == 1 else msgid2}»"

    def to_language(self) -> str:
        return "en"


@pytest.fixture(autouse=True)
def _another_language(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    trans_real.deactivate()
    monkeypatch.setattr(trans_real, "_default", None)
    monkeypatch.setitem(trans_real._translations, "en", _Bracketed())
    yield
    trans_real.deactivate()  # the last request activated a language in this thread


def _untranslated(html: str, data: set[str] = frozenset()) -> set[str]:  # type: ignore[assignment]
    """Return texts outside all brackets, except names and `data`."""
    left = set()
    for text in Texts(html).found:
        outside = text
        while (fewer := re.sub("«[^«»]*»", "", outside)) != outside:
            outside = fewer
        left.add(outside.strip().removesuffix(" —"))
    names = NAMES | {provider.label for provider in catalogue().values()} | data
    return {text for text in left - names if re.search("[A-Za-z]", text) and not DATA.fullmatch(text)}


def test_english_that_was_left_is_found() -> None:
    html = "<p>Hello <b>«there»</b></p><i title='Close it'>«a «nested» one»</i><code>code</code><u>3 ms</u>"

    assert _untranslated(html) == {"Hello", "Close it"}


@pytest.mark.parametrize("htmx", [False, True], ids=["page", "fragment"])
@pytest.mark.parametrize("reply", REPLIES.values(), ids=REPLIES)
def test_each_result_is_translated(
    client: Client, upstream: ScriptedUpstream, reply: Reply, htmx: bool
) -> None:
    upstream.reply(reply)
    data = data_of(post_json(client, request=body(max_tokens=5)).json())

    html = post_form(client, htmx=htmx, max_tokens="5").content.decode()

    assert "«" in html
    assert _untranslated(html, data) == set()


@pytest.mark.parametrize(
    "path", ["/", "/?request=%7B", "/?provider=nobody", "/?base_url=https://llm.example"]
)
def test_the_page_is_translated(client: Client, path: str) -> None:
    html = client.get(path).content.decode()

    assert "«Send»" in html
    assert _untranslated(html) == set()


@pytest.mark.parametrize("htmx", [False, True], ids=["page", "fragment"])
@pytest.mark.parametrize(
    "changes",
    [
        *REFUSED,
        {"content": ["4" * (5 << 20)]},
        {"role": ["user"] * 1001, "content": ["42"] * 1001},
    ],
    ids=lambda changes: "-".join(changes),
)
def test_each_refusal_is_translated(client: Client, changes: dict[str, Any], htmx: bool) -> None:
    answer = post_form(client, htmx=htmx, **changes)

    assert answer.status_code >= 400
    assert _untranslated(answer.content.decode()) == set()


def test_the_refusals_before_any_view_are_translated() -> None:
    without_token = post_form(Client(enforce_csrf_checks=True))
    broken = Client().post("/send/", "content=%FF", content_type="application/x-www-form-urlencoded")

    for answer in (without_token, broken):
        assert _untranslated(answer.content.decode()) == set()


@pytest.mark.parametrize("reply", LISTS.values(), ids=LISTS)
def test_the_list_of_models_is_translated(client: Client, upstream: ScriptedUpstream, reply: Reply) -> None:
    upstream.reply(reply)

    html = post_form(client, "/models/", htmx=True).content.decode()

    assert "«" in html
    assert _untranslated(html, {"a"}) == set()


def test_the_code_is_translated(client: Client) -> None:
    for changes in ({}, {"model": ""}):
        html = post_form(client, "/snippets/", htmx=True, **changes).content.decode()

        assert _untranslated(html) == set()


def test_json_is_translated_too(client: Client, upstream: ScriptedUpstream) -> None:
    upstream.reply(json_answer({}, 503))

    error = post_json(client).json()["error"]

    assert error["title"] == "«The provider is unavailable»"
    assert error["advice"].startswith("«")
    assert post_json(client, provider="nobody").json()["error"]["fields"]["provider"].startswith("«")


def _sentences() -> Iterator[tuple[str, str]]:
    """Yield `(file, text)` of each call of `say`; the text is "" if it is marked for translation."""
    for file in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "say":
                for part in ast.walk(node.args[0]):
                    if isinstance(part, ast.Constant) and isinstance(part.value, str):
                        marked = isinstance(node.args[0], ast.Call | ast.IfExp)
                        yield file.name, "" if marked else part.value


def test_every_sentence_is_marked_for_makemessages() -> None:
    found = list(_sentences())

    assert len(found) > 40
    words = [(name, text) for name, text in found if re.search("[A-Za-z]", re.sub(r"%\(\w+\)s", "", text))]
    assert words == []
