"""Run what is due. Any number of schedulers may ask, on any machine: one of them runs each task."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from django.db import DatabaseError

from playground.database import in_turn
from playground.scheduler.models import Due
from playground.trouble import why

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Task:
    """A function to be called about `every` so often. What it could not finish, it does the next time."""

    name: str
    every: timedelta
    run: Callable[[], object]


def run_due(tasks: Iterable[Task], now: datetime) -> list[str]:
    """Run the tasks that are due at `now`. Returns their names, those that failed too.

    A failure is logged and keeps no other task from being run. Raises `DatabaseError` if nobody can tell
    what is due.
    """
    ran = []
    for task in tasks:
        if in_turn(partial(_claimed, task, now)):
            ran.append(task.name)
            _run(task)
    return ran


def _claimed(task: Task, now: datetime) -> bool:
    """Move the task's time on. Returns False if somebody else has, or it is not due."""
    Due.objects.get_or_create(name=task.name, defaults={"at": now})
    return Due.objects.filter(name=task.name, at__lte=now).update(at=now + task.every) == 1


def _run(task: Task) -> None:
    try:
        task.run()
    except DatabaseError as error:
        _logger.warning("The task “%s” failed: %s.", task.name, why(error))
    except Exception:  # it keeps no other task from its turn
        _logger.exception("The task “%s” failed.", task.name)
