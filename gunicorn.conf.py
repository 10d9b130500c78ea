"""gunicorn's settings, in production and under `scripts/play`. Command-line options override these."""

import os
import sys

from playground.config import read  # not the module: gunicorn has a setting called `config`
from playground.config_types import SettingError
from playground.serving import files, shared_counts
from playground.serving.shared_counts import child_exit, on_exit  # noqa: F401 -- as on_reload
from playground.serving.worker import LAST_WORDS_SECONDS, on_reload  # noqa: F401 -- gunicorn looks it up

wsgi_app = "playground.wsgi"

# Assumes a proxy on the same machine; BIND or --bind change it.
bind = os.environ.get("BIND", "127.0.0.1:8000")

# Based on gthread, which on SIGTERM keeps serving until the running calls have ended.
worker_class = "playground.serving.worker.Worker"
workers = int(os.environ.get("WEB_CONCURRENCY", "1"))

# The limit of open files, which bounds the number of connections.
_files = files.raise_limit()

# A call mostly waits for its provider, so a worker has many threads: a waiting one costs tens of kilobytes.
# An eighth of them is kept free of calls, so that streams never starve the page.
try:
    threads = read("PLAYGROUND_THREADS")
    # Connections that wait for a first or next request hold no thread.
    worker_connections = files.connections(_files, threads)
    _grace = read("PLAYGROUND_GRACE_SECONDS")
    if read("PLAYGROUND_METRICS_TOKEN"):
        shared_counts.share()
except SettingError as error:
    sys.exit(str(error))

# Connections that may queue while the worker is busy accepting others.
backlog = 2048

# In a threaded worker this limits how long it may be stuck as a whole, not how long a request may take.
timeout = 60

# After SIGTERM running calls may finish within PLAYGROUND_GRACE_SECONDS, and new ones get a 503. We then end
# the rest with a last event that says so, and after this timeout gunicorn does.
graceful_timeout = int(_grace + 2 * LAST_WORDS_SECONDS)

# Seconds; kept-alive connections wait without a thread.
keepalive = 5

# Room for a link that carries a request in its query.
limit_request_line = 8190

# No access log: its lines hold the query, which in a link holds a prompt.
accesslog = None
errorlog = "-"
# For the same reason this logger omits queries and lines that could not be parsed.
logger_class = "playground.serving.gunicorn_log.Logger"
loglevel = "warning"

# A socket for remote control, which nothing here uses.
control_socket_disable = True
