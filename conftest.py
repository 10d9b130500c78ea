"""Fixtures for all tests; `tests/settings.py` has what they run with."""

pytest_plugins = ["tests.upstreams.plugin"]
