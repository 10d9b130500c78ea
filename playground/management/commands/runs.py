"""`manage.py runs …`: how much saved runs take, and deleting them."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from playground import amounts
from playground.runs import keep, tidy
from playground.runs.models import Run
from playground.trouble import why


class Command(BaseCommand):
    help = "Show how much saved runs take, or delete them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        ways = parser.add_subparsers(dest="way", required=True)
        ways.add_parser("size", help="show the number and the size of all runs")
        ways.add_parser("tidy", help="delete runs that are too old or too many (PLAYGROUND_RUNS_DAYS, _MIB)")
        delete = ways.add_parser("delete", help="delete runs")
        delete.add_argument("runs", nargs="*", metavar="RUN", help="ID or permalink of a run")
        delete.add_argument("--all", action="store_true", help="delete all runs, starred ones too")

    def handle(self, *args: Any, way: str, **options: Any) -> None:
        del args
        try:
            match way:
                case "size":
                    self._show()
                case "tidy":
                    before = Run.objects.count()
                    tidy.tidy()
                    self._told(before - Run.objects.count())
                    self._show()
                case "delete":
                    self._told(self._delete(options["runs"], everything=options["all"]))
        except DatabaseError as error:
            raise CommandError(f"Can't use the runs: {why(error)}.") from error

    def _delete(self, runs: list[str], *, everything: bool) -> int:
        if bool(runs) == everything:
            raise CommandError("Name the runs to delete, or use --all.")
        keys = [run.rstrip("/").rpartition("/")[2] for run in runs]
        known = set(Run.objects.named(keys).values_list("key", flat=True))
        if missing := [key for key in keys if key not in known]:
            raise CommandError(f"No such run: {', '.join(missing)}. Nothing was deleted.")
        return keep.forget(None if everything else keys)

    def _told(self, count: int) -> None:
        self.stdout.write(f"Deleted {amounts.count(count)} {'run' if count == 1 else 'runs'}.")

    def _show(self) -> None:
        starred = Run.objects.filter(starred=True).count()
        self.stdout.write(
            f"{amounts.count(Run.objects.count())} runs, {amounts.count(starred)} of them starred: "
            f"{amounts.size(tidy.used())} of {settings.CONFIG.runs_mib} MiB."
        )
