"""The translation catalogues are complete and compiled, so that nobody sees half a language."""

import ast
import io
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po
from django.conf import settings
from django.test import Client
from django.utils.translation import to_locale

from scripts import _translate as translate

ROOT = Path(__file__).parent.parent
LOCALE = ROOT / "locale"


@pytest.fixture(scope="module")
def said() -> Catalog:
    return translate.marked()


# --- the catalogues as they are ---


def test_every_language_but_english_has_a_catalogue() -> None:
    languages = [to_locale(code) for code, _ in settings.LANGUAGES if code != "en"]

    assert [po.parent.parent.name for po in translate.catalogues(LOCALE)] == languages


def test_every_text_is_translated_and_compiled(said: Catalog) -> None:
    assert len(said) > 400
    assert translate.bring(LOCALE, said, check=True) == [], "run scripts/translate, and fill what it lists"


def test_another_language_is_a_folder(said: Catalog, tmp_path: Path, settings: Any, client: Client) -> None:
    shutil.copytree(LOCALE, tmp_path / "locale")
    (tmp_path / "locale" / "de").mkdir()
    settings.LOCALE_PATHS = [tmp_path / "locale"]
    settings.LANGUAGES = [*settings.LANGUAGES, ("de", "Deutsch")]

    left = translate.bring(tmp_path / "locale", said, check=False)
    assert "de/LC_MESSAGES/django.po: untranslated: 'Send'" in left
    assert len(left) == len(said)
    po = tmp_path / "locale" / "de" / "LC_MESSAGES" / "django.po"
    text = po.read_text(encoding="utf-8")
    po.write_text(text.replace('msgid "Send"\nmsgstr ""', 'msgid "Send"\nmsgstr "Senden"'), encoding="utf-8")
    left = translate.bring(tmp_path / "locale", said, check=False)

    assert len(left) == len(said) - 1
    assert translate.bring(tmp_path / "locale", said, check=True) == left
    assert (tmp_path / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po").read_bytes() == (
        LOCALE / "zh_Hans" / "LC_MESSAGES" / "django.po"
    ).read_bytes()
    assert "Deutsch" in client.get("/").content.decode()
    html = client.get("/?lang=de").content.decode()
    assert '<html lang="de"' in html
    assert "Senden" in html


# --- what is found in the code ---


def _found(extractor: Any, source: str) -> set[tuple[Any, Any]]:
    found = translate.extract(extractor, io.BytesIO(source.encode()), translate.KEYWORDS)
    return {(text, context) for _, text, _, context in found}


def test_marks_are_found_in_python() -> None:
    source = """
say(gettext_noop("One " "long %(x)s."), x=gettext("two"))
ngettext_lazy("%(n)s day", "%(n)s days", n)
pgettext("a verb", "List")
gettext(variable)
"""
    assert _found("python", source) == {
        ("One long %(x)s.", None),
        ("two", None),
        (("%(n)s day", "%(n)s days"), None),
        ("List", "a verb"),
    }


def test_marks_are_found_in_templates() -> None:
    source = """
<p title="{% translate 'It is “100%”' %}">{% translate "List" context "a verb" %}</p>
  (it's {% if a %}
      {% include "x.html" with caption=_("Request headers") %}
    {% endif %}"
{% blocktranslate count n=n %}{{ n }} of {{ a }}{% plural %}{{ n }} for {{ a }}{% endblocktranslate %}
"""
    assert _found(translate.in_template, source) == {
        ("It is “100%%”", None),
        ("List", "a verb"),
        ("Request headers", None),
        (("%(n)s of %(a)s", "%(n)s for %(a)s"), None),
    }


@pytest.mark.parametrize(
    "text",
    ["Send", "Role of message %(number)s", "Request headers", "%(total)s event", "Ollama (this machine)"],
)
def test_marks_of_every_kind_are_found_in_the_code(said: Catalog, text: str) -> None:
    assert said.get(text)


def test_no_mark_stands_inside_an_f_string() -> None:
    """Babel reads Python as tokens, and before 3.12 an f-string is a single token."""
    marks = [
        f"{file.relative_to(ROOT)}:{call.lineno}"
        for file in ROOT.glob("playground/**/*.py")
        for string in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(string, ast.JoinedStr)
        for call in ast.walk(string)
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") in translate.KEYWORDS
    ]

    assert marks == []


# --- what is wrong ---


def _catalog(*messages: Message) -> Catalog:
    catalog = Catalog("zh_Hans")
    for message in messages:
        catalog[message.id] = message
    return catalog


@pytest.mark.parametrize(
    ("source", "text", "problem"),
    [
        ("Send", "", "untranslated"),
        ("%(n)s calls", "%(m)s 次调用", "unknown named placeholder 'm'"),
        ("%(n)s calls", "调用", "other placeholders"),
        ("Role of %%s", "角色", "other placeholders"),
        ("the <code>key</code>", "<b>密钥</b>", "other markup"),
        ("a &amp; b", "甲和乙", "other markup"),
        ("a ", "甲", "other space at the ends"),
    ],
)
def test_a_translation_that_does_not_fit_is_found(source: str, text: str, problem: str) -> None:
    assert list(translate.problems(_catalog(Message(source, text)))) == [f"{problem}: {source!r}"]


