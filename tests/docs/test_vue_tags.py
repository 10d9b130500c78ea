"""packages/react/docusaurus.js, run by Node: converts Vue's tags to MDX's."""

import json
import subprocess
from pathlib import Path

import pytest

MODULE = Path(__file__).parents[2] / "packages" / "react" / "docusaurus.js"
SCRIPT = f"""
import {{ vueTags }} from {json.dumps(MODULE.as_uri())};
import {{ readFileSync }} from "node:fs";
const texts = JSON.parse(readFileSync(0, "utf8"));
console.log(JSON.stringify(texts.map((fileContent) => vueTags({{ filePath: "a.md", fileContent }}))));
"""


def _written(*texts: str) -> list[str]:
    command = ["node", "--input-type=module", "--eval", SCRIPT]
    done = subprocess.run(command, input=json.dumps(texts), capture_output=True, text=True, check=True)
    return list(json.loads(done.stdout))


@pytest.mark.parametrize(
    ("vue", "mdx"),
    [
        (
            """<ApiPlayground provider="openai"\n  :defaultRequest="{\n    model: 'm'\n  }"\n/>""",
            """<ApiPlayground provider="openai"\n  defaultRequest={{\n    model: 'm'\n  }}\n/>""",
        ),
        (
            """<ApiPlayground :default-request='{ "a": 1 }' />""",
            """<ApiPlayground defaultRequest={{ "a": 1 }} />""",
        ),
        (
            """<ApiPlayground v-bind:defaultRequest="{ a: '&quot;&lt;&amp;amp;' }" />""",
            """<ApiPlayground defaultRequest={{ a: '"<&amp;' }} />""",
        ),
        (
            """a <api-playground :provider="'a'" :defaultRequest="{ a: '>' }"/> `b`""",
            """a <ApiPlayground provider={'a'} defaultRequest={{ a: '>' }}/> `b`""",
        ),
        (
            """<api-playground :a="1">Try</api-playground>""",
            """<ApiPlayground a={1}>Try</ApiPlayground>""",
        ),
        (
            """Press \\` to open, or `.\n\n<ApiPlayground :a="1" />\n\nThen `run` it.""",
            """Press \\` to open, or `.\n\n<ApiPlayground a={1} />\n\nThen `run` it.""",
        ),
        (
            """`` ` `` <ApiPlayground :defaultRequest="{ a: '`' }" /> `x`""",
            """`` ` `` <ApiPlayground defaultRequest={{ a: '`' }} /> `x`""",
        ),
    ],
)
def test_a_bound_attribute_is_written_in_braces(vue: str, mdx: str) -> None:
    assert _written(vue) == [mdx]


def test_code_and_mdx_stay_unchanged() -> None:
    tag = """<ApiPlayground :defaultRequest="{ a: 1 }" />"""
    texts = [
        f"`{tag}`",
        f"``a ` {tag}``",
        f"```html\n{tag}\n```\n",
        f"````md\n```\n{tag}\n```\n{tag}\n````\n",
        f"~~~\n{tag}\n~~~",
        f"- a\n\n  ```\n  {tag}\n  ```\n",
        f"```\n{tag}",
        "<ApiPlayground provider='a' defaultRequest={{ a: 1 }} />",
        "<Other :a=\"1\" /> <ApiPlaygrounds :a='1' />",
    ]

    assert _written(*texts) == texts


def test_text_after_code_is_converted() -> None:
    tag, mdx = """<ApiPlayground :a="1" />""", """<ApiPlayground a={1} />"""

    assert _written(f"```\n{tag}\n```\n\n{tag}\n\n`{tag}` {tag}") == [
        f"```\n{tag}\n```\n\n{mdx}\n\n`{tag}` {mdx}"
    ]
