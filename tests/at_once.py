"""Callers who start at the same moment, each with a connection to the database of its own."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connection


def in_threads(count: int, call: Any) -> list[Any]:
    """What each of so many callers gets who start at the same moment."""
    start = threading.Barrier(count)

    def one(number: int) -> Any:
        start.wait()
        try:
            return call(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))
