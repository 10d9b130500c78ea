"""Update the catalogues in `locale/` from the code: `scripts/translate [--check]`.

Babel extracts, updates and compiles. The extractors for templates and for the provider list are ours, and so
are the checks of a finished catalogue.
"""

import io
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract, extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parents[1]
# Babel knows the plain names; these are Django's.
KEYWORDS = DEFAULT_KEYWORDS | {
    f"{name}_{kind}": DEFAULT_KEYWORDS[name]
    for name in ("gettext", "ngettext", "pgettext", "npgettext")
    for kind in ("lazy", "noop")
}


def in_template(file: IO[bytes], keywords: Any, comment_tags: Any, options: Any) -> Iterator[Any]:
    """Extract from a template: Django keeps the gettext calls and replaces all other characters by X.

    Leading spaces are removed, because Python would read them as indented blocks.
    """
    lines = templatize(file.read().decode()).splitlines()
    calls = io.BytesIO("\n".join(line.strip() for line in lines).encode())
    return extract_python(calls, keywords, comment_tags, options)


def in_providers(file: IO[bytes], *_: Any, **__: Any) -> Iterator[Any]:
    for provider in tomllib.loads(file.read().decode())["provider"]:
        yield 0, None, provider["label"], []


SOURCES: dict[str, Any] = {
    "playground/**/*.py": "python",
    "playground/**/providers.toml": in_providers,
    "templates/**/*.html": in_template,
}


def marked(root: Path = ROOT) -> Catalog:
    """Return every text that is marked for translation, with the files that contain it."""
    found = Catalog()
    for pattern, extractor in SOURCES.items():
        for path in sorted(root.glob(pattern)):
            with path.open("rb") as file:
                for _, text, _, context in extract(extractor, file, KEYWORDS):
                    found.add(text, locations=[(path.relative_to(root).as_posix(), 0)], context=context)
    return found


def catalogues(locale: Path) -> list[Path]:
    """Return the .po of each language's folder, whether it exists yet or not."""
    return [folder / "LC_MESSAGES" / "django.po" for folder in sorted(locale.iterdir()) if folder.is_dir()]


def updated(po: Path, said: Catalog) -> Catalog:
    """Update a catalogue to the marked texts. A changed text keeps its old translation, marked as fuzzy."""
    file = io.BytesIO(po.read_bytes() if po.exists() else b"")
    catalog = read_po(file, po.parent.parent.name)
    catalog.fuzzy = False  # concerns the header only
    catalog.update(said, update_creation_date=False)
    return catalog


def written(catalog: Catalog) -> bytes:
    """Write a .po with one line per text and no line numbers, so that it changes only when a text does."""
    file = io.BytesIO()
    write_po(
        file,
        catalog,
        width=0,
        sort_output=True,
        ignore_obsolete=True,
        include_previous=True,
        include_lineno=False,
    )
    return file.getvalue()


def compiled(po: bytes) -> bytes:
    file = io.BytesIO()
    write_mo(file, read_po(io.BytesIO(po)))
    return file.getvalue()


def problems(catalog: Catalog) -> Iterator[str]:
    """Yield what keeps a catalogue from being complete, one line each."""
    for message in catalog:
        if message.id and (what := _problem(message, catalog)):
            yield f"{what}: {message.id!r}"


def _problem(message: Message, catalog: Catalog) -> str:
    if message.fuzzy:
        return "fuzzy"
    source = message.id if isinstance(message.id, str) else message.id[-1]
    texts = [message.string or ""] if isinstance(message.string, str | None) else message.string
    if not all(texts):
        return "untranslated"
    if errors := message.check(catalog):
        return str(errors[0])
    for what, parts in (("placeholders", _PLACEHOLDER), ("markup", _MARKUP), ("space at the ends", _ENDS)):
        if any(sorted(parts.findall(source)) != sorted(parts.findall(text)) for text in texts):
            return f"other {what}"
    return ""


_PLACEHOLDER = re.compile(r"%(?:\(\w+\))?[a-z%]")
_MARKUP = re.compile(r"</?[a-z][^>]*>|&#?\w+;")
_ENDS = re.compile(r"^\s+|\s+$")


def bring(locale: Path, said: Catalog, *, check: bool) -> list[str]:
    """Write each .po and .mo, or check that they are up to date. Returns what is left for people to do."""
    wrong = []
    for po in catalogues(locale):
        catalog = updated(po, said)
        text = written(catalog)
        for file, content in ((po, text), (po.with_suffix(".mo"), compiled(text))):
            if not check:
                file.parent.mkdir(exist_ok=True)
                file.write_bytes(content)
            elif not file.exists() or file.read_bytes() != content:
                wrong.append(f"{file.relative_to(locale)}: run scripts/translate")
        wrong += [f"{po.relative_to(locale)}: {problem}" for problem in problems(catalog)]
    return wrong


def main(arguments: list[str]) -> int:
    said = marked()
    wrong = bring(ROOT / "locale", said, check="--check" in arguments)
    print("\n".join([*wrong, f"{len(said)} texts, {len(wrong)} to mend."]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
