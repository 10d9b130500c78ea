"""Django's values of a thread (language, time zone, URL prefix) without a lock.

Django keeps them in asgiref's `Local`, which serves coroutines, too, and takes one lock for all threads at
each look-up. A page looks up its language hundreds of times. With hundreds of streams, a thread that is
paused while it holds the lock makes all others queue behind it. We have no coroutines, so `threading.local`
does.
"""

import threading

from django.urls import base
from django.utils import timezone
from django.utils.translation import trans_real

_KEPT = ((trans_real, "_active"), (timezone, "_active"), (base, "_prefixes"), (base, "_urlconfs"))


def keep_without_lock() -> None:
    """Call this before the first request: it forgets what a thread has set."""
    for module, name in _KEPT:
        getattr(module, name)  # fails if Django has renamed it
        setattr(module, name, threading.local())
