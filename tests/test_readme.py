"""The docs describe each setting as the code does, and the README stays short."""

from pathlib import Path

import pytest

from playground import config_variables

ROOT = Path(__file__).parents[1]
LONGEST_README = 120


@pytest.mark.parametrize("variable", config_variables.VARIABLES, ids=lambda variable: variable.name)
def test_each_setting_is_in_the_docs(variable: config_variables.Variable) -> None:
    default = f"`{variable.default}`" if variable.default else ""
    row = f"| `{variable.name}` | {default} |"

    assert f"{row} {variable.help} |\n" in (ROOT / "docs/run/settings.md").read_text(encoding="utf-8")
    assert row in (ROOT / "docs/zh/run/settings.md").read_text(encoding="utf-8")


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) < LONGEST_README
