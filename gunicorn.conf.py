"""gunicorn's settings, in production and under `scripts/play`. Command-line options win over these."""

import os

from playground import env
from playground.management.worker import LAST_WORDS_SECONDS, on_reload  # noqa: F401 -- a hook, found by its name

wsgi_app = "playground.wsgi"

# Behind a proxy on the same machine; set BIND or --bind for another way.
bind = os.environ.get("BIND", "127.0.0.1:8000")

# gthread, which on SIGTERM answers until the running calls have ended.
worker_class = "playground.management.worker.Worker"
workers = int(os.environ.get("WEB_CONCURRENCY", "1"))

# A call to a provider mostly waits, so threads carry many at once: a waiting one costs tens of kilobytes.
# An eighth of them is kept free of calls, so that streams never starve the page.
threads = env.read("PLAYGROUND_THREADS")

# Open connections: one for each thread, and as many that wait for their next request.
worker_connections = max(1000, 2 * threads)

# Connections that may queue while the worker is busy accepting.
backlog = 2048

# For a threaded worker this is how long it may be stuck as a whole, not how long a request may take.
timeout = 60

# After SIGTERM running calls may come to their end for PLAYGROUND_GRACE_SECONDS, and new ones get a 503.
# What runs longer is ended by us, with a last event that says so; after this, by gunicorn.
graceful_timeout = int(env.read("PLAYGROUND_GRACE_SECONDS") + 2 * LAST_WORDS_SECONDS)

# Kept-alive connections wait without a thread.
keepalive = 5

# Room for a link that carries a request in its query.
limit_request_line = 8190

# No access log: its lines hold the query, and a link's query holds a prompt.
accesslog = None
errorlog = "-"
# For the same reason it writes no query and no line that it could not read.
logger_class = "playground.management.gunicorn_log.Logger"
loglevel = "warning"

# A socket for remote control that nothing here uses.
control_socket_disable = True
