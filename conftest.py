"""Settings are read from the environment when Django starts, so the tests' environment stands first."""

import os

for _name in [name for name in os.environ if name.startswith("PLAYGROUND_") or name.endswith("_API_KEY")]:
    del os.environ[_name]
os.environ["PLAYGROUND_SECRET_KEY"] = "only-for-tests-" * 5
os.environ["PLAYGROUND_HTTPS"] = "0"

pytest_plugins = ["tests.upstreams.plugin"]