def test_a_changed_a_new_and_an_unused_text_are_found(tmp_path: Path) -> None:
    (tmp_path / "zh_Hans").mkdir()
    before, now = Catalog(), Catalog()
    for text in ("Send the request now.", "Gone for good"):
        before.add(text)
    for text in ("Send your request now.", "Stop"):
        now.add(text)
    po = tmp_path / "zh_Hans" / "LC_MESSAGES" / "django.po"
    translate.bring(tmp_path, before, check=False)
    po.write_text(po.read_text().replace('now."\nmsgstr ""', 'now."\nmsgstr "发送请求。"'))

    left = translate.bring(tmp_path, now, check=True)

    assert {line.removeprefix("zh_Hans/LC_MESSAGES/") for line in left} == {
        "django.po: run scripts/translate",
        "django.po: fuzzy: 'Send your request now.'",
        "django.po: untranslated: 'Stop'",
    }
    translate.bring(tmp_path, now, check=False)
    assert "Gone" not in po.read_text()
    assert "发送请求。" in po.read_text()
    assert "发送请求。".encode() not in po.with_suffix(".mo").read_bytes()


# --- Chinese as it is written ---

_HAN = "[\u3400-\u9fff]"
_SPACING = re.compile(rf"{_HAN}[A-Za-z0-9$<]|[A-Za-z0-9>]{_HAN}")
_HALF_WIDTH = re.compile(rf"""{_HAN}[,.:;?!"'()]|[,:;?!"'(]{_HAN}""")


def _faults(source: str, text: str) -> list[str]:
    bare = re.sub(r"%(?:\(\w+\))?[a-z%]|</?[a-z][^>]*>|&#?\w+;", "", text)
    faults = [match[0] for pattern in (_SPACING, _HALF_WIDTH) for match in pattern.finditer(bare)]
    return faults + ["end"] * (source.endswith(".") != text.endswith("。"))


@pytest.mark.parametrize(
    ("source", "text", "faults"),
    [
        ("It is there.", "它在", ["end"]),
        ("Yes, no", "是,否", ["是,"]),
        ("A JSON text", "一段JSON文本", ["段J", "N文"]),
        ("A <code>JSON</code> text of %(n)s.", "<code>JSON</code> 文本，%(n)s 个。", []),
    ],
)
def test_bad_chinese_typography_is_found(source: str, text: str, faults: list[str]) -> None:
    assert _faults(source, text) == faults


def test_chinese_is_written_as_chinese() -> None:
    with (LOCALE / "zh_Hans" / "LC_MESSAGES" / "django.po").open("rb") as file:
        catalog = read_po(file)

    found = {
        message.id: faults
        for message in catalog
        if message.id
        for source in [message.id if isinstance(message.id, str) else message.id[-1]]
        for text in ([message.string] if isinstance(message.string, str) else message.string)
        if (faults := _faults(source, text))
    }
    assert found == {}


# --- scripts ---

# Texts that a script shows come from the template, in `data-` attributes or a <template>.
_LITERAL = re.compile(
    r"""//[^\n]*|/\*.*?\*/|`((?:[^`\\]|\\.)*)`|"((?:[^"\\\n]|\\.)*)"|'((?:[^'\\\n]|\\.)*)'""", re.DOTALL
)
# A literal that is shown as it is, even a single word.
_SHOWN = re.compile(
    r"""(?:\.(?:textContent|innerText|title|placeholder|alt|ariaLabel|innerHTML)\s*=\s*"""
    r"""|setAttribute\(\s*"(?:aria-label|title|placeholder|aria-description|alt)"\s*,\s*"""
    r"""|\b(?:alert|confirm|prompt|setCustomValidity|Option)\(\s*)["'`]([^"'`]*)["'`]"""
)
# An error thrown and caught in one place; the product's name; texts that have their Chinese beside them;
# console messages for authors; class names.
_UNSEEN = {
    "nothing to copy",
    "API Playground",
    "API Playground:",
    "the request isn’t valid JSON.",
    "This playground can’t be shown right now.",
    "The server is down, or this page’s Content Security Policy or the embed’s settings block it.",
    'the embed "" sets . The values in the tag on  are ignored.',
    "The request in the tag on  can't be sent.",
    "notice error",
}


def _sentences(script: str) -> set[str]:
    """Find literals that read like English: two words or more, and not a selector or code."""
    found = {next((part for part in match.groups() if part), "") for match in _LITERAL.finditer(script)}
    plain = {re.sub(r"\$\{[^}]*\}", "", text) for text in found}
    return {
        text
        for text in plain
        if re.search("[A-Za-z]{2,}[ ,.!?:;…]+[A-Za-z]{2,}", text)
        and not re.search(r"[\[\]#<>={}()|@\\]|:\w|^\.|\w\.\w", text)
    }


@pytest.mark.parametrize(
    ("script", "found"),
    [
        ('label.textContent = "Copied it";', {"Copied it"}),
        ("say(`Wait for ${name} please now`)", {"Wait for  please now"}),
        ('// a comment "with words"\nq("#a [b=c] details.menu");', set()),
    ],
)
def test_english_in_a_script_is_found(script: str, found: set[str]) -> None:
    assert _sentences(script) == found


@pytest.mark.parametrize("file", sorted((ROOT / "static/js").glob("*.js")), ids=lambda file: file.name)
def test_scripts_hold_no_words_of_their_own(file: Path) -> None:
    script = file.read_text(encoding="utf-8")

    assert _sentences(script) - _UNSEEN == set()
    shown = {re.sub(r"\$\{[^}]*\}", "", text) for text in _SHOWN.findall(script)}
    assert {text for text in shown if re.search("[A-Za-z]{2,}", text)} == set()
