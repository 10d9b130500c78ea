"""Close the database after each test: Django looks for an open connection when a request ends.

Most tests may not use the database at all, and would fail there.
"""

from typing import Any

import pytest
from django.db import connection


@pytest.hookimpl(trylast=True)  # after the fixtures, and with them a test's transaction, are gone
def pytest_runtest_teardown(item: Any) -> None:
    connection.close()
