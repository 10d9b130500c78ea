"""The WSGI application that gunicorn serves."""

import os

from django.core.wsgi import get_wsgi_application

from playground.serving.thread_values import keep_without_lock
from playground.serving.traces import log_what_nobody_catches

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "playground.settings")

application = get_wsgi_application()
log_what_nobody_catches()
keep_without_lock()


def _check() -> None:
    from playground.checks import before_serving  # reads the settings when imported

    before_serving()


# A bad setting fails the start, not the first request; the error names it.
_check()
