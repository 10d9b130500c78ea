"""Fail each test in which a secret came out, or a server that let one out."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings

from tests.canaries import taps

MEMORY = taps.Memory()


def pytest_configure() -> None:
    taps.install(MEMORY)


@pytest.fixture(scope="session", autouse=True)
def _redis_is_seen() -> None:
    taps.install_redis(MEMORY.see)


def _check() -> None:
    if found := MEMORY.leaks():
        pytest.fail("A secret came out:\n" + "\n".join(found), pytrace=False)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup(item: Any) -> Iterator[None]:
    MEMORY.secrets.clear()
    MEMORY.seen.clear()
    taps.learn_fields(MEMORY, settings.CONFIG)
    return (yield)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_call(item: Any) -> Iterator[None]:
    result = yield
    if item.get_closest_marker("shows_keys"):
        MEMORY.seen.clear()
    _check()
    return result


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: Any) -> Iterator[None]:
    result = yield
    _check()
    return result
