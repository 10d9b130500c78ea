"""Nothing that people read names a model that its provider has retired or will retire soon."""

import re
from fnmatch import fnmatchcase
from pathlib import Path

from playground.catalogue.providers import BUILT_IN, MODELS, catalogue
from tests.docs.pages import ROOT

_FOLDERS = ("docs", "locale", "packages", "playground", "static", "templates")
_ENDINGS = {".html", ".js", ".md", ".mjs", ".po", ".py", ".toml", ".ts", ".tsx", ".vue"}
# These two say which models are retired. The changelog tells of the past.
_LEFT_OUT = {BUILT_IN, MODELS}
_ID = re.compile(r"[A-Za-z][\w.:/-]*\w")


def _texts() -> list[Path]:
    found = [path for folder in _FOLDERS for path in (ROOT / folder).rglob("*") if path.suffix in _ENDINGS]
    return [ROOT / "README.md", *(path for path in found if "node_modules" not in path.parts)]


def test_no_text_names_a_retired_model() -> None:
    retired = [pattern.lower() for provider in catalogue().values() for pattern in provider.retired]
    named = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in _texts()
        if path not in _LEFT_OUT
        for name in {found.lower() for found in _ID.findall(path.read_text(encoding="utf-8"))}
        if any(fnmatchcase(name.rpartition("/")[2], pattern) for pattern in retired)
    }

    assert sorted(named) == []
