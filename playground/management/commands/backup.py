"""`manage.py backup FILE`: copy SQLite's database as it is at one moment, while it is in use."""

import os
import sqlite3
from argparse import ArgumentParser
from contextlib import closing
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection
from django.utils.translation import gettext

from playground.rendering.translate import translate
from playground.trouble import why


class Command(BaseCommand):
    help = "Copy the SQLite database to a new file."
    requires_system_checks: list[str] = []  # whatever else is wrong, it can be copied

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="a file that is not there yet, or an earlier copy")

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        del args, options
        if connection.vendor != "sqlite":
            raise CommandError(gettext("This copies SQLite’s file only. For PostgreSQL, use pg_dump."))
        # Whole or not there: a copy that was interrupted must not look like one.
        unfinished = file.with_name(f"{file.name}.unfinished")
        try:
            unfinished.unlink(missing_ok=True)
            os.close(os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            _copy(unfinished)
            unfinished.replace(file)
        except (DatabaseError, sqlite3.Error) as error:
            unfinished.unlink(missing_ok=True)
            cause = translate(why(error)) if isinstance(error, DatabaseError) else str(error)
            raise CommandError(gettext("Nothing was copied: %(why)s.") % {"why": cause}) from error
        except OSError as error:
            told = gettext("Nothing was copied: %(why)s.")
            raise CommandError(told % {"why": error.strerror}) from error


def _copy(file: Path) -> None:
    connection.ensure_connection()
    with closing(sqlite3.connect(file)) as copy:
        # In one step: it sees one moment, and writers don't wait for it.
        connection.connection.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")  # so that the copy is one file
