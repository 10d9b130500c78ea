"""Django's PostgreSQL, with connections that are kept."""

import select
import threading
from typing import Any

from django.db.backends.postgresql import base
from psycopg.pq import TransactionStatus

from playground.database.pooled import Pooled

# The server accepts some 100 from all workers together, and a single worker has more threads than that.
_MOST = 8


class DatabaseWrapper(Pooled, base.DatabaseWrapper):
    places = threading.Semaphore(_MOST)

    def is_as_new(self, connection: Any) -> bool:
        if connection.closed or connection.info.transaction_status != TransactionStatus.IDLE:
            return False
        # A server that ends says so, unasked.
        poll = select.poll()
        poll.register(connection.fileno(), select.POLLIN)
        return not poll.poll(0)
