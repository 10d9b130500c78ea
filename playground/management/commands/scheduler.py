"""`manage.py scheduler`: run what is due, now and from now on."""

import logging
import os
import signal
import threading
from argparse import SUPPRESS, ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.utils import timezone
from django.utils.translation import gettext

from playground.rendering.translate import translate
from playground.scheduler.due import run_due
from playground.scheduler.tasks import TASKS
from playground.trouble import why
from playground.upstream.local_model.lifeline import at_parents_end

# Much shorter than any task’s interval.
_LOOK_SECONDS = 15

_logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Run scheduled tasks until stopped. Any number of schedulers may run."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="run what is due now, and end; for cron")
        # For `play`, which holds our standard input.
        parser.add_argument("--child", action="store_true", help=SUPPRESS)

    def handle(self, *args: Any, once: bool, child: bool, **options: Any) -> None:
        del args, options
        if once:
            try:
                done = run_due(TASKS, timezone.now())
            except DatabaseError as error:
                trouble = gettext("The scheduler cannot run: %(why)s.") % {"why": translate(why(error))}
                raise CommandError(trouble) from error
            self.stdout.write(", ".join(done) or gettext("Nothing is due."))
            return
        stopped = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopped.set())
        if child:
            at_parents_end(lambda: os.kill(os.getpid(), signal.SIGTERM))
        while not stopped.is_set():
            _look()
            stopped.wait(_LOOK_SECONDS)


def _look() -> None:
    """A database that is away for a while ends no scheduler."""
    try:
        run_due(TASKS, timezone.now())
    except DatabaseError as error:
        _logger.warning("The scheduler waits: %s.", why(error))
