"""The catalogues of `locale/`: what the code marks for translation, in a .po, and that compiled to a .mo.

    scripts/translate           adds what is new, drops what is gone, compiles
    scripts/translate --check   changes nothing, and tells what is missing or wrong

Django's makemessages and compilemessages need GNU gettext, which people and CI would have to install; the
.po that they write changes with every moved line. This needs Python alone, and a text that is added changes
its own lines. GNU's tools and editors read what it writes.
"""

import ast
import re
import struct
import sys
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parents[2]
# `gettext("…")` and its relatives, by the arguments that are texts: context, singular, plural.
_MARKERS = {
    **dict.fromkeys(("gettext", "gettext_lazy", "gettext_noop", "_"), ("singular",)),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), ("singular", "plural")),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), ("context", "singular")),
    **dict.fromkeys(("npgettext", "npgettext_lazy"), ("context", "singular", "plural")),
}
_TEXT = r"""u?('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
_IN_TEMPLATE = re.compile(rf"\b({'|'.join(_MARKERS)})\(\s*{_TEXT}(?:\s*,\s*{_TEXT})?(?:\s*,\s*{_TEXT})?")
_PLACEHOLDER = re.compile(r"%(?:\(\w+\))?[a-z%]")
_MARKUP = re.compile(r"</?[a-z][^>]*>|&#?\w+;")
_HAN = "[\u3400-\u9fff]"
_SPACING = re.compile(rf"{_HAN}[A-Za-z0-9$<]|[A-Za-z0-9>]{_HAN}")
_HALF_WIDTH = re.compile(rf"""{_HAN}[,.:;?!"'()]|[,:;?!"'(]{_HAN}""")


@dataclass(frozen=True, order=True)
class Key:
    """What a text is looked up by."""

    singular: str
    plural: str = ""
    context: str = ""


@dataclass
class Entry:
    """A text and how it is said in the language: once, or for each plural form."""

    key: Key
    texts: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    before: str = ""
    fuzzy: bool = False
    obsolete: bool = False

    @property
    def translated(self) -> bool:
        return bool(self.texts) and all(self.texts)


# --- what the code says ---------------------------------------------------------------------------------


def marked(root: Path = ROOT) -> dict[Key, list[str]]:
    """Every text that is marked for translation, with the files that say it."""
    found: dict[Key, set[str]] = {}
    for file in sorted(root.glob("playground/**/*.py")):
        for key in in_python(file.read_text(encoding="utf-8")):
            found.setdefault(key, set()).add(file.relative_to(root).as_posix())
    for file in sorted(root.glob("templates/**/*.html")):
        for key in in_template(file.read_text(encoding="utf-8")):
            found.setdefault(key, set()).add(file.relative_to(root).as_posix())
    for file in sorted(root.glob("playground/**/providers.toml")):
        for provider in tomllib.loads(file.read_text(encoding="utf-8"))["provider"]:
            found.setdefault(Key(provider["label"]), set()).add(file.relative_to(root).as_posix())
    return {key: sorted(files) for key, files in sorted(found.items())}


def in_python(source: str) -> Iterator[Key]:
    """Raises `ValueError` for a text that is put together where it is marked: none looks that up."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        parts = _MARKERS.get(name, ())
        values = [arg.value for arg in node.args[: len(parts)] if isinstance(arg, ast.Constant)]
        if parts and len(values) == len(parts) and all(isinstance(value, str) for value in values):
            yield Key(**dict(zip(parts, map(str, values), strict=True)))
        elif any(isinstance(arg, ast.JoinedStr | ast.BinOp) for arg in node.args[: len(parts)]):
            raise ValueError(f"line {node.lineno}: {name}() takes a text, not an expression")


def in_template(source: str) -> Iterator[Key]:
    """Django's own reading of a template: tags, blocks with plurals, and `_("…")` among arguments."""
    for call in _IN_TEMPLATE.finditer(templatize(source)):
        texts = [str(ast.literal_eval(text)) for text in call.groups()[1:] if text]
        parts = _MARKERS[call[1]]
        yield Key(**dict(zip(parts, texts, strict=False)))


# --- the .po ----------------------------------------------------------------------------------------------


def read(text: str) -> tuple[list[str], Entry, list[Entry]]:
    """The comment at the top, the header and the entries of a .po."""
    entries = [_entry(block) for block in re.split(r"\n\s*\n", text) if '"' in block]
    header = entries.pop(0) if entries and not entries[0].key.singular else Entry(Key(""))
    return header.comments, header, entries


def _entry(block: str) -> Entry:
    entry, values, name = Entry(Key("")), dict[str, str](), ""
    for line in block.strip().splitlines():
        if line.startswith("#~"):
            entry.obsolete = True
            line = line.removeprefix("#~").strip()
        if line.startswith("#,"):
            entry.fuzzy |= "fuzzy" in line
        elif line.startswith("#:"):
            entry.files += line.removeprefix("#:").split()
        elif line.startswith("#|"):
            entry.before = line
        elif line.startswith("#"):
            entry.comments.append(line)
        elif line:
            if not line.startswith('"'):
                name, line = line.split(" ", 1)
            values[name] = values.get(name, "") + _unquoted(line)
    entry.key = Key(values.get("msgid", ""), values.get("msgid_plural", ""), values.get("msgctxt", ""))
    entry.texts = [text for name, text in sorted(values.items()) if name.startswith("msgstr")]
    return entry


_ESCAPES = {"\\n": "\n", "\\t": "\t", '\\"': '"', "\\\\": "\\"}


def _unquoted(line: str) -> str:
    return re.sub(r"\\.", lambda escape: _ESCAPES[escape[0]], line.strip()[1:-1])


def _quoted(text: str) -> str:
    for escape, plain in reversed(_ESCAPES.items()):
        text = text.replace(plain, escape)
    return f'"{text}"'


def write(comments: list[str], header: Entry, entries: Iterable[Entry]) -> str:
    """One line a text, in the order of the texts, without lines of the code or dates."""
    lines = [*comments, 'msgid ""', 'msgstr ""']
    lines += [_quoted(f"{line}\n") for line in header.texts[0].splitlines()]
    for entry in sorted(entries, key=lambda one: one.key):
        lines += ["", *entry.comments, f"#: {' '.join(entry.files)}"]
        flags = ["fuzzy"] * entry.fuzzy + ["python-format"] * bool(_PLACEHOLDER.search(entry.key.singular))
        lines += [f"#, {', '.join(flags)}"] * bool(flags) + [entry.before] * bool(entry.before)
        lines += [f"msgctxt {_quoted(entry.key.context)}"] * bool(entry.key.context)
        lines.append(f"msgid {_quoted(entry.key.singular)}")
        if entry.key.plural:
            lines.append(f"msgid_plural {_quoted(entry.key.plural)}")
            lines += [f"msgstr[{number}] {_quoted(text)}" for number, text in enumerate(entry.texts)]
        else:
            lines.append(f"msgstr {_quoted(entry.texts[0])}")
    return "\n".join(lines) + "\n"


def updated(entries: list[Entry], said: dict[Key, list[str]], forms: int) -> list[Entry]:
    """The entries for what the code says now. A changed text keeps its old translation, marked as fuzzy."""
    known = {entry.key: entry for entry in entries}
    gone = {entry.key.singular: entry for entry in entries if entry.key not in said and entry.translated}
    result = []
    for key, files in said.items():
        entry = known.get(key)
        if entry is None:
            entry = Entry(key, [""] * (forms if key.plural else 1))
            near = get_close_matches(key.singular, gone, n=1, cutoff=0.7)
            if near and bool(gone[near[0]].key.plural) == bool(key.plural):
                entry.texts, entry.fuzzy = gone[near[0]].texts, True
                entry.before = f"#| msgid {_quoted(near[0])}"
        entry.files = files
        result.append(entry)
    return result


# --- the .mo ----------------------------------------------------------------------------------------------


def compiled(header: Entry, entries: Iterable[Entry]) -> bytes:
    """The .mo (GNU gettext, "The Format of GNU MO Files") of what is translated."""
    texts = {b"": header.texts[0].encode()}
    for entry in entries:
        if entry.translated and not entry.fuzzy and not entry.obsolete:
            name = f"{entry.key.context}\4" * bool(entry.key.context) + entry.key.singular
            name += f"\0{entry.key.plural}" * bool(entry.key.plural)
            texts[name.encode()] = "\0".join(entry.texts).encode()
    names = sorted(texts)
    # A head of 7 numbers, then a table of lengths and places for the names, and one for the texts.
    place, tables, data = 28 + 16 * len(names), b"", b""
    for values in (names, [texts[name] for name in names]):
        for value in values:
            tables += struct.pack("<2I", len(value), place + len(data))
            data += value + b"\0"
    head = struct.pack("<7I", 0x950412DE, 0, len(names), 28, 28 + 8 * len(names), 0, place)
    return head + tables + data


# --- what is wrong ----------------------------------------------------------------------------------------


def problems(entries: list[Entry], said: dict[Key, list[str]]) -> list[str]:
    """What keeps a catalogue from being complete, a line each."""
    known = {entry.key for entry in entries if not entry.obsolete}
    found = [
        f"missing: {key.singular!r} ({', '.join(files)})" for key, files in said.items() if key not in known
    ]
    for entry in entries:
        what = _problem(entry, said)
        if what:
            found.append(f"{what}: {entry.key.singular!r}")
    return found


def _problem(entry: Entry, said: dict[Key, list[str]]) -> str:
    if entry.obsolete or entry.key not in said:
        return "obsolete"
    if entry.fuzzy:
        return "fuzzy"
    if not entry.translated:
        return "untranslated"
    return next((what for text in entry.texts if (what := _difference(entry.key, text))), "")


def _difference(key: Key, text: str) -> str:
    source = key.plural or key.singular
    if sorted(_PLACEHOLDER.findall(source)) != sorted(_PLACEHOLDER.findall(text)):
        return "other placeholders"
    if sorted(_MARKUP.findall(source)) != sorted(_MARKUP.findall(text)):
        return "other markup"
    if _ends(source) != _ends(text):
        return "other whitespace at the ends"
    if source.endswith(".") != text.endswith("。"):
        return "another end of the sentence"
    bare = _PLACEHOLDER.sub("", _MARKUP.sub("", text))
    if place := _HALF_WIDTH.search(bare):
        return f"half-width punctuation {place[0]!r}"
    if place := _SPACING.search(bare):
        return f"no space in {place[0]!r}"
    return ""


def _ends(text: str) -> tuple[str, str]:
    return text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]


# --- the command ------------------------------------------------------------------------------------------


def catalogues(root: Path = ROOT) -> list[Path]:
    return sorted(root.glob("locale/*/LC_MESSAGES/django.po"))


def main(arguments: list[str]) -> int:
    said, wrong = marked(), []
    for po in catalogues():
        mo = po.with_suffix(".mo")
        comments, header, entries = read(po.read_text(encoding="utf-8"))
        if "--check" not in arguments:
            entries = updated(entries, said, _plural_forms(header))
            po.write_text(write(comments, header, entries), encoding="utf-8")
            mo.write_bytes(compiled(header, entries))
        elif not mo.exists() or mo.read_bytes() != compiled(header, entries):
            wrong.append(f"{mo.relative_to(ROOT)}: is not what the .po compiles to; run scripts/translate")
        wrong += [f"{po.relative_to(ROOT)}: {problem}" for problem in problems(entries, said)]
    print("\n".join([*wrong, f"{len(said)} texts, {len(wrong)} to mend."]))
    return 1 if wrong else 0


def _plural_forms(header: Entry) -> int:
    found = re.search(r"nplurals=(\d+)", header.texts[0])
    return int(found[1]) if found else 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
