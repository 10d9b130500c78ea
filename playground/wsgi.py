"""The WSGI application that gunicorn serves."""

import os

from django.core.wsgi import get_wsgi_application

from playground.serving.traces import log_what_nobody_catches

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "playground.settings")

application = get_wsgi_application()
log_what_nobody_catches()


def _check() -> None:
    from playground.checks import before_serving  # it looks at the settings while it is imported

    before_serving()


# A setting that cannot be used ends the start, not the first request; the error says which one.
_check()
