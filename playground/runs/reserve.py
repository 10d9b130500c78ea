"""Space on the disk of SQLite's file, given up when the disk is full, because deleting runs needs some.

SQLite writes to its journal what it is about to change, deletions too, and can't even read without a new
index of that journal. PostgreSQL's disk is its administrators' business.
"""

import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from django.db import Error, connection

from playground.trouble import is_full

_Result = TypeVar("_Result")
# The journal grows to 4 MiB before SQLite reuses it, and by one transaction.
_BYTES = 16 * 1024 * 1024
# Once given up, the space is left to the journal until there is this much.
_PLENTY = 2 * _BYTES


def hold() -> None:
    """Take the space, unless it is held already or the disk has no plenty of it."""
    file = _file()
    if file is None or file.exists():
        return
    try:
        if shutil.disk_usage(file.parent).free >= _PLENTY:
            with file.open("xb") as held:
                held.write(os.urandom(_BYTES))  # some file systems store zeros without space
    except FileExistsError:
        pass  # another process was faster
    except OSError:
        give_up()


def give_up() -> bool:
    """Leave the space to the database. Returns whether there was any."""
    file = _file()
    if file is not None:
        with suppress(OSError):
            file.unlink()
            return True
    return False


def with_room(work: Callable[[], _Result]) -> _Result:
    """Run `work`; if the disk is full, give the space up and run it again. Raises what `work` raises."""
    try:
        return work()
    except Error as error:
        if not (is_full(error) and give_up()):
            raise
    return work()


def _file() -> Path | None:
    if connection.vendor != "sqlite":
        return None
    return Path(f"{connection.settings_dict['NAME']}.reserve")
