"""The playground's settings, with the tests' environment instead of the developer's."""

import os
import tempfile
from dataclasses import replace

for _name in [name for name in os.environ if name.startswith("PLAYGROUND_") or "_API_KEY" in name]:
    del os.environ[_name]
os.environ["PLAYGROUND_SECRET_KEY"] = "only-for-tests-" * 5
os.environ["PLAYGROUND_HTTPS"] = "0"
# Programs that tests start keep their database here, and not among the developer's runs.
_data = tempfile.TemporaryDirectory(prefix="playground-data-")
os.environ["XDG_DATA_HOME"] = _data.name
# Playwright runs an event loop in this thread, under which Django would refuse to use the database.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
# Only the tests of caps and rates turn them on.
os.environ["PLAYGROUND_CAPS"] = "0"
os.environ["PLAYGROUND_CLIENT_RATE"] = os.environ["PLAYGROUND_TOTAL_RATE"] = "off"

from playground.settings import *  # noqa: E402, F403

# Long enough for a busy machine, short enough for the many tests that wait for it.
LIMITS = replace(LIMITS, finish_seconds=2)  # noqa: F405
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
# Hashed names need `collectstatic`, which only tests with a real server run.
STORAGES = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
# WhiteNoise warns about a missing folder; nothing is ever collected into this one.
STATIC_ROOT = STATICFILES_DIRS[0]  # noqa: F405
# Look files up on request, instead of indexing all of them for every test client.
WHITENOISE_AUTOREFRESH = True
# The real hashers are slow on purpose.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
SESSION_ENGINE = "tests.sessions"
# A file, because threads that share an in-memory database lock each other out. With DATABASE_URL it is
# PostgreSQL.
if not os.environ.get("DATABASE_URL"):
    DATABASES["default"]["TEST"] = {"NAME": f"{_data.name}/tests.sqlite3"}  # noqa: F405
# pytest's handler is at the root logger.
LOGGING["loggers"]["playground.exchange"]["propagate"] = True  # type: ignore[index]  # noqa: F405
