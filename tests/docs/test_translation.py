"""The docs pages' labels are translated through Django; the folder's own texts stay as they are."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from tests.docs.folder import write
from tests.web.test_translation import _another_language, _untranslated  # noqa: F401 -- an autouse fixture

PAGE = """# «Title»

::: tip
«words»
:::

## «First»

<ApiPlayground provider="openai" />

<ApiPlayground :defaultRequest="{a: NaN}" />

```js
code
```

## «Second»

[«away»](./nowhere)
"""


@pytest.mark.parametrize(
    "path", ["/docs/page", "/docs/?q=words", "/docs/?q=nothing", "/docs/?q=", "/docs/nowhere"]
)
def test_no_english_is_left_around_the_texts(
    client: Client, tmp_path: Path, settings: Any, path: str
) -> None:
    settings.DOCS = tmp_path
    write(
        tmp_path,
        **{"page.md": PAGE, "zh/page.md": "# «Twin»", "other.md": "# «Other»", "second.md": "# «Second»"},
    )

    html = client.get(path).content.decode()

    # The marks of a search are inside the texts.
    left = _untranslated(re.sub("</?mark>", "", html), {"js"})
    assert left == set()
