"""Fixtures for all tests; `tests/settings.py` has what they run with."""

pytest_plugins = ["tests.database", "tests.local_model", "tests.redis", "tests.upstreams.plugin"]
