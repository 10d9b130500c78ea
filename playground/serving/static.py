"""Static files as they are served: hashed and compressed by WhiteNoise, our own without comments and indents.

Nobody has to build anything: it happens when `collectstatic` copies them. Third-party files stay as they are.
"""

import hashlib
from datetime import datetime
from enum import Enum
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
# Beside the collected files: the sum of what they were made from.
_SOURCES = "sources.sha256"


class Collected(Enum):
    """What `collectstatic` has left behind."""

    MISSING = "missing"
    OLD = "old"
    CURRENT = "current"


class Storage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    def _save(self, name: str, content: Any) -> str:
        if name.startswith(_OURS):
            minify = rcssmin.cssmin if name.endswith(".css") else rjsmin.jsmin
            content.seek(0)  # it has been read for its hash
            content = ContentFile(minify(content.read().decode()).encode())
        saved: str = super()._save(name, content)
        return saved

    def get_modified_time(self, name: str) -> datetime:
        """Django copies what is newer than here; a file that came with an old date would stay out."""
        raise NotImplementedError

    def save_manifest(self) -> None:
        super().save_manifest()
        Path(self.location, _SOURCES).write_text(_sum_of_sources())


def collected() -> Collected:
    """Whether STATIC_ROOT has what would be collected now. Raises `OSError` when it cannot be looked into."""
    root = Path(settings.STATIC_ROOT)
    if not (root / "staticfiles.json").exists():
        return Collected.MISSING
    kept = root / _SOURCES
    current = kept.exists() and kept.read_text() == _sum_of_sources()
    return Collected.CURRENT if current else Collected.OLD


def _sum_of_sources() -> str:
    """Of each file's name and content, and of what is done with them here."""
    digest = hashlib.sha256(Path(__file__).read_bytes())
    ignored: list[str] = apps.get_app_config("staticfiles").ignore_patterns  # type: ignore[attr-defined]
    for finder in get_finders():
        for path, storage in sorted(finder.list(ignored), key=lambda found: found[0]):
            with storage.open(path) as file:
                digest.update(f"{path}\0{hashlib.sha256(file.read()).hexdigest()}\0".encode())
    return digest.hexdigest()
