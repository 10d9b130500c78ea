"""The catalogues say all that the code says, and are compiled: nobody meets half of a language.

The .mo is compiled here by `catalogue.compiled`, which is Python alone, so that neither people nor CI need
GNU gettext; where that is installed, it must read the same.
"""

import gettext
import io
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from django.conf import settings
from django.utils.translation import to_locale

from playground.management import catalogue
from playground.management.catalogue import Entry, Key

ROOT = Path(__file__).parent.parent
HEADER = Entry(Key(""), ["Content-Type: text/plain; charset=UTF-8\nPlural-Forms: nplurals=1; plural=0;\n"])


def _entry(singular: str, text: str = "", *, plural: str = "", fuzzy: bool = False) -> Entry:
    return Entry(Key(singular, plural), [text], ["a.py"], fuzzy=fuzzy)


def _problems(*entries: Entry, said: tuple[str, ...] = ()) -> list[str]:
    keys = [entry.key for entry in entries] if not said else [Key(text) for text in said]
    return catalogue.problems(list(entries), {key: ["a.py"] for key in keys})


# --- the catalogues as they are ---


def test_every_language_but_english_has_a_catalogue() -> None:
    languages = [to_locale(code) for code, _ in settings.LANGUAGES if code != "en"]

    assert [po.parent.parent.name for po in catalogue.catalogues()] == languages


@pytest.mark.parametrize("po", catalogue.catalogues(), ids=lambda po: po.parent.parent.name)
def test_every_text_is_translated(po: Path) -> None:
    said = catalogue.marked()
    _, _, entries = catalogue.read(po.read_text(encoding="utf-8"))

    assert len(said) > 400
    assert catalogue.problems(entries, said) == [], "run scripts/translate, and fill what it lists"


@pytest.mark.parametrize("po", catalogue.catalogues(), ids=lambda po: po.parent.parent.name)
def test_the_catalogue_is_compiled_and_in_order(po: Path) -> None:
    text = po.read_text(encoding="utf-8")
    comments, header, entries = catalogue.read(text)

    assert po.with_suffix(".mo").read_bytes() == catalogue.compiled(header, entries), "run scripts/translate"
    assert text == catalogue.write(comments, header, catalogue.updated(entries, catalogue.marked(), 1))


@pytest.mark.skipif(not shutil.which("msgfmt"), reason="GNU gettext is not needed, and is not here")
@pytest.mark.parametrize("po", catalogue.catalogues(), ids=lambda po: po.parent.parent.name)
def test_gnu_gettext_reads_the_same(po: Path, tmp_path: Path) -> None:
    command = ["msgfmt", "--check-format", "--check-domain", "-o", str(tmp_path / "gnu.mo"), str(po)]
    subprocess.run(command, check=True)

    with (tmp_path / "gnu.mo").open("rb") as gnu, po.with_suffix(".mo").open("rb") as ours:
        assert gettext.GNUTranslations(gnu)._catalog == gettext.GNUTranslations(ours)._catalog  # type: ignore[attr-defined]


# --- what is found in the code ---


def test_marks_are_found_in_python() -> None:
    source = """
say(gettext_noop("One " "long %(x)s."), x=gettext("two"))
ngettext("%(n)s day", "%(n)s days", n)
pgettext("a verb", "List")
gettext(variable)
"""
    assert set(catalogue.in_python(source)) == {
        Key("One long %(x)s."),
        Key("two"),
        Key("%(n)s day", "%(n)s days"),
        Key("List", context="a verb"),
    }


def test_a_text_that_is_put_together_where_it_is_marked_is_an_error() -> None:
    with pytest.raises(ValueError, match="line 1"):
        list(catalogue.in_python('gettext(f"{name} is gone")'))


def test_marks_are_found_in_templates() -> None:
    source = """
<p title="{% translate 'It is “100%”' %}">{% translate "List" context "a verb" %}</p>
{% include "x.html" with caption=_("Headers as sent") %}
{% blocktranslate count n=n %}{{ n }} of {{ a }}{% plural %}{{ n }} for {{ a }}{% endblocktranslate %}
"""
    assert set(catalogue.in_template(source)) == {
        Key("It is “100%%”"),
        Key("List", context="a verb"),
        Key("Headers as sent"),
        Key("%(n)s of %(a)s", "%(n)s for %(a)s"),
    }


def test_marks_of_every_kind_are_found_in_the_code() -> None:
    found = {key.singular for key in catalogue.marked()}

    assert {
        "Send",
        "Role of message %%s",
        "Headers as sent",
        "%(total)s event",
        "Ollama (this machine)",
    } <= found


