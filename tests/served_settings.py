"""Settings for the servers that tests start, with a static folder of their own.

So a playground that runs from the same checkout keeps its files.
"""

import os

from playground.calls import leases
from playground.settings import *  # noqa: F403
from tests import resolver
from tests.canaries import taps

taps.install_in_server(CONFIG)  # noqa: F405
resolver.install()

leases.LEASE_SECONDS = float(os.environ.get("TEST_LEASE_SECONDS", leases.LEASE_SECONDS))
STATIC_ROOT = os.environ["TEST_STATIC_ROOT"]
# The real hashers are slow on purpose.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
ROOT_URLCONF = os.environ.get("TEST_URLS", "playground.urls")
