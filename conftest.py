"""Fixtures for all tests; `tests/settings.py` has what they run with."""

import hypothesis

pytest_plugins = [
    "tests.database",
    "tests.language",
    "tests.local_model",
    "tests.redis",
    "tests.upstreams.plugin",
]

# A busy machine is no fault of the code's: no example has to come to its end within so many milliseconds.
hypothesis.settings.register_profile("patient", deadline=None)
hypothesis.settings.load_profile("patient")