# --- what is wrong ---


@pytest.mark.parametrize(
    ("source", "text", "problem"),
    [
        ("Send", "", "untranslated"),
        ("%(n)s calls", "%(m)s 次调用", "other placeholders"),
        ("Role of %%s", "角色", "other placeholders"),
        ("the <code>key</code>", "<b>密钥</b>", "other markup"),
        ("a &amp; b", "甲和乙", "other markup"),
        ("a ", "甲", "other whitespace at the ends"),
        ("It is there.", "它在", "another end of the sentence"),
        ("Yes, no", "是,否", "half-width punctuation '是,'"),
        ("A JSON text", "一段JSON文本", "no space in '段J'"),
    ],
)
def test_a_translation_that_does_not_fit_is_found(source: str, text: str, problem: str) -> None:
    assert _problems(_entry(source, text)) == [f"{problem}: {source!r}"]


def test_missing_obsolete_and_fuzzy_texts_are_found() -> None:
    assert _problems(_entry("old", "旧"), said=("new",)) == ["missing: 'new' (a.py)", "obsolete: 'old'"]
    assert _problems(_entry("a", "甲", fuzzy=True)) == ["fuzzy: 'a'"]


# --- the .po ---


def test_what_is_written_is_read_again() -> None:
    entries = [
        Entry(Key('Say "a"\n\\b\t%s', context="c"), ['说"甲"\n\\乙\t%s'], ["a.py", "b.html"], ["# a note"]),
        Entry(Key("%(n)s day", "%(n)s days"), ["%(n)s 天"], ["a.py"], fuzzy=True, before='#| msgid "old"'),
    ]
    text = catalogue.write(["# glossary"], HEADER, entries)

    comments, header, again = catalogue.read(text)

    assert (comments, header.texts) == (["# glossary"], HEADER.texts)
    assert again == sorted(entries, key=lambda entry: entry.key)


def test_a_changed_text_keeps_its_translation_for_review() -> None:
    entries = catalogue.updated(
        [_entry("Send the request now.", "发送请求。")], {Key("Send your request now."): ["b"]}, 1
    )

    assert entries == [
        Entry(
            Key("Send your request now."),
            ["发送请求。"],
            ["b"],
            [],
            '#| msgid "Send the request now."',
            fuzzy=True,
        )
    ]


def test_a_new_text_is_left_open_and_an_unused_one_goes() -> None:
    entries = catalogue.updated([_entry("Stop", "停止")], {Key("day", "days"): ["b"]}, 2)

    assert entries == [Entry(Key("day", "days"), ["", ""], ["b"])]


def test_nothing_unfinished_is_compiled() -> None:
    entries = [
        _entry("a", "甲"),
        _entry("b"),
        _entry("c", "丙", fuzzy=True),
        Entry(Key("d", context="e"), ["丁"]),
    ]

    found = gettext.GNUTranslations(io.BytesIO(catalogue.compiled(HEADER, entries)))

    assert [found.gettext(text) for text in "abc"] == ["甲", "b", "c"]
    assert found.pgettext("e", "d") == "丁"


# --- scripts ---

# What a script puts in the page comes from the template, in `data-` attributes or a <template>.
_LITERAL = re.compile(
    r"""//[^\n]*|/\*.*?\*/|`((?:[^`\\]|\\.)*)`|"((?:[^"\\\n]|\\.)*)"|'((?:[^'\\\n]|\\.)*)'""", re.DOTALL
)
# A literal that is shown as it is, be it one word.
_SHOWN = re.compile(
    r"""(?:\.(?:textContent|innerText|title|placeholder|alt|ariaLabel|innerHTML)\s*=\s*"""
    r"""|setAttribute\(\s*"(?:aria-label|title|placeholder|aria-description|alt)"\s*,\s*"""
    r"""|\b(?:alert|confirm|prompt|setCustomValidity|Option)\(\s*)["'`]([^"'`]*)["'`]"""
)
# An error that is caught beside its throw; the name of it all; what has its Chinese beside it; what is for
# authors, in the console; names of classes.
_UNSEEN = {
    "nothing to copy",
    "API Playground",
    "API Playground:",
    "the request is not JSON.",
    "This example cannot be shown right now.",
    "The server is gone, or this page's or the embed's policy does not allow it.",
    'the embed "" has fixed ; what the tag on  asks for there is not used.',
    "notice error",
}


def _sentences(script: str) -> set[str]:
    """Literals that read like English: two words or more, and no selector or code."""
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
