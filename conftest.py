"""Fixtures for all tests; their settings are in `tests/settings.py`."""

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

# Few examples on each change, many in a scheduled run: `scripts/test -n 3 --hypothesis-profile=many`. No
# deadline for an example, because the machine may be busy.
hypothesis.settings.register_profile("few", deadline=None, max_examples=10)
hypothesis.settings.register_profile("many", deadline=None, max_examples=250)
hypothesis.settings.load_profile("few")
