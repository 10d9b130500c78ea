"""The folder in which gunicorn's workers share what they count for Prometheus, and its hooks for that."""

import os
import shutil
import tempfile
from typing import Any

# Read by prometheus_client when it is imported.
_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
_made: list[str] = []


def share() -> None:
    """Make the folder, unless the environment names one, or a reload finds it made."""
    if _VARIABLE not in os.environ:
        _made.append(tempfile.mkdtemp(prefix="playground-metrics-"))
        os.environ[_VARIABLE] = _made[0]


def child_exit(arbiter: Any, worker: Any) -> None:
    """gunicorn's hook: what an ended worker was doing no longer counts; what it did still does."""
    del arbiter
    if _VARIABLE in os.environ:
        from prometheus_client.multiprocess import mark_process_dead

        mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]


def on_exit(arbiter: Any) -> None:
    """gunicorn's hook."""
    del arbiter
    for folder in _made:
        shutil.rmtree(folder, ignore_errors=True)
