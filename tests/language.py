"""Start each test in English: Django leaves a reader's language active in the thread."""

import os
from collections.abc import Iterator

import pytest
from django.utils import translation

os.environ["LC_ALL"] = "C.UTF-8"  # the language of commands that tests start


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    translation.activate("en")
    yield
    translation.deactivate()
