"""Whether what the playground leans on answers: its database, and the Redis that calls are counted in.

Who asks waits for two seconds at most. What hangs is asked once and not once for each who asks, and what was
found holds for a second: anybody may ask, as often as they like.
"""

import logging
import threading
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path

from django.core.cache import caches
from django.db import Error, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from playground.pages.buckets import RedisBuckets, UnavailableError
from playground.pages.trouble import NOT_MIGRATED, reason

_logger = logging.getLogger(__name__)
_PATIENCE_SECONDS = 2.0
_HOLDS_SECONDS = 1.0
_NO_ANSWER = "no answer in time"


class Probe:
    """One question, asked in a thread of its own. `ask` gives what is wrong, or None."""

    def __init__(self, ask: Callable[[], str | None], patience: float = _PATIENCE_SECONDS) -> None:
        self._ask = ask
        self._patience = patience
        self._changed = threading.Condition()
        self._asking = False
        self._found: str | None = _NO_ANSWER
        self._found_at = -_HOLDS_SECONDS

    def look(self) -> str | None:
        """What is wrong, in a few words that hold no secret; None when all is well."""
        with self._changed:
            if self._is_fresh():
                return self._found
            if not self._asking:
                # Started first: where no thread can be, the next one asks. It waits for the lock at its end.
                threading.Thread(target=self._run, name="readiness", daemon=True).start()
                self._asking = True
            return self._found if self._changed.wait_for(self._is_fresh, self._patience) else _NO_ANSWER

    def _is_fresh(self) -> bool:
        return time.monotonic() - self._found_at < _HOLDS_SECONDS

    def _run(self) -> None:
        try:
            found = self._ask()
        except Exception:
            _logger.exception("Nothing can be said of the readiness")
            found = "the question failed"
        with self._changed:
            self._found, self._found_at, self._asking = found, time.monotonic(), False
            self._changed.notify_all()


def database() -> str | None:
    """What is wrong with the database: it does not answer, or was not migrated to this version."""
    file = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite" and not Path(file).exists():
        return NOT_MIGRATED  # SQLite would make an empty one, which is then perhaps the wrong person's
    try:
        applied = MigrationRecorder(connection).applied_migrations()
    except Error as error:
        return reason(error) or "the database does not answer"
    finally:
        connection.close()
    return None if _known() <= applied.keys() else NOT_MIGRATED


@cache
def _known() -> set[tuple[str, str]]:
    """The last migrations of this version's apps."""
    return set(MigrationLoader(None).graph.leaf_nodes())


def cache_server() -> str | None:
    """What is wrong with the Redis of CACHE_URL. Without one there is nothing to ask."""
    shared = caches["default"]
    if not isinstance(shared, RedisBuckets):
        return None
    try:
        shared.ping()
    except UnavailableError:
        return "the cache does not answer"
    return None


PROBES = {"database": Probe(database), "cache": Probe(cache_server)}
