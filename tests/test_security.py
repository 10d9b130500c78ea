"""Every test that SECURITY.md names for a promise exists."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
_ROWS = [
    line.strip("|").split(" | ")
    for line in (ROOT / "SECURITY.md").read_text(encoding="utf-8").splitlines()
    if line.startswith("| ") and not line.endswith("| |") and "Checked by" not in line
]


@pytest.mark.parametrize(("promise", "tests"), _ROWS, ids=[row[0].strip()[:40] for row in _ROWS])
def test_each_promise_names_existing_tests(promise: str, tests: str) -> None:
    named = re.findall(r"`(tests/[a-z_/]+\.py)::(test_[a-z_0-9]+)`", tests)

    assert named
    assert re.sub(r"`[^`]+`", "", tests).strip() == ""
    for path, name in named:
        tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
        assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_the_table_is_read() -> None:
    assert len(_ROWS) > 25
