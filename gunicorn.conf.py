"""gunicorn's settings, in production and under `scripts/play`. Command-line options win over these."""

import os
import sys

from playground.config import read  # not the module: gunicorn has a setting of its name
from playground.config_types import SettingError
from playground.serving import files
from playground.serving.worker import LAST_WORDS_SECONDS, on_reload  # noqa: F401 -- a hook, found by its name

wsgi_app = "playground.wsgi"

# Behind a proxy on the same machine; set BIND or --bind for another way.
bind = os.environ.get("BIND", "127.0.0.1:8000")

# gthread, which on SIGTERM answers until the running calls have ended.
worker_class = "playground.serving.worker.Worker"
workers = int(os.environ.get("WEB_CONCURRENCY", "1"))

# How many open files a process may have, which is how many connections.
_files = files.raise_limit()

# A call to a provider mostly waits, so threads carry many at once: a waiting one costs tens of kilobytes.
# An eighth of them is kept free of calls, so that streams never starve the page.
try:
    threads = read("PLAYGROUND_THREADS")
    # Those that wait, for a first or a next request, hold no thread.
    worker_connections = files.connections(_files, threads)
    _grace = read("PLAYGROUND_GRACE_SECONDS")
except SettingError as error:
    sys.exit(str(error))

# Connections that may queue while the worker is busy accepting.
backlog = 2048

# For a threaded worker this is how long it may be stuck as a whole, not how long a request may take.
timeout = 60

# After SIGTERM running calls may come to their end for PLAYGROUND_GRACE_SECONDS, and new ones get a 503.
# What runs longer is ended by us, with a last event that says so; after this, by gunicorn.
graceful_timeout = int(_grace + 2 * LAST_WORDS_SECONDS)

# Kept-alive connections wait without a thread.
keepalive = 5

# Room for a link that carries a request in its query.
limit_request_line = 8190

# No access log: its lines hold the query, and a link's query holds a prompt.
accesslog = None
errorlog = "-"
# For the same reason it writes no query and no line that it could not read.
logger_class = "playground.serving.gunicorn_log.Logger"
loglevel = "warning"

# A socket for remote control that nothing here uses.
control_socket_disable = True
