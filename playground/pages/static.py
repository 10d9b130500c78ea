"""Static files as they are served: hashed and compressed by WhiteNoise, our own without comments and indents.

Nobody has to build anything: it happens when `collectstatic` copies them. Third-party files stay as they are.
"""

from typing import Any

import rcssmin
import rjsmin
from django.core.files.base import ContentFile
from whitenoise.storage import CompressedManifestStaticFilesStorage

_OURS = ("js/", "css/")


class Storage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    def _save(self, name: str, content: Any) -> str:
        if name.startswith(_OURS):
            minify = rcssmin.cssmin if name.endswith(".css") else rjsmin.jsmin
            content.seek(0)  # it has been read for its hash
            content = ContentFile(minify(content.read().decode()).encode())
        saved: str = super()._save(name, content)
        return saved
