"""The playground's settings, with an environment of the tests' own in place of the developer's."""

import os
import tempfile
from dataclasses import replace

for _name in [name for name in os.environ if name.startswith("PLAYGROUND_") or "_API_KEY" in name]:
    del os.environ[_name]
os.environ["PLAYGROUND_SECRET_KEY"] = "only-for-tests-" * 5
os.environ["PLAYGROUND_HTTPS"] = "0"
# The browser's driver runs an event loop in this thread, under which Django would not touch the database.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
# Only the tests of these are held to them.
os.environ["PLAYGROUND_CAPS"] = "0"
os.environ["PLAYGROUND_CLIENT_RATE"] = os.environ["PLAYGROUND_TOTAL_RATE"] = "off"

from playground.settings import *  # noqa: E402, F403

# Long enough for a busy machine, short enough for the many tests that wait for it.
LIMITS = replace(LIMITS, finish_seconds=2)  # noqa: F405
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
# Hashed names need `collectstatic`, which only the tests in a browser run.
STORAGES = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
# WhiteNoise warns of a folder that is not there; nothing is ever collected into this one.
STATIC_ROOT = STATICFILES_DIRS[0]  # noqa: F405
# Files are looked up when they are asked for, not all of them for each client of a test.
WHITENOISE_AUTOREFRESH = True
# Logging in takes its time on purpose.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# A file: threads that share a database in memory lock each other out. With DATABASE_URL it is PostgreSQL.
if not os.environ.get("DATABASE_URL"):
    DATABASES["default"]["TEST"] = {"NAME": f"{tempfile.gettempdir()}/playground-tests-{os.getpid()}.sqlite3"}  # noqa: F405
# pytest's own handler stands at the root.
LOGGING["loggers"]["playground.exchange"]["propagate"] = True  # type: ignore[index]  # noqa: F405
