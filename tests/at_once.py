"""Callers that start at the same moment, each with its own database connection."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connection


def in_threads(count: int, call: Any) -> list[Any]:
    """Run `call(number)` in `count` threads that start together, and return the results."""
    start = threading.Barrier(count)

    def one(number: int) -> Any:
        start.wait()
        try:
            return call(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))
