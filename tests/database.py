"""The tests' database: a copy of one that is migrated already, and closed after each test.

Django looks for an open connection when a request ends. Most tests may not use the database at all, and would
fail there.
"""

import shutil
from typing import Any

import pytest
from django.db import connection

from tests.site import migrated_database


@pytest.fixture(scope="session")
def django_db_keepdb() -> bool:
    return connection.vendor == "sqlite"


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    if connection.vendor == "sqlite":
        shutil.copyfile(migrated_database(), connection.settings_dict["TEST"]["NAME"])


@pytest.hookimpl(trylast=True)  # after the fixtures, and with them a test's transaction, are gone
def pytest_runtest_teardown(item: Any) -> None:
    connection.close()
