"""Set the playground's configuration for one test."""

import os
from collections.abc import Iterator

import pytest
from django.conf import settings

from playground import config

_changes: dict[str, str] = {}


def configure(**variables: str) -> None:
    """Load `settings.CONFIG` from the environment and these variables, until the end of the test."""
    _changes.update(variables)
    settings.CONFIG = config.load({**os.environ, **_changes})


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    before = settings.CONFIG
    yield
    _changes.clear()
    settings.CONFIG = before
