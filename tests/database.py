"""Leaves the database closed: at the end of a page Django looks for an open one, and most tests may not."""

from typing import Any

import pytest
from django.db import connection


@pytest.hookimpl(trylast=True)  # after the fixtures are gone, and a test's transaction with them
def pytest_runtest_teardown(item: Any) -> None:
    connection.close()
