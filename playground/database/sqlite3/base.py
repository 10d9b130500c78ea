"""Django's SQLite, with connections that are kept."""

import time
from pathlib import Path
from typing import Any

from django.db.backends.sqlite3 import base

from playground.database.pooled import Pooled

# While many threads wait for the interpreter, looking at a file takes longer than a query.
_LOOKED_AT_SECONDS = 1
_seen: dict[str, tuple[float, Any]] = {}


class DatabaseWrapper(Pooled, base.DatabaseWrapper):
    """In memory, Django closes none, so none is kept."""

    def place_of(self, conn_params: dict[str, Any]) -> Any:
        """Include which file it is: a backup may have taken the place of another one."""
        name, now = str(conn_params["database"]), time.monotonic()
        looked, file = _seen.get(name, (0.0, None))
        if file is None or now > looked + _LOOKED_AT_SECONDS:
            file = _identity(name)
            _seen[name] = now, file
        return file, conn_params

    def is_as_new(self, connection: Any) -> bool:
        return not connection.in_transaction


def _identity(name: str) -> tuple[int, int] | None:
    try:
        file = Path(name).stat()
    except OSError:
        return None
    return file.st_dev, file.st_ino
