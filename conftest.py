"""Fixtures for all tests; their settings are in `tests/settings.py`."""

import gc
from collections.abc import Iterator

import hypothesis
import pytest

pytest_plugins = [
    "tests.canaries.plugin",
    "tests.configuration",
    "tests.database",
    "tests.language",
    "tests.local_model",
    "tests.postgresql",
    "tests.redis",
    "tests.upstreams.plugin",
]

# Few examples on each change, many in a scheduled run: `scripts/test --thorough`. No deadline for an example,
# because the machine may be busy.
hypothesis.settings.register_profile("few", deadline=None, max_examples=10)
hypothesis.settings.register_profile("many", deadline=None, max_examples=250)
hypothesis.settings.load_profile("few")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Let no worker look for garbage among ten thousand new tests: none of them is, and it takes 2 s."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()
