"""Django's SQLite, with connections that are kept."""

from pathlib import Path
from typing import Any

from django.db.backends.sqlite3 import base

from playground.database.pooled import Pooled


class DatabaseWrapper(Pooled, base.DatabaseWrapper):
    """In memory, Django closes none, so none is kept."""

    def place_of(self, conn_params: dict[str, Any]) -> Any:
        """Include which file it is, and when it changed: a backup may have taken the place of another one.

        SQLite itself changes it now and then, when it writes its log back.
        """
        try:
            file = Path(conn_params["database"]).stat()
        except OSError:
            return None, conn_params
        return file.st_dev, file.st_ino, file.st_mtime_ns, conn_params

    def is_as_new(self, connection: Any) -> bool:
        return not connection.in_transaction
