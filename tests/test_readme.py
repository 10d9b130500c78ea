"""The README describes each setting as the code does."""

from pathlib import Path

import pytest

from playground import config

README = Path(__file__).parent.parent / "README.md"


@pytest.mark.parametrize("variable", config.VARIABLES, ids=lambda variable: variable.name)
def test_each_setting_is_in_the_readme(variable: config.Variable) -> None:
    default = f"`{variable.default}`" if variable.default else ""

    assert f"| `{variable.name}` | {default} | {variable.help} |" in README.read_text(encoding="utf-8")
