"""Static files: hashed and compressed by WhiteNoise, and ours minified first.

There is no build step: `collectstatic` does it while it copies them. Third-party files are not changed. The
scripts and styles of a page are joined, which compresses better: 26 KB instead of 34.
"""

import hashlib
from collections.abc import Iterator
from datetime import datetime
from enum import Enum
from operator import itemgetter
from pathlib import Path
from typing import Any

import rcssmin
import rjsmin
from django.apps import apps
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.files.base import ContentFile
from whitenoise.storage import CompressedManifestStaticFilesStorage

_OURS = ("js/", "css/")
_COMMON = ("playground", "form", "result", "highlight", "screens", "answer")
# What is joined, in its order: for the playground's page, for a frame in another one, and for other pages.
JOINED = {
    "js/page.js": (
        *("late", "form", "edits", "kept", "undo", "provider", "models", "keys", "copy", "code", "growth"),
        *("result", "owncode", "conversation", "versions", "layout", "proof"),
    ),
    "js/framed.js": ("form", "edits", "kept", "copy", "code", "growth", "result"),
    "css/common.css": _COMMON,
    "css/page.css": (*_COMMON, "layout", "conversation", "drawers"),
}
# A file beside the collected ones, with the checksum of their sources.
_SOURCES = "sources.sha256"


class Collected(Enum):
    """The state of what `collectstatic` has left."""

    MISSING = "missing"
    OLD = "old"
    CURRENT = "current"


class Storage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    def _save(self, name: str, content: Any) -> str:
        if name.startswith(_OURS):
            minify = rcssmin.cssmin if name.endswith(".css") else rjsmin.jsmin
            content.seek(0)  # it was read for its hash
            content = ContentFile(minify(content.read().decode()).encode())
        saved: str = super()._save(name, content)
        return saved

    def post_process(self, paths: dict[str, Any], *arguments: Any, **options: Any) -> Iterator[Any]:
        joined = {}
        for name, parts in JOINED.items():
            files = [f"{name.split('/')[0]}/{part}{Path(name).suffix}" for part in parts]
            if paths.keys() >= set(files):  # other folders of files have none of them
                texts = (self.open(file).read().decode() for file in files)
                self.delete(name)
                super()._save(
                    name, ContentFile((";\n" if name.endswith(".js") else "\n").join(texts).encode())
                )
                joined[name] = (self, name)
        yield from super().post_process({**paths, **joined}, *arguments, **options)

    def get_modified_time(self, name: str) -> datetime:
        """Always raise: Django would skip a changed source file whose date is older than its copy's."""
        raise NotImplementedError

    def save_manifest(self) -> None:
        super().save_manifest()
        Path(self.location, _SOURCES).write_text(_sum_of_sources())


def collected() -> Collected:
    """Compare STATIC_ROOT with what would be collected now. Raises `OSError` if it cannot be read."""
    root = Path(settings.STATIC_ROOT)
    if not (root / "staticfiles.json").exists():
        return Collected.MISSING
    kept = root / _SOURCES
    current = kept.exists() and kept.read_text() == _sum_of_sources()
    return Collected.CURRENT if current else Collected.OLD


def _sum_of_sources() -> str:
    """Hash the name and content of every source file, and this module, which processes them."""
    digest = hashlib.sha256(Path(__file__).read_bytes())
    ignored: list[str] = apps.get_app_config("staticfiles").ignore_patterns  # type: ignore[attr-defined]
    found = [file for finder in get_finders() for file in finder.list(ignored)]
    for path, storage in sorted(found, key=itemgetter(0)):
        with storage.open(path) as file:
            digest.update(f"{path}\0{hashlib.sha256(file.read()).hexdigest()}\0".encode())
    return digest.hexdigest()
