"""Fixtures for all tests; `tests/settings.py` has what they run with."""

import hypothesis

pytest_plugins = [
    "tests.configuration",
    "tests.database",
    "tests.language",
    "tests.local_model",
    "tests.postgresql",
    "tests.redis",
    "tests.upstreams.plugin",
]

# Few examples for each change; `scripts/test --hypothesis-profile=many` looks further, now and then.
# A busy machine is no fault of the code's: no example has to come to its end within so many milliseconds.
hypothesis.settings.register_profile("few", deadline=None, max_examples=25)
hypothesis.settings.register_profile("many", deadline=None, max_examples=250)
hypothesis.settings.load_profile("few")
