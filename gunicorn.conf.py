"""gunicorn's settings, in production and under `scripts/play`. Command-line options win over these."""

import os

wsgi_app = "playground.wsgi"

# Behind a proxy on the same machine; set BIND or --bind for another way.
bind = os.environ.get("BIND", "127.0.0.1:8000")

# A call to a provider mostly waits, so threads carry many at once: a waiting one costs tens of kilobytes.
worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY", "1"))
threads = 128

# For a threaded worker this is how long it may be stuck as a whole, not how long a request may take.
timeout = 60
# After SIGTERM, running exchanges may come to their end for this long.
graceful_timeout = 30
keepalive = 5

# Room for a link that carries a request in its query.
limit_request_line = 8190

# No access log: its lines hold the query, and a link's query holds a prompt.
accesslog = None
errorlog = "-"
loglevel = "warning"

# A socket for remote control that nothing here uses.
control_socket_disable = True
