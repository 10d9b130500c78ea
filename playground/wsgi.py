"""The WSGI application that gunicorn serves."""

import os

from django.core.management.base import BaseCommand
from django.core.wsgi import get_wsgi_application

from playground.pages.traces import log_what_nobody_catches

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "playground.settings")

application = get_wsgi_application()
log_what_nobody_catches()
# A setting that cannot be used ends the start, not the first request; the error says which one.
BaseCommand().check()
